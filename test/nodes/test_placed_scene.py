"""What a task says of its scene holds through the graph as it does in process."""

import numpy as np
import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.nodes.training.ros_collector import RosCollector, RosCostEvaluator
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator

SCENE = """<sensor><force name="bolt" site="bolt"/><touch name="press" site="bolt"/></sensor>
<worldbody><body name="wall" pos="3 0 0"><joint name="sway" axis="0 1 0"/><site name="bolt"/>
<geom size=".05" mass="2" pos="0 .1 0" contype="0" conaffinity="0"/></body>
<body name="box"><freejoint/><geom size=".01 .02 .03" type="box"
contype="0" conaffinity="0"/></body><body name="frame" mocap="true"><body name="door" pos="2 0 0">
<joint name="hinge" axis="0 0 1" damping="1e-4"/><geom size=".01" contype="0" conaffinity="0"/>
<site name="handle" pos="1 0 0"/></body></body>"""


@pytest.fixture
def scene(two_joints):
    """Return a task of an arm that is mounted turned, a turned box, a door ajar and a force sensor.

    Masses, frictions and what is sensed differ from rollout to rollout.
    """

    def edit(content):
        content["models"]["mount"] = {"position": [0, 0, 1], "euler": [0, 0, 0.5]}
        content["state"] += [
            {"name": "hinge", "kind": "joint_positions", "joints": "hinge"},
            {"name": "box_x", "kind": "body_axis", "of": "box", "axis": "x"},
            {"name": "box_x_velocity", "kind": "body_axis_velocity", "of": "box", "axis": "x"},
            {"name": "bolt", "kind": "sensor", "of": "bolt"},
            {"name": "press", "kind": "sensor", "of": "press"},
            {"name": "tip_y", "kind": "point_axis", "of": "tip", "axis": "y"},
        ]
        start = content["conditions"][0]
        start["other_joints"] = {"hinge": 0.3}
        start["bodies"]["box"] = {"position": [0, 0, 2], "euler": [0.1, 0.2, 0.3]}
        start["targets"] = {"target": {"site": "handle"}, "aside": {"site": "tip", "axis": "y"}}
        aside = {"of": "tip_y", "minus": "aside"}
        content["cost"]["terms"].append({"name": "aside", "alpha": 1.0, "beta": 1.0, **aside})
        still = {"of": "hinge", "at_least": 0.25}
        content["success"] = {"all": [{"within": 0.5, **aside}, still], "at": "any"}

        content["randomised"] = {
            "masses": {"lower": [0.5, 2.0]},
            "joint_frictions": {"hinge": [1, 9]},
        }
        content["randomised"] |= {"position_noise": 1e-3, "mocap_noise": 1e-3, "sensor_noise": 0.1}

    return two_joints(scene=("<worldbody>", SCENE), edit=edit)


def test_a_rollout_is_the_in_process_one_and_costs_the_same(
    scene, fresh_client, run_nodes, wait_for_loop, collect_whole, tmp_path
):
    alone = InProcessCollector(scene).collect(scene.initial_policy(0), 0, 3, True, True)
    assert alone.states[0, scene.layout["hinge"]] == pytest.approx(0.3, abs=0.005)
    assert alone.states[0, scene.layout["bolt"]][2] == pytest.approx(2 * 9.81, abs=1.0)
    names = ("mujoco_bridge", "effort_guard", "state_estimator", "trajectory_executor",
             "cost_evaluator")  # fmt: skip
    with run_nodes(*names, task=str(tmp_path / "two_joints.yaml")):
        wait_for_loop(fresh_client)
        collector = RosCollector(fresh_client.node)
        through_graph = collect_whole(collector, scene.initial_policy(0), 0, 3, True, True)
        asked = RosCostEvaluator(fresh_client.node, scene.name).evaluate(through_graph)
    assert np.abs(through_graph.states - alone.states).max() <= 1e-9
    computed = TaskCostEvaluator(scene).evaluate(alone)
    assert asked.terms == pytest.approx(dict(computed.terms))
    assert (asked.success, asked.distance) == (True, pytest.approx(computed.distance))
