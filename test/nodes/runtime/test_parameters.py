import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

import pilqr_ros.nodes
from pilqr_ros.graph.respawning import CANNOT_START
from pilqr_ros.nodes.errors import NodeError, ParameterError, UnknownParameterError
from pilqr_ros.nodes.robot_reset import ResetParameters
from pilqr_ros.nodes.runtime.parameters import (
    TaskParameters,
    declarations,
    declare,
    parameter,
    section,
)
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.tasks.digest import digest


@dataclass(frozen=True)
class Example:
    rate: float = parameter(20.0, "ticks a second", low=1.0, high=100.0)
    count: int = parameter(3, "how many", low=1, high=9)
    mode: str = parameter("fast", "how", choices=("fast", "slow"))
    shown: bool = parameter(False, "whether it is shown")
    place: tuple[float, ...] = parameter((0.0, 0.0), "where [m]")
    limits: tuple[float, ...] = parameter((), "any number of them [N m]")
    names: tuple[str, ...] = parameter((), "of the joints")


@dataclass(frozen=True)
class Sectioned:
    count: int = parameter(3, "how many", low=1, high=9)
    motion: ResetMotion = section(ResetMotion)


@pytest.fixture
def make_node(domain):
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def make_with(**options):
        nodes.append(Node("example", context=context, **options))
        return nodes[-1]

    def make(**overrides):
        given = [Parameter(name, value=value) for name, value in overrides.items()]
        return make_with(parameter_overrides=given)

    make.given = lambda parameters: make_with(parameter_overrides=parameters)
    make.told = lambda arguments: make_with(cli_args=arguments)
    yield make
    for node in nodes:
        node.destroy_node()
    context.try_shutdown()


def test_defaults_and_given_values_arrive(make_node):
    assert declare(make_node(), Example) == Example(20.0, 3, "fast", False, (0.0, 0.0))
    assert declare(make_node(place=[1, 2]), Example).place == (1.0, 2.0)
    given = {"rate": 5.5, "count": 9, "mode": "slow", "shown": True}
    lists = {"place": [1.5, 2.5], "limits": [1.0, 2.0, 3.0], "names": ["a", "b"]}
    assert declare(make_node(**given, **lists), Example) == Example(
        **given, **{name: tuple(values) for name, values in lists.items()}
    )


def test_a_whole_number_serves_as_a_float(make_node):
    rate = declare(make_node(rate=1), Example).rate
    assert (rate, type(rate)) == (1.0, float)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("rate", 100.5, "float from 1 to 100"),
        ("rate", "often", "float from 1 to 100"),
        ("count", 0, "int from 1 to 9"),
        ("count", 2.5, "int from 1 to 9"),
        ("mode", "slowly", "one of fast, slow"),
        ("shown", 1, "any bool"),
        ("place", [1.0], "2 numbers"),
        ("limits", ["a"], "any numbers"),
        ("limits", 1.0, "any numbers"),
        ("limits", [True, True], "any numbers"),
        ("limits", ["1.0", "2.0"], "any numbers"),
        ("limits", [1.0, float("nan")], "any numbers"),
        ("limits", True, "any numbers"),
        ("place", [True, False], "2 numbers"),
        ("rate", True, "float from 1 to 100"),
        ("count", True, "int from 1 to 9"),
        ("names", [True, True], "any names"),
        ("names", [1.0], "any names"),
        ("names", "elbow", "any names"),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_and_range(make_node, name, value, allowed):
    with pytest.raises(ParameterError) as refused:
        declare(make_node(**{name: value}), Example)
    assert f"parameter '{name}' is " in str(refused.value)
    assert f"allowed is {allowed}" in str(refused.value)
    assert str(value).strip("[]") in str(refused.value)


def test_parameters_are_described_and_read_only(make_node):
    node = make_node()
    declare(node, Example)
    descriptor = node.describe_parameter("rate")
    assert descriptor.description == "ticks a second"
    assert descriptor.floating_point_range[0].to_value == 100.0
    assert node.describe_parameter("count").integer_range[0].from_value == 1
    assert "fast, slow" in node.describe_parameter("mode").additional_constraints
    (answer,) = node.set_parameters([Parameter("rate", value=10.0)])
    assert not answer.successful
    assert "read-only" in answer.reason


def test_the_keys_of_a_section_are_parameters_with_its_bounds_and_defaults(make_node):
    node = make_node(max_speed=1.5)
    given = declare(node, Sectioned)
    assert given == Sectioned(motion=ResetMotion(max_speed=1.5))
    span = node.describe_parameter("max_speed").floating_point_range[0]
    assert (span.from_value, span.to_value) == (0.01, 2.0)
    with pytest.raises(
        ParameterError, match=r"'max_speed' is 2\.5, allowed is float from 0\.01 to"
    ):
        declare(make_node(max_speed=2.5), Sectioned)


