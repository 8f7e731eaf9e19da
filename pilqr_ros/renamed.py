"""Keys of files and parameters of nodes that have another name now.

An old name is refused like any that there is not, and the refusal says the new one.
"""

from __future__ import annotations

import re

NAMES = {"guard.most_limited": "guard.max_fraction_limited"}
"""The present names by the old ones: paths of keys without indices, and names of parameters."""

_INDEX = re.compile(r"\[\d+\]")


def present_name(name: str) -> str:
    """Return what a key or a parameter is called now; empty if it never had another name."""
    return NAMES.get(_INDEX.sub("", name), "")
