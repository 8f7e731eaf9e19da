"""Errors of what helps to write a task."""

from __future__ import annotations

from pilqr_ros.errors import PilqrError


class AuthoringError(PilqrError):
    """No task, or no pose, can be made for a robot; the message says what is missing or wrong."""
