import pytest

from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task


@pytest.fixture(scope="session")
def hockey():
    return load_task("hockey")


@pytest.fixture
def world(hockey):
    world = World(hockey)
    world.reset(0, seed=0, jitter=False)
    return world
