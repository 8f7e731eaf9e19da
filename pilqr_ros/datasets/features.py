"""What each frame of a data set holds, by the names that LeRobot gives it.

Whatever begins with ``observation`` is an input of LeRobot's policies, whatever begins with
``action`` an output; the rest they leave alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.datasets.episodes import Episode, EpisodeSet

STATE, ACTION, REWARD = "observation.state", "action", "next.reward"
APPLIED, NOISE = "applied_torque", "exploration_noise"


class Numbered(NamedTuple):
    """An episode in its place among the others.

    Attributes:
        episode: The episode.
        number: Its index.
        first_frame: Index of its first frame among those of all episodes.
        task_index: Index of its instruction.
    """

    episode: Episode
    number: int
    first_frame: int
    task_index: int


class Feature(NamedTuple):
    """One column of the frames.

    Attributes:
        name: Its name.
        dtype: Type of its numbers.
        names: What its numbers are; empty for a single one without a name.
        values: Returns those of an episode, ``(T,)`` or ``(T, width)``, or one for all frames.
    """

    name: str
    dtype: str
    names: tuple[str, ...]
    values: Callable[[Numbered], Any]

    @property
    def width(self) -> int:
        """How many numbers a frame has."""
        return max(1, len(self.names))

    def described(self) -> dict[str, Any]:
        """Return what ``info.json`` says of it."""
        return {"dtype": self.dtype, "shape": [self.width], "names": list(self.names) or None}

    def of(self, numbered: Numbered) -> NDArray[Any]:
        """Return the values of an episode, ``(T, width)``."""
        T = numbered.episode.T
        values = np.asarray(self.values(numbered), dtype=self.dtype)
        return np.broadcast_to(values, T).reshape(T, 1) if values.ndim < 2 else values


def instructions_of(episodes: EpisodeSet) -> list[str]:
    """Return what is to be done in the episodes, each once."""
    return list(dict.fromkeys(one.instruction for one in episodes.episodes))


def numbered(episodes: EpisodeSet) -> list[Numbered]:
    """Return the episodes with their places."""
    each, tasks = episodes.episodes, instructions_of(episodes)
    firsts = accumulate((one.T for one in each[:-1]), initial=0)
    return [
        Numbered(one, number, first, tasks.index(one.instruction))
        for number, (one, first) in enumerate(zip(each, firsts, strict=True))
    ]


def features_of(episodes: EpisodeSet) -> list[Feature]:
    """Return the columns of the frames; the last five are those that LeRobot has in every set."""
    states, joints, rate = episodes.state_names, episodes.joints, episodes.rate
    return [
        Feature(STATE, "float32", states, lambda one: one.episode.states),
        Feature(ACTION, "float32", joints, lambda one: one.episode.commanded),
        Feature(APPLIED, "float32", joints, lambda one: one.episode.applied),
        Feature(NOISE, "float32", joints, lambda one: one.episode.noise),
        Feature(REWARD, "float32", (), lambda one: -one.episode.costs),
        Feature("next.done", "bool", (), lambda one: _at_the_end(one.episode)),
        Feature(
            "next.success", "bool", (), lambda one: one.episode.success & _at_the_end(one.episode)
        ),
        Feature("condition", "int64", (), lambda one: one.episode.condition),
        Feature("iteration", "int64", (), lambda one: one.episode.iteration),
        Feature("noise_free", "bool", (), lambda one: one.episode.noise_free),
        Feature("timestamp", "float32", (), lambda one: np.arange(one.episode.T) / rate),
        Feature("frame_index", "int64", (), lambda one: np.arange(one.episode.T)),
        Feature("episode_index", "int64", (), lambda one: one.number),
        Feature("index", "int64", (), lambda one: one.first_frame + np.arange(one.episode.T)),
        Feature("task_index", "int64", (), lambda one: one.task_index),
    ]


def _at_the_end(episode: Episode) -> NDArray[np.bool_]:
    """Return what holds at the last step alone, ``(T,)``."""
    return np.arange(episode.T) == episode.T - 1