@pytest.mark.parametrize("one", declarations(Sectioned)[1:], ids=lambda one: one.name)
def test_a_reset_has_the_same_settings_as_parameters_and_in_the_robots_file(one):
    assert one in declarations(ResetParameters)
    assert getattr(ResetMotion(), one.name) == one.default
    for bound, beyond in ((one.limits.low, -0.01), (one.limits.high, 0.01)):
        assert getattr(ResetMotion(**{one.name: bound}), one.name) == bound
        with pytest.raises(ValueError, match=one.name):
            ResetMotion(**{one.name: bound + beyond})


def test_an_empty_list_is_the_same_as_none_given(make_node):
    given = [
        Parameter("limits", Parameter.Type.NOT_SET),
        Parameter("names", Parameter.Type.NOT_SET),
    ]
    assert declare(make_node(), Example) == declare(make_node.given(given), Example)
    with pytest.raises(ParameterError, match=r"'place' is \(\), allowed is 2 numbers"):
        declare(make_node.given([Parameter("place", Parameter.Type.NOT_SET)]), Example)


def test_a_file_of_parameters_may_be_for_several_nodes(make_node, tmp_path):
    file = tmp_path / "parameters.yaml"
    file.write_text(
        "/**: {ros__parameters: {names: [], limits: [], viewer: true, use_sim_time: false}}\n"
        "other: {ros__parameters: {anything: 1}}\n"
        "example: {ros__parameters: {count: 4}}\n"
    )
    arguments = ["--ros-args", "--params-file", str(file)]
    assert declare(make_node.told(arguments), Example) == Example(count=4)
    file.write_text("/**: {ros__parameters: {cuont: 4}}\n")
    with pytest.raises(UnknownParameterError, match="'cuont' is none of example's; closest: count"):
        declare(make_node.told(arguments), Example)


def refusal(*arguments):
    """Return the last line with which a node refuses its arguments, for good."""
    command = [sys.executable, "-m", "pilqr_ros.nodes.cost_evaluator", "--ros-args", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == CANNOT_START
    assert "Traceback" not in ended.stderr
    return ended.stderr.strip().splitlines()[-1]


def test_a_file_of_parameters_that_cannot_be_read_is_named(domain, tmp_path):
    file = tmp_path / "parameters.yaml"
    file.write_text("/**: {ros__parameters: {task: [1,\n")
    assert f"Couldn't parse params file: '--params-file {file}'" in refusal("--params-file", file)


def test_a_namespace_or_a_flag_that_ros_does_not_take_is_told(domain):
    assert "Couldn't parse remap rule: '-r __ns:=/1 bad<'" in refusal("-r", "__ns:=/1 bad<")
    assert "arguments that ROS does not know: ['--frobnicate']" in refusal("--frobnicate")


def test_a_domain_that_is_none_is_told(fresh_domain, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "12abc")
    assert "cost_evaluator: ROS_DOMAIN_ID is '12abc', allowed is" in refusal()


@pytest.mark.parametrize(
    ("node", "setting", "message"),
    [
        ("cost_evaluator", "tsk:=plug", "'tsk' is none of cost_evaluator's; closest: task"),
        ("mujoco_bridge", "sensor_rate:=1.0", "'sensor_rate' is 1.0, allowed is float from 20 to"),
        ("effort_guard", "command_timeout:=-1.0", "'command_timeout' is -1.0"),
        ("trajectory_executor", "state_age:=soon", "'state_age' is 'soon'"),
        ("state_estimator", "task:=juggling", "no task 'juggling'; tasks: door"),
        ("cost_evaluator", "task:=/nowhere.yaml", "'/nowhere.yaml' does not exist"),
        ("learner", "task:=juggling", "no task 'juggling'"),
    ],
)
def test_a_node_refuses_a_wrong_parameter_in_one_line(domain, node, setting, message):
    command = [sys.executable, "-m", f"pilqr_ros.nodes.{node}", "--ros-args", "-p", setting]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_no_node_hides_an_attribute_of_rclpy(make_node):
    taken = set(vars(make_node())) | set(dir(Node))
    for path in Path(pilqr_ros.nodes.__file__).parent.rglob("*.py"):
        for kind in ast.walk(ast.parse(path.read_text())):
            if isinstance(kind, ast.ClassDef) and "Node" in map(ast.unparse, kind.bases):
                ours = {
                    target.attr
                    for target in ast.walk(kind)
                    if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store)
                }
                assert not ours & taken, f"{path.name}: {ours & taken}"


@pytest.mark.parametrize(
    ("file", "edit"),
    [
        ("two_joints.yaml", ("torque_limit: 20", "torque_limit: 30")),
        ("arm.xml", ('size=".01"', 'size=".02"')),
    ],
)
def test_a_node_that_is_started_again_takes_no_edited_task(two_joints, tmp_path, file, edit):
    """Not another limit than the nodes that went on, nor than what was looked at."""
    started_with = digest(two_joints())
    path = str(tmp_path / "two_joints.yaml")
    again = TaskParameters(path, started_with)
    assert digest(again.load_task()) == started_with
    edited = tmp_path / file
    edited.write_text(edited.read_text().replace(*edit))
    with pytest.raises(NodeError, match="was edited since the nodes were started: end them all"):
        again.load_task()
    assert digest(TaskParameters(path).load_task()) != started_with
