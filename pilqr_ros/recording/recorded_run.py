"""What a bag tells of a training: what it was asked to do, and each of its rollouts.

A rollout's place in the training follows from its seed, which is a function of that place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pilqr_ros.errors import PilqrError
from pilqr_ros.foreign_file import decoding
from pilqr_ros.learning.refusal import MAX_HALVINGS
from pilqr_ros.learning.sampling import MAX_ATTEMPTS, training_seed
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.reader import read_messages
from pilqr_ros.robot.execution.fields import rollout_from_message
from pilqr_ros.robot.execution.rollout import Rollout
from pilqr_ros.runs import atomic
from pilqr_ros.runs.origin_files import ORIGIN_FOLDER
from pilqr_ros.runs.run_config import check_config
from pilqr_ros.runs.run_store import RunStore, open_run
from pilqr_ros.runs.same_files import check_files

ROLLOUT = "pilqr_msgs/msg/Rollout"
RUN = "pilqr_msgs/msg/TrainingRun"
MODELS = "models"

MAX_RECORDED_ATTEMPTS = (MAX_HALVINGS + 2) * MAX_ATTEMPTS
"""Attempts in one place, of all policies that were refused there, too, that are told from those of
an evaluation."""


MAX_STATES = 2**29
"""Most bytes that the states of a bag's rollouts may take: tens of thousands of rollouts."""


@dataclass(frozen=True)
class RecordedPlace:
    """Where a rollout stands in a training.

    Attributes:
        iteration: Counted from 0.
        condition: Index of the condition.
        sample: Counted from 0 within iteration and condition.
        attempt: How many invalid rollouts came before in its place.
    """

    iteration: int
    condition: int
    sample: int
    attempt: int


@dataclass(frozen=True)
class RecordedRollout:
    """A rollout of a bag.

    Attributes:
        rollout: The rollout.
        place: Its place in the training; None if it belongs to an evaluation.
    """

    rollout: Rollout
    place: RecordedPlace | None


@dataclass(frozen=True)
class RecordedRun:
    """A training as its bag tells it.

    Attributes:
        store: The run as it was asked for; its directory is a temporary one.
        rollouts: Every rollout, in the order in which they were executed.
        origin_files: What it had taken from another run, by path in a run.
    """

    store: RunStore
    rollouts: tuple[RecordedRollout, ...]
    origin_files: Mapping[str, bytes] = field(default_factory=dict)


def read_run(bag: Path) -> RecordedRun:
    """Read a training from its bag.

    Raises:
        BagError: The bag is damaged or tells of no training.
    """
    files: dict[str, bytes] = {}
    rollouts: list[Rollout] = []
    size = 0
    for message in read_messages(bag, ROLLOUT, RUN):
        if message.__msgtype__ == ROLLOUT:
            rollouts.append(_rollout(bag, message))
            size += rollouts[-1].states.nbytes
            if size > MAX_STATES:
                raise BagError(f"{bag} holds rollouts of more than the {MAX_STATES} bytes allowed")
        else:  # the newest counts: a run may have been given more iterations
            files = _files(bag, message) or files
    if not files:
        raise BagError(f"{bag} tells of no training")
    with tempfile.TemporaryDirectory() as folder:
        store = restore(files, Path(folder))
        origin_files = store.origin_files()
    count = len(store.task.conditions)
    for one in rollouts:
        if not 0 <= one.condition < count:
            raise BagError(f"{bag}: a rollout is of condition {one.condition}, there are {count}")
    rollouts = _without_repeats(rollouts)
    places = {(place.condition, _seed(store, place)): place for place in _places(store)}
    recorded = tuple(
        RecordedRollout(one, places.get((one.condition, one.seed))) for one in rollouts
    )
    return RecordedRun(store, recorded, origin_files)


def restore(files: dict[str, bytes], directory: Path) -> RunStore:
    """Write a run's own files to a directory, and return the run.

    Raises:
        BagError: They are not those of a run.
    """
    for name in files:
        folder, _, base = name.rpartition("/")
        if folder not in ("", MODELS, ORIGIN_FOLDER) or base in ("", ".", ".."):
            raise BagError(f"a file of the run is called {name!r}, expected a name in the run")
    try:
        for name, content in files.items():
            atomic.write_bytes(directory / name, content)
        store = open_run(directory)
        check_config(store.config, store.task)
        check_files(store)
    except (PilqrError, ValueError) as error:
        raise BagError(f"the run in the bag cannot be restored: {error}") from error
    return store


def _without_repeats(rollouts: list[Rollout]) -> list[Rollout]:
    """Return rollouts without those that were told again to a recorder that came late."""
    kept: dict[tuple[int, bytes], Rollout] = {}
    for one in rollouts:
        arrays = (one.stamps, one.states, one.noise, one.commanded, one.applied)
        kept.setdefault((one.seed, b"".join(array.tobytes() for array in arrays)), one)
    return list(kept.values())


def _rollout(bag: Path, message: Any) -> Rollout:  # noqa: ANN401
    try:
        return rollout_from_message(message)
    except Exception as error:  # its definition need not be ours
        raise BagError(f"{bag}: a rollout does not fit: {error}") from error


def _files(bag: Path, message: Any) -> dict[str, bytes]:  # noqa: ANN401
    """Return what a message tells of the run that begins; nothing of one that ends."""
    with decoding(f"{bag}: a run", BagError):
        return {one.name: bytes(one.content) for one in message.files} if message.active else {}


def _places(store: RunStore) -> Iterator[RecordedPlace]:
    """Yield every place that a rollout of a training can have."""
    config = store.config
    for iteration in range(config.iterations + 1):  # the last policy is executed, too
        for condition in config.conditions:
            for sample in range(config.rollouts):
                for attempt in range(MAX_RECORDED_ATTEMPTS):
                    yield RecordedPlace(iteration, condition, sample, attempt)


def _seed(store: RunStore, place: RecordedPlace) -> int:
    """Return the seed of the rollout that belongs in a place."""
    return training_seed(store, place.iteration, place.condition, place.sample, place.attempt)
