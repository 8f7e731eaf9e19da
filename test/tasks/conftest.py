import pytest
import yaml

from pilqr_ros.tasks import Task, load_task


@pytest.fixture(scope="session")
def hockey():
    return load_task("hockey")


@pytest.fixture
def edited(hockey):
    """Return a function that loads hockey after an edit of its parsed content."""

    def load(edit):
        content = yaml.safe_load(hockey.source)
        edit(content)
        return Task.from_text(yaml.safe_dump(content), origin="edited")

    return load
