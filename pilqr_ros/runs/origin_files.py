"""What a run took from another one, as it is kept: the other run may be deleted afterwards.

``origin/condition_0.npz`` holds the policy as it was, noise included, and the samples of the newest
iterations, oldest first: ``states``, ``actions``, ``noise`` and ``costs`` as in `Batch`, with one
more dimension, the iterations, before theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pilqr_ros.runs import atomic
from pilqr_ros.runs.array_file import ArrayFile
from pilqr_ros.runs.errors import RunError
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.errors import ShapeError, UpdateError
from pilqr_ros.trajopt.tvlg import TVLGPolicy

ORIGIN_FOLDER = "origin"

_ARRAYS = {"states": 4, "actions": 4, "noise": 4, "costs": 3}
"""Those of the samples, each with its number of dimensions."""


@dataclass(frozen=True)
class Taken:
    """A policy of another run, and samples of it from there, oldest first."""

    policy: TVLGPolicy
    batches: tuple[Batch, ...] = ()


def origin_name(condition: int) -> str:
    """Return the path, in a run, of what was taken for a condition."""
    return f"{ORIGIN_FOLDER}/condition_{condition}.npz"


def packed(taken: Taken) -> bytes:
    """Return the content of the file."""
    policy = taken.policy
    arrays = {"K": policy.K, "k": policy.k, "L": policy.L}
    if taken.batches:
        arrays |= {n: np.stack([getattr(batch, n) for batch in taken.batches]) for n in _ARRAYS}
    return atomic.packed(arrays)


def read_taken(path: Path) -> Taken:
    """Read the file.

    Raises:
        RunError: It is missing, damaged, or its arrays do not fit together.
    """
    file = ArrayFile.read(path)
    try:
        policy = TVLGPolicy(file.floats("K", 3), file.floats("k", 2), file.floats("L", 3))
        return Taken(policy, _batches(file))
    except (ShapeError, UpdateError) as error:
        raise RunError(f"{path}: {error}") from error


def _batches(file: ArrayFile) -> tuple[Batch, ...]:
    if "states" not in file.arrays:
        return ()
    arrays = [file.floats(name, ndim) for name, ndim in _ARRAYS.items()]
    if len({len(array) for array in arrays}) > 1:
        counts = ", ".join(str(len(array)) for array in arrays)
        raise RunError(f"{file.path}: the samples are of {counts} iterations, expected as many")
    return tuple(Batch(*each) for each in zip(*arrays, strict=True))
