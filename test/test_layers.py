"""Imports point downward only, and the mathematics stays free of ROS and MuJoCo."""

import ast
import sys
from pathlib import Path

import pytest

import pilqr_ros
from pilqr_ros.nodes.graph.node_list import NODES, SERVER

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
ALLOWED["cli"] = {"cli", *ALLOWED["experiments"]}
ROOMS = {
    "graph": set(),
    "messages": set(),
    "runtime": {"graph", "messages"},
    "sensing": {"messages", "runtime"},
    "training": {"messages", "runtime"},
    "clients": {"graph", "messages", "runtime"},
    "doctor": {"clients", "graph", "messages", "runtime"},
}
"""What each room of the nodes may import of the others; the nodes themselves stand beside them."""
ROOMS_OF_NODES = {"messages", "runtime", "sensing", "training"}
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


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms, or nodes, that a module of the nodes imports."""
    parts = [name.split(".") for name in imported_modules(path)]
    return {part[2] for part in parts if part[:2] == ["pilqr_ros", "nodes"] and len(part) > 2}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_of_the_nodes_imports_only_its_neighbours_below(room):
    for path in (ROOT / "nodes" / room).glob("*.py"):
        strangers = imported_rooms(path) - {room, "errors"} - ROOMS[room]
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_a_node_imports_no_other_node_and_no_client():
    for path in (ROOT / "nodes").glob("*.py"):
        strangers = imported_rooms(path) - {"errors"} - ROOMS_OF_NODES
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_beside_the_rooms_are_the_nodes_and_their_errors_alone():
    rooms = {path.parent.name for path in (ROOT / "nodes").glob("*/__init__.py")}
    assert rooms == set(ROOMS)
    modules = {path.stem for path in (ROOT / "nodes").glob("*.py")} - {"__init__", "errors"}
    assert modules == {spec.name for spec in (*NODES, SERVER)}


def test_trajopt_needs_nothing_but_numpy_and_scipy():
    for path in (ROOT / "trajopt").rglob("*.py"):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            assert package in TRAJOPT_LIBRARIES | {"pilqr_ros"} | sys.stdlib_module_names, (
                f"{path.relative_to(ROOT)} imports {name}"
            )


@pytest.mark.parametrize(
    "layer", ["tasks", "robot", "guided", "simulation", "learning", "recording", "nodes/graph"]
)
def test_what_can_be_used_without_ros_knows_none(layer):
    for path in (ROOT / layer).rglob("*.py"):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            assert package not in {"rclpy", "pilqr_msgs", "sensor_msgs", "std_msgs"}, path


def test_torch_is_needed_by_the_supervised_step_alone():
    users = {path.name for path in ROOT.rglob("*.py") if "torch" in imported_modules(path)}
    assert users == {"supervised.py"}
