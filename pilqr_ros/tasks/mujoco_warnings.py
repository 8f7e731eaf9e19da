"""MuJoCo's warnings as Python's: each is shown once, and no file is written.

MuJoCo itself appends them to MUJOCO_LOG.TXT in whatever folder the program was started in.
"""

from __future__ import annotations

import re
import warnings

import mujoco

_TIME = re.compile(r"\s*Time = \S+")


class MujocoWarning(UserWarning):
    """Something that MuJoCo noticed while it simulated, such as a state that is not finite."""


def redirect() -> None:
    """Take MuJoCo's warnings over, unless somebody has."""
    if mujoco.get_mju_user_warning() is None:
        mujoco.set_mju_user_warning(_warn)


def _warn(text: str) -> None:
    """Show a warning; without its time it is the same one when it comes again."""
    warnings.warn(_TIME.sub("", text).strip(), MujocoWarning, stacklevel=1)
