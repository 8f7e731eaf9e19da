"""All pictures of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pilqr_ros.evaluation.curves import learning_curve
from pilqr_ros.report.cost_pictures import cost_picture
from pilqr_ros.report.model_pictures import model_picture
from pilqr_ros.report.network_pictures import network_picture
from pilqr_ros.report.picture import Picture
from pilqr_ros.report.policy_pictures import policy_picture
from pilqr_ros.report.update_pictures import update_picture
from pilqr_ros.runs.run_store import RunStore

MAX_CONDITIONS = 6
"""Most conditions that have pictures of their own."""

_OF_A_CONDITION: tuple[Callable[[RunStore, int], Picture | None], ...] = (
    cost_picture,
    policy_picture,
    model_picture,
    update_picture,
)


def pictures_of(store: RunStore) -> Iterator[Picture]:
    """Yield the pictures of a run one after the other, the learning curve first.

    Raises:
        RunError: No iteration has finished, or a file of the run is damaged.
    """
    yield Picture(
        "learning_curve",
        "Learning curve",
        "Median and range of each iteration's rollouts, and how many of them succeeded.",
        learning_curve(store),
    )
    network = network_picture(store)
    if network is not None:
        yield network
    for condition in store.config.conditions[:MAX_CONDITIONS]:
        drawn = (draw(store, condition) for draw in _OF_A_CONDITION)
        yield from (picture for picture in drawn if picture is not None)


def save_pictures(store: RunStore) -> Iterator[Path]:
    """Save the pictures of a run in its folder, and yield the path of each (errors as above)."""
    return (picture.save(store.directory) for picture in pictures_of(store))
