"""Which command lines the options lead to."""

import importlib

import numpy as np
import pytest
import yaml

from pilqr_ros import graph
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.node_list import DEPLOYED, SERVER
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declarations
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.errors import TaskError

EVERY_NODE = [
    "mujoco_bridge",
    "effort_guard",
    "state_estimator",
    "trajectory_executor",
    "cost_evaluator",
    "recorder",
    "learner",
]


def started(**options):
    """Return the command line of each node, by its name."""
    chosen = graph.GraphOptions(**options)
    return {start.name: graph.command(start, chosen) for start in graph.starts(chosen)}


def test_options_reach_the_nodes_that_take_them(tmp_path):
    file = tmp_path / "a b.yaml"
    file.write_text(load_task("hockey").source)
    commands = started(task=str(file), real_time_factor=1.0, namespace="left")
    assert list(commands) == EVERY_NODE
    bridge = commands["mujoco_bridge"]
    assert f'task:="{file}"' in bridge
    assert "real_time_factor:=1.0" in bridge
    assert "viewer:=false" in bridge
    assert "__ns:=/left" in bridge
    assert "real_time_factor" not in " ".join(commands["cost_evaluator"])
    assert bridge[bridge.index("--enclave") + 1] == "/left/mujoco_bridge"


def test_a_wrong_task_file_is_told_before_any_node_is_started(tmp_path):
    with pytest.raises(TaskError, match="no task 'juggling'"):
        started(task="juggling")


def test_frames_that_a_robots_file_leaves_out_are_named_after_the_namespace(tmp_path):
    file = tmp_path / "plain.yaml"
    file.write_text("name: plain\nmotion_capture: {frame: world}\n")
    commands = started(robot_config=str(file), namespace="left")
    for name in ("mujoco_bridge", "state_estimator"):
        assert 'base_frame:="left/base"' in commands[name]
        assert 'mocap_frame:="world"' in commands[name]


def test_a_robots_file_becomes_parameters_and_remappings():
    commands = started(task="hockey_lightarm", robot_config="lightarm", real_time_factor=1.0)
    assert "mocap_xyz:=[1.2, -0.8, 0.0]" in commands["state_estimator"]
    assert "command_timeout:=0.1" in commands["effort_guard"]
    assert "command_timeout" not in " ".join(commands["learner"])
    for command in commands.values():
        assert "joint_states:=/lightarm/joint_states" in command
    lockstep = started(task="hockey_lightarm", robot_config="lightarm")
    assert "command_timeout" not in " ".join(lockstep["effort_guard"])


@pytest.mark.parametrize("spec", (*graph.NODES, SERVER), ids=lambda spec: spec.name)
def test_a_node_knows_every_parameter_that_it_is_started_with(spec):
    module = importlib.import_module(f"pilqr_ros.nodes.{spec.name}")
    records = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, TaskParameters)
    ]
    known = {one.name for record in records for one in declarations(record)}
    assert {*spec.options, *spec.robot, *dict(spec.fixed)} <= known


def told_digests(commands):
    told = [word for command in commands.values() for word in command if "task_digest" in word]
    assert len(told) == len(commands)
    return set(told)


def test_every_node_is_told_which_task_it_is_of(two_joints, tmp_path):
    two_joints()
    task = str(tmp_path / "two_joints.yaml")
    first = told_digests(started(task=task))
    assert len(first) == 1
    model = tmp_path / "arm.xml"
    model.write_text(model.read_text() + "<!-- heavier -->")
    assert not first & told_digests(started(task=task))


def test_a_served_policys_run_is_the_task_that_its_nodes_are_told(two_joints, tmp_path):
    task = two_joints()
    run = create_run(tmp_path / "runs", task, RunConfig("two_joints", "pilqr", 1, 2, 0, (0,)))
    run.save_policy(0, 0, task.initial_policy(0), np.ones(task.T))
    (told,) = told_digests(served(run=str(run.directory)))
    given = TaskParameters(task_digest=told.partition(":=")[2].strip('"'))
    given.check_task(open_run(run.directory).task)


def test_the_scene_is_shown_only_if_asked_for():
    assert "scene_publisher" not in started()
    shown = started(task="hockey_lightarm", robot_config="lightarm", scene=True)
    assert 'base_frame:="lightarm_base"' in shown["scene_publisher"]
    assert sorted(shown) == sorted([*EVERY_NODE, "scene_publisher"])


def test_every_setting_of_a_reset_is_reached_from_the_robots_file(tmp_path):
    largest = {
        name: mark.le
        for name, key in ResetMotion.model_fields.items()
        for mark in key.metadata
        if hasattr(mark, "le")
    }
    assert largest.keys() == ResetMotion.model_fields.keys()
    file = tmp_path / "robot.yaml"
    file.write_text(yaml.safe_dump({"name": "largest", "reset": largest}))
    command = started(robot_config=str(file), hardware=True)["robot_reset"]
    for name, value in largest.items():
        assert f"{name}:={float(value)}" in command


