"""What the launch files start; skipped where ROS 2's launch is not installed."""

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("launch_ros", reason="ROS 2's launch is not in this environment")

from launch import LaunchContext, LaunchDescription, LaunchService
from launch.actions import DeclareLaunchArgument
from launch_ros.actions import Node

from pilqr_ros import graph
from pilqr_ros.graph.errors import GraphError

LAUNCH = Path(__file__).parents[2] / "launch"


def launch_file(name):
    """Return a launch file as a module."""
    spec = importlib.util.spec_from_file_location(name, LAUNCH / f"{name}.launch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def executables(tmp_path, monkeypatch):
    """Return a function that tells what the launch file starts for its arguments."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def told(**arguments):
        context = LaunchContext()
        usual = {option.name: str(option.default) for option in graph.deployment_options()}
        context.launch_configurations.update(usual | {"train": ""} | arguments)
        actions = launch_file("hockey").start_nodes(context)
        return [each.node_executable for each in actions if isinstance(each, Node)]

    return told


def test_a_run_is_served_without_a_learner(executables, run):
    served = executables(run=str(run), hardware="true", robot_config="lightarm")
    assert set(served) == {
        "effort_guard",
        "state_estimator",
        "trajectory_executor",
        "robot_reset",
        "recorder",
        "policy_server",
    }
    assert "policy_server" not in executables()


def test_a_launch_that_is_to_serve_and_to_train_is_refused(executables, run):
    with pytest.raises(GraphError, match="leave out train, or run"):
        executables(run=str(run), train="pilqr")


def test_a_launch_whose_node_cannot_start_ends_with_an_error():
    start = graph.NodeStart("cost_evaluator", {"task": "no_such_task"}, {})
    service = LaunchService(noninteractive=True)
    node = launch_file("hockey").node(start, graph.GraphOptions())
    service.include_launch_description(LaunchDescription([node]))
    assert service.run() == 1


def own_arguments(name):
    """Return the arguments that a launch file declares itself, by name."""
    entities = launch_file(name).generate_launch_description().entities
    return {each.name: each for each in entities if isinstance(each, DeclareLaunchArgument)}


def test_a_method_that_there_is_not_is_refused_before_any_node_starts():
    context = LaunchContext()
    context.launch_configurations["train"] = "sac"
    with pytest.raises(RuntimeError, match=r"'pilqr'.*'mdgps-pi2'"):
        own_arguments("hockey")["train"].execute(context)


def test_the_launch_file_of_a_deployment_needs_a_run():
    (argument,) = own_arguments("deploy").values()
    assert (argument.name, argument.default_value) == ("run", None)


@pytest.mark.parametrize("task", ["door", "plug", "pusher", "reacher"])
def test_the_launch_file_of_a_task_has_it_as_default_and_takes_another(task):
    declared = launch_file(task).generate_launch_description().get_launch_arguments()
    first = next(each for each in declared if each.name == "task")
    assert [part.text for part in first.default_value] == [task]
    context = LaunchContext()
    context.launch_configurations["task"] = "my_task.yaml"
    for entity in launch_file(task).generate_launch_description().entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
        else:
            assert "task" not in dict(entity.launch_arguments)
    assert context.launch_configurations["task"] == "my_task.yaml"


def test_several_robots_have_nodes_of_their_own_and_one_learner(executables):
    counted = Counter(executables(robots="left,right"))
    own = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor")
    assert counted == dict.fromkeys(own, 2) | dict.fromkeys(
        ("cost_evaluator", "recorder", "learner"), 1
    )
