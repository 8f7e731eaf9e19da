"""What docs/mathematics.md names is in the code."""

import importlib
import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "docs" / "mathematics.md").read_text()
TABLE = TEXT[: TEXT.index("## LQR-FLM")]
NAMES = sorted(set(re.findall(r"`((?:\w+\.)+\w+)`", TABLE)) - {"pilqr_ros.trajopt"})


@pytest.mark.parametrize("name", NAMES)
def test_each_function_of_the_table_of_equations_exists(name):
    module, _, function = name.rpartition(".")
    package = "pilqr_ros" if module.startswith("guided.") else "pilqr_ros.trajopt"
    if module.startswith("guided."):
        pytest.importorskip("torch")
    assert hasattr(importlib.import_module(f"{package}.{module}"), function)
