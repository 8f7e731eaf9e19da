from pathlib import Path

from browser_fixtures import *
from graph_fixtures import *


def pytest_collection_modifyitems(items):
    rerun_once_in(Path(__file__).parent, items)
