"""Imports point downward only, and the mathematics stays free of ROS and MuJoCo."""

import ast
import sys
from pathlib import Path

import pytest

import pilqr_ros

ROOT = Path(pilqr_ros.__file__).parent

ALLOWED = {
    "trajopt": {"trajopt"},
    "guided": {"guided", "trajopt"},
    "robot": {"robot", "tasks", "trajopt"},
    "tasks": {"tasks", "guided", "trajopt"},
    "simulation": {"simulation", "robot", "tasks", "trajopt"},
    "learning": {"learning", "guided", "simulation", "robot", "tasks", "trajopt"},
    "recording": {"recording", "learning", "guided", "simulation", "robot", "tasks", "trajopt"},
}
ALLOWED["nodes"] = {"nodes", *ALLOWED["recording"]}
ALLOWED["experiments"] = {"experiments", *ALLOWED["nodes"]}
TRAJOPT_LIBRARIES = {"numpy", "scipy"}


def imported_modules(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
    return names


@pytest.mark.parametrize("layer", sorted(ALLOWED))
def test_layer_imports_only_what_lies_below(layer):
    for path in (ROOT / layer).rglob("*.py"):
        for name in imported_modules(path):
            package, _, rest = name.partition(".")
            part = rest.partition(".")[0]
            if package == "pilqr_ros" and part and (ROOT / part).is_dir():
                assert part in ALLOWED[layer], f"{path.relative_to(ROOT)} imports {name}"


def test_every_folder_of_the_package_has_its_place():
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(ALLOWED)


def test_trajopt_needs_nothing_but_numpy_and_scipy():
    for path in (ROOT / "trajopt").rglob("*.py"):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            assert package in TRAJOPT_LIBRARIES | {"pilqr_ros"} | sys.stdlib_module_names, (
                f"{path.relative_to(ROOT)} imports {name}"
            )


@pytest.mark.parametrize(
    "layer", ["tasks", "robot", "guided", "simulation", "learning", "recording"]
)
def test_layers_below_the_nodes_know_no_ros(layer):
    for path in (ROOT / layer).rglob("*.py"):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            assert package not in {"rclpy", "pilqr_msgs", "sensor_msgs", "std_msgs"}, path


def test_torch_is_needed_by_the_supervised_step_alone():
    users = {path.name for path in ROOT.rglob("*.py") if "torch" in imported_modules(path)}
    assert users == {"supervised.py"}
