"""The ROS domain of this process, read in one way by everything here that asks for it.

ROS 2 reads ``ROS_DOMAIN_ID`` as C does: ``0x10`` is 16 and ``010`` is 8. It takes ``12abc`` for 12
and finds only while a node is created that a domain is too large; here both are refused at once.
"""

from __future__ import annotations

import os
import re

from pilqr_ros.errors import PilqrError

VARIABLE = "ROS_DOMAIN_ID"
"""ROS 2's environment variable; empty is as if it were not set."""

MAX_DOMAIN = 232
"""The last domain whose UDP ports there are."""

_MAX_DIGITS = 20
_FORMS = {
    10: re.compile(r"[1-9][0-9]*"),
    16: re.compile(r"0[xX][0-9a-fA-F]+"),
    8: re.compile(r"0[0-7]*"),
}
"""How integers are written in C, by their base."""


class DomainError(PilqrError):
    """``ROS_DOMAIN_ID`` is no ROS domain."""


def ros_domain() -> int:
    """Return the ROS domain that the environment gives; 0 where it gives none.

    Raises:
        DomainError: What it gives is none; the message tells it and what is allowed.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return 0
    for base, form in _FORMS.items():
        if len(text) <= _MAX_DIGITS and form.fullmatch(text) and int(text, base) <= MAX_DOMAIN:
            return int(text, base)
    raise DomainError(f"{VARIABLE} is {text!r}, allowed is an integer from 0 to {MAX_DOMAIN}")