def test_hardware_is_everything_but_the_simulated_robot_in_real_time():
    commands = started(task="hockey_lightarm", robot_config="lightarm", hardware=True)
    assert "mujoco_bridge" not in commands
    assert "max_speed:=0.3" in commands["robot_reset"]
    assert "reset_timeout:=370.0" in commands["learner"]
    assert "real_time_factor:=1.0" in commands["trajectory_executor"]
    with pytest.raises(GraphError, match="hardware needs robot_config"):
        started(task="hockey_lightarm", hardware=True)


def served(**options):
    """Return the command line of each node that serves a policy, by its name."""
    chosen = graph.DeploymentOptions(**options)
    return {start.name: graph.command(start, chosen) for start in graph.starts(chosen, DEPLOYED)}


def test_a_policy_is_served_on_hardware_behind_the_same_nodes_as_training_has(run):
    chosen = {"hardware": True, "robot_config": "lightarm"}
    trained, commands = (
        started(task=str(run / "task.yaml"), **chosen),
        served(run=str(run), **chosen),
    )
    common = set(trained) & set(commands)
    assert set(commands) - common == {"policy_server"}
    assert set(trained) - common == {"cost_evaluator", "learner"}
    for name in common:
        assert commands[name] == trained[name]
    server = commands["policy_server"]
    assert "hardware:=true" in server
    assert f'run:="{run}"' in server
    told = [word for word in server if word.startswith("reset_timeout")]
    assert told == [word for word in trained["learner"] if word.startswith("reset_timeout")]
    assert told


def test_the_scene_of_a_served_policy_is_shown_if_asked_for(run):
    assert "scene_publisher" not in served(run=str(run))
    assert "scene_publisher" in served(run=str(run), scene=True)


def test_a_policy_is_not_served_on_hardware_without_the_robots_file(run):
    with pytest.raises(GraphError, match="hardware needs robot_config"):
        served(run=str(run), hardware=True)


def several(**options):
    """Return what is started for two robots, by label."""
    chosen = graph.GraphOptions(robots="left,right", **options)
    return {start.label: start for start in graph.starts(chosen)}


def test_several_robots_share_what_learns_and_have_the_rest_for_themselves():
    found = several(namespace="lab")
    own = ["mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor"]
    of_robots = [f"{robot}/{name}" for name in own for robot in ("left", "right")]
    assert list(found) == [*of_robots, "cost_evaluator", "recorder", "learner"]
    assert found["right/effort_guard"].enclave == "/lab/right/effort_guard"
    assert found["learner"].enclave == "/lab/learner"
    assert found["learner"].parameters["robots"] == ["left", "right"]
    assert found["recorder"].parameters["robots"] == ["left", "right"]
    assert not found["left/effort_guard"].is_essential
    assert found["learner"].is_essential


def test_each_simulated_robot_has_a_clock_of_its_own():
    assert several()["right/mujoco_bridge"].remappings["/clock"] == "/right/clock"


def test_a_robots_nodes_hear_what_is_told_of_the_common_training():
    heard = several(scene=True, namespace="lab")["left/scene_publisher"].remappings
    assert heard["learner/run"] == "/lab/learner/run"


def test_one_robot_is_told_of_no_others():
    chosen = graph.GraphOptions(robots="1")
    assert graph.starts(chosen) == graph.starts(graph.GraphOptions())
    for start in graph.starts(chosen):
        assert (start.remappings, start.robot) == ({}, "")
        assert "robots" not in start.parameters


@pytest.fixture
def robot_file(tmp_path):
    """Return what writes a robot's file and returns its path."""

    def write(name, text):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"name: {name}\n{text}")
        return str(path)

    return write


def test_robots_that_share_a_topic_are_refused(robot_file):
    file = robot_file("arm", "effort: {topic: /arm/commands}")
    with pytest.raises(GraphError, match="robots left and right both have /arm/commands"):
        several(robot_config=file)


def test_each_robot_has_its_file_and_shared_nodes_find_both(robot_file):
    slow = robot_file("slow", "effort: {topic: /slow/commands}\nreset: {operator_timeout: 500}")
    quick = robot_file("quick", "effort: {topic: drive}\nreset: {operator_timeout: 5}")
    found = several(robot_config=f"{quick},{slow}", hardware=True)
    usual = "effort_controller/commands"
    assert found["left/effort_guard"].remappings[usual] == "drive"
    assert found["right/effort_guard"].remappings[usual] == "/slow/commands"
    recorded = found["recorder"].remappings
    assert recorded == {f"left/{usual}": "left/drive", f"right/{usual}": "/slow/commands"}
    assert found["learner"].parameters["reset_timeout"] > 500
