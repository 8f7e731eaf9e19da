"""Imports point downward only, and the mathematics stays free of ROS and MuJoCo."""

import ast
import sys
from pathlib import Path

import pytest

import pilqr_ros
from pilqr_ros.graph.node_list import NODES, SERVER

ROOT = Path(pilqr_ros.__file__).parent

FLOORS = {
    "trajopt": (),
    "guided": ("trajopt",),
    "tasks": ("guided", "trajopt"),
    "robot": ("tasks", "guided", "trajopt"),
    "simulation": ("robot", "tasks", "trajopt"),
    "runs": ("robot", "tasks", "guided", "trajopt"),
    "learning": ("runs", "simulation", "robot", "tasks", "guided", "trajopt"),
    "evaluation": ("learning", "runs", "simulation", "robot", "tasks", "guided", "trajopt"),
    "page": ("evaluation", "learning", "runs", "simulation", "robot", "tasks", "guided", "trajopt"),
    "authoring": ("page", "learning", "simulation", "robot", "tasks", "guided", "trajopt"),
    "recording": ("learning", "runs", "robot", "tasks", "guided", "trajopt"),
    "graph": ("runs", "robot", "tasks"),
}
"""Each floor of the package with what it may import."""
FLOORS["nodes"] = ("page", "recording", "evaluation", "graph", *FLOORS["evaluation"])
FLOORS["clients"] = ("nodes", *FLOORS["nodes"])
FLOORS["doctor"] = ("clients", *FLOORS["clients"])
FLOORS["authoring"] = ("doctor", *FLOORS["authoring"])
FLOORS["diagnosis"] = ("runs", "robot", "tasks", "guided", "trajopt")
FLOORS["logs"] = ("runs", "robot", "tasks", "guided", "trajopt")
FLOORS["datasets"] = ("runs", "robot", "tasks", "guided", "trajopt")
FLOORS["page"] = ("diagnosis", *FLOORS["page"])
FLOORS["dashboard"] = ("clients", "page", *FLOORS["clients"])
FLOORS["report"] = ("diagnosis", "evaluation", *FLOORS["evaluation"])
FLOORS["environments"] = ("learning", *FLOORS["learning"])
FLOORS["sweeps"] = ()
FLOORS["peers"] = ("sweeps", "environments", *FLOORS["environments"])
FLOORS["experiments"] = ("peers", *FLOORS["peers"], "evaluation")
FLOORS["benchmarks"] = ("experiments", "doctor", *FLOORS["doctor"])
FLOORS["cli"] = (
    "dashboard",
    "page",
    "report",
    "logs",
    "datasets",
    "sweeps",
    "diagnosis",
    "authoring",
    "peers",
    "environments",
    "benchmarks",
    *FLOORS["benchmarks"],
)
ROOMS = {
    "robot": {
        "estimation": (),
        "guard": ("estimation",),
        "execution": ("guard", "estimation"),
        "reset": ("guard", "estimation"),
    },
    "nodes": {
        "messages": (),
        "runtime": ("messages",),
        "scene": (),
        "sensing": ("messages", "runtime"),
        "training": ("messages", "runtime"),
    },
}
"""The rooms of a floor, each with those of its neighbours that it may import."""
WITHOUT_ROS = ("tasks", "guided", "robot", "simulation", "runs", "learning", "evaluation")
WITHOUT_ROS += (
    "page",
    "authoring",
    "recording",
    "graph",
    "experiments",
    "environments",
    "peers",
    "diagnosis",
    "report",
    "logs",
    "datasets",
    "sweeps",
)
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


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_what_lies_below(floor):
    for path in (ROOT / floor).rglob("*.py"):
        for name in imported_modules(path):
            package, _, rest = name.partition(".")
            part = rest.partition(".")[0]
            if package == "pilqr_ros" and part and (ROOT / part).is_dir():
                allowed = (floor, *FLOORS[floor])
                assert part in allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_every_folder_of_the_package_has_its_place():
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(FLOORS)


def test_no_two_floors_import_each_other():
    for floor, below in FLOORS.items():
        for other in below:
            assert floor not in FLOORS[other], f"{floor} and {other}"


def imported_rooms(path: Path, floor: str) -> set[str]:
    """Return the rooms of a floor, or modules that stand beside them, that a module imports."""
    parts = [name.split(".") for name in imported_modules(path)]
    return {part[2] for part in parts if part[:2] == ["pilqr_ros", floor] and len(part) > 2}


@pytest.mark.parametrize(
    ("floor", "room"), [(floor, room) for floor, rooms in ROOMS.items() for room in rooms]
)
def test_a_room_imports_only_its_neighbours_below(floor, room):
    for path in (ROOT / floor / room).glob("*.py"):
        strangers = imported_rooms(path, floor) - {room, "errors"} - set(ROOMS[floor][room])
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


@pytest.mark.parametrize("floor", ROOMS)
def test_every_room_of_a_floor_has_its_place(floor):
    rooms = {path.parent.name for path in (ROOT / floor).glob("*/__init__.py")}
    assert rooms == set(ROOMS[floor])


def test_a_node_imports_no_other_node():
    for path in (ROOT / "nodes").glob("*.py"):
        strangers = imported_rooms(path, "nodes") - {"errors"} - set(ROOMS["nodes"])
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_the_node_at_the_control_rate_imports_no_simulator():
    seen, waiting = set(), ["pilqr_ros.nodes.trajectory_executor"]
    while waiting:
        name = waiting.pop()
        path = ROOT.parent / Path(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in seen or not file.is_file():
            continue
        seen.add(name)
        waiting += imported_modules(file)
    assert not [name for name in seen if name.startswith("pilqr_ros.simulation")]


def test_beside_the_rooms_are_the_nodes_and_their_errors_alone():
    modules = {path.stem for path in (ROOT / "nodes").glob("*.py")} - {"__init__", "errors"}
    assert modules == {spec.name for spec in (*NODES, SERVER)}


def accessed_files(path: Path) -> list[int]:
    """Return the lines in which a module reads the sections of a task's file by itself."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr == "file"
        and ast.unparse(node.value).rpartition(".")[2].endswith("task")
    ]


def test_a_task_is_asked_not_its_file():
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] != "tasks":
            assert not accessed_files(path), f"{path.relative_to(ROOT)}: {accessed_files(path)}"


def test_no_two_classes_have_the_same_name():
    places: dict[str, list[str]] = {}
    for path in ROOT.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_trajopt_needs_nothing_but_numpy_and_scipy():
    for path in (ROOT / "trajopt").rglob("*.py"):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            assert package in TRAJOPT_LIBRARIES | {"pilqr_ros"} | sys.stdlib_module_names, (
                f"{path.relative_to(ROOT)} imports {name}"
            )


@pytest.mark.parametrize("floor", WITHOUT_ROS)
def test_what_can_be_used_without_ros_knows_none(floor):
    for path in (ROOT / floor).rglob("*.py"):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            assert package not in {"rclpy", "pilqr_msgs", "sensor_msgs", "std_msgs"}, path


def test_torch_is_needed_by_the_supervised_step_alone():
    users = {path.name for path in ROOT.rglob("*.py") if "torch" in imported_modules(path)}
    assert users == {"supervised.py"}


def test_a_video_library_is_asked_for_only_when_a_video_is_made():
    for path in ROOT.rglob("*.py"):
        top = (node for node in ast.parse(path.read_text()).body)
        names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
        assert not any(name.startswith("imageio") for name in names), path
