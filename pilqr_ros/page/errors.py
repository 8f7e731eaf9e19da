"""What goes wrong with a page."""

from __future__ import annotations

from pilqr_ros.errors import PilqrError


class PageError(PilqrError):
    """A page cannot be opened; the message says why and what to do."""
