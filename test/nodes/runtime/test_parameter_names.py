"""A misspelt parameter is refused; what a file holds for other nodes, or ROS for all, is not."""

import dataclasses
import importlib
import pkgutil
import sys

import pytest

import pilqr_ros.nodes
from pilqr_ros.nodes.errors import UnknownParameterError
from pilqr_ros.nodes.runtime.parameter_names import OF_NODES, refuse_unknown
from pilqr_ros.nodes.runtime.parameters import declarations

OWN = ("task", "robot_joints", "pose_age")


def test_every_parameter_of_every_node_is_known():
    names = set()
    for module in pkgutil.iter_modules(pilqr_ros.nodes.__path__, "pilqr_ros.nodes."):
        if not module.ispkg:
            for kind in vars(importlib.import_module(module.name)).values():
                if isinstance(kind, type) and dataclasses.is_dataclass(kind):
                    names |= {one.name for one in declarations(kind)}
    assert names == OF_NODES


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tsk", r"'tsk' is none of state_estimator's; closest: task$"),
        ("robot_joint", r"'robot_joint' .* closest: robot_joints$"),
        ("xyzzy", r"'xyzzy' .*; known: pose_age, robot_joints, task$"),
    ],
)
def test_a_name_that_no_node_knows_is_refused(name, told):
    with pytest.raises(UnknownParameterError, match=told):
        refuse_unknown("state_estimator", ["task", name], OWN)


@pytest.mark.parametrize(
    "name",
    ["task", "use_sim_time", "start_type_description_service", "qos_overrides./state.depth"],
)
def test_a_nodes_own_and_ros_names_are_taken(name, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["node", "--ros-args", "-p", f"{name}:=1"])
    refuse_unknown("state_estimator", [name], OWN)


@pytest.mark.parametrize("flag", ["-p", "--param"])
@pytest.mark.parametrize("rule", ["viewer:=true", "state_estimator:viewer:=true"])
def test_another_nodes_name_is_refused_on_the_command_line_alone(flag, rule, monkeypatch):
    refuse_unknown("state_estimator", ["viewer"], OWN)
    monkeypatch.setattr(sys, "argv", ["node", "--ros-args", flag, rule])
    with pytest.raises(UnknownParameterError, match="'viewer' is none of state_estimator's"):
        refuse_unknown("state_estimator", ["viewer"], OWN)
