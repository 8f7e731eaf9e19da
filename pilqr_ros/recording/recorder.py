"""Keeping the bag of the run under way; whatever goes wrong with it stops only the recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pilqr_ros.errors import PilqrError
from pilqr_ros.recording.bag import FOLDER, BagWriter, Bounds
from pilqr_ros.recording.topic import BagTopic

NEARLY_FULL = 0.9
"""Share of a bag's bound at which a warning is given."""


class Recorder:
    """Writes messages to the bag of the run under way, if there is one.

    Attributes:
        run_directory: The run that is or was to be recorded; None before the first.
        part: Its part.
        problem: Why nothing is recorded of it; empty if all is well.
    """

    def __init__(
        self, topics: Sequence[BagTopic], bounds: Bounds, warn: Callable[[str], object]
    ) -> None:
        """Wait for a run.

        Args:
            topics: What is recorded; a message names its topic by the place in this list.
            bounds: How large a bag may become.
            warn: Takes each warning.
        """
        self.run_directory: Path | None = None
        self.part = ""
        self.problem = ""
        self._topics, self._bounds, self._warn = topics, bounds, warn
        self._bag: BagWriter | None = None
        self._warned = False

    @property
    def recording(self) -> bool:
        """Whether messages are written."""
        return self._bag is not None

    @property
    def size(self) -> int:
        """Size of the bag [bytes]."""
        return 0 if self._bag is None else self._bag.size

    @property
    def message_count(self) -> int:
        """Number of messages in the bag."""
        return 0 if self._bag is None else self._bag.message_count

    @property
    def nearly_full(self) -> bool:
        """Whether the bag is about to reach its bound."""
        return self._bag is not None and self._bag.share > NEARLY_FULL

    def begin(self, run_directory: Path, part: str) -> None:
        """Begin a part of a run; the one before ends.

        A run whose recording failed is not begun again: its bag would have a hole in it.
        """
        if run_directory != self.run_directory:
            self.end()
            self.run_directory, self.problem, self._warned = run_directory, "", False
        self.part = part
        if not self.problem:
            self._guarded(self._begin)

    def write(self, topic: int, received_ns: int, sent_ns: int, data: bytes) -> None:
        """Add a message, if there is a run."""
        if self._bag is not None:
            self._bag.write(topic, received_ns, sent_ns, data)

    def flush(self) -> None:
        """Bring what was added to the disk."""
        if self._bag is None:
            return
        self._guarded(self._bag.flush)
        if self.nearly_full and not self._warned:
            self._warned = True
            self._warn(f"the bag of {self.run_directory} is nearly full ({self.size} bytes)")

    def end(self) -> None:
        """End the bag, and wait for another run."""
        if self._bag is not None:
            self._guarded(self._bag.close)
        self._bag = None
        self.run_directory, self.part, self.problem = None, "", ""

    def _begin(self) -> None:
        if self.run_directory is None:
            return
        if self._bag is None:
            self._bag = BagWriter(self.run_directory / FOLDER, self._topics, self._bounds)
        self._bag.begin(self.part)

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do something with the bag; a failure ends the bag with a warning."""
        try:
            act()
        except (PilqrError, OSError) as error:
            self._stop(f"{self.run_directory}: {error}")

    def _stop(self, problem: str) -> None:
        """End the bag as it is on disk."""
        self.problem = problem
        self._warn(f"recording ends: {problem}; the training goes on")
        bag, self._bag = self._bag, None
        if bag is None:
            return
        bag.discard()
        try:
            bag.close()
        except (PilqrError, OSError) as error:
            self._warn(f"the bag could not be closed: {error}")
