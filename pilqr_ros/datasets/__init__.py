"""The rollouts of a run as a LeRobot data set, for other programs to learn from, and back.

In a program::

    from pilqr_ros.datasets import episodes_of, read_lerobot, write_lerobot

    run = open_run(Path("runs/hockey/2026-01-31T10-00-00"))
    write_lerobot(episodes_of(run), {}, Path("hockey_set"))
    states = [one.states for one in read_lerobot(Path("hockey_set")).episodes]
"""

from pilqr_ros.datasets.episodes import Episode, EpisodeSet, count_left_out, episodes_of
from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.datasets.lerobot_reader import read_lerobot
from pilqr_ros.datasets.lerobot_writer import write_lerobot

__all__ = [
    "DataSetError",
    "Episode",
    "EpisodeSet",
    "count_left_out",
    "episodes_of",
    "read_lerobot",
    "write_lerobot",
]
