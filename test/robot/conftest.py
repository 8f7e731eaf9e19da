import pytest

from pilqr_ros.tasks import load_task


@pytest.fixture(scope="session")
def hockey():
    return load_task("hockey")
