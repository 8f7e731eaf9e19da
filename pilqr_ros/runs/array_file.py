"""The arrays of a run's file, each of the kind and shape that its reader needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError
from pilqr_ros.trajopt.typing import Array

_KINDS = {"numbers": "fiu", "whole numbers": "iu", "true or false": "b", "text": "U"}
"""Kinds of numpy's entries, by what errors call them."""


@dataclass(frozen=True)
class ArrayFile:
    """Named arrays and the file that they are from; every reader raises `RunError`.

    Attributes:
        path: The file, for errors.
        arrays: What it holds.
    """

    path: Path
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            RunError: The file is missing, too large, damaged or holds pickled objects.
        """
        return cls(path, atomic.read_arrays(path))

    def floats(self, name: str, ndim: int, *, finite: bool = True) -> Array:
        """Return real numbers of so many dimensions, finite unless they need not be."""
        array = np.asarray(self._array(name, "numbers", ndim), dtype=np.float64)
        if finite and not np.isfinite(array).all():
            raise RunError(f"{self.path}: {name} is not finite")
        return array

    def all_floats(self) -> dict[str, Array]:
        """Return every array, each of finite real numbers."""
        return {name: self.floats(name, array.ndim) for name, array in self.arrays.items()}

    def integers(self, name: str, ndim: int) -> NDArray[np.int64]:
        """Return whole numbers of so many dimensions."""
        return np.asarray(self._array(name, "whole numbers", ndim), dtype=np.int64)

    def texts(self, name: str) -> list[str]:
        """Return texts, ``(n,)``."""
        return [str(text) for text in self._array(name, "text", 1)]

    def flag(self, name: str) -> bool:
        """Return a single true or false."""
        return bool(self._array(name, "true or false", 0))

    def integer(self, name: str) -> int:
        """Return a single whole number."""
        return int(self._array(name, "whole numbers", 0))

    def text(self, name: str) -> str:
        """Return a single text."""
        return str(self._array(name, "text", 0))

    def _array(self, name: str, kind: str, ndim: int) -> NDArray[Any]:
        array = self.arrays.get(name)
        if array is None:
            raise RunError(f"{self.path} lacks the array {name!r}")
        if array.dtype.kind not in _KINDS[kind] or array.ndim != ndim:
            raise RunError(
                f"{self.path}: {name} holds {array.dtype} of shape {array.shape}, "
                f"expected {kind} of {ndim} dimensions"
            )
        return array
