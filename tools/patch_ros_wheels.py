"""Lets CMake find Python and numpy through the ROS 2 wheels of this virtual environment.

The wheels' exported CMake targets name two directories of the machine that built them. Run with the
environment's own Python before the first `colcon build`; a second run changes nothing.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

import numpy as np

BUILDER = r"/opt/python/cp\d+-cp\d+"
NUMPY_INCLUDE = re.compile(
    BUILDER + r"/lib/python3\.\d+/site-packages/numpy/(?:_core|core)/include"
)
PYTHON_INCLUDE = re.compile(BUILDER + r"/include/python3\.\d+")


def patch(text: str) -> str:
    """Return a CMake file's text with this environment's include directories."""
    text = NUMPY_INCLUDE.sub(Path(np.get_include()).as_posix(), text)
    return PYTHON_INCLUDE.sub(Path(sysconfig.get_path("include")).as_posix(), text)


def main() -> None:
    """Patch every CMake file below the environment's `share`."""
    files = sorted(Path(sys.prefix, "share").glob("*/cmake/*.cmake"))
    changed = 0
    for file in files:
        text = file.read_text()
        patched = patch(text)
        if patched != text:
            file.write_text(patched)
            changed += 1
    print(f"patched {changed} of {len(files)} CMake files")


if __name__ == "__main__":
    main()
