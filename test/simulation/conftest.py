import pytest

from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task


@pytest.fixture(scope="session")
def hockey():
    return load_task("hockey")


@pytest.fixture
def make_world():
    """Return a function that builds the world of a task, at the start of its first condition."""

    def make(task):
        world = World(task)
        world.reset(0, seed=0, jitter=False)
        return world

    return make


@pytest.fixture
def world(make_world, hockey):
    return make_world(hockey)
