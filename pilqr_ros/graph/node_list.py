"""The one list of nodes: which there are, and which options each one takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pilqr_ros.robot.guard.interventions import GUARD
from pilqr_ros.robot.reset.reset_motion import ResetMotion


@dataclass(frozen=True)
class NodeSpec:
    """A node of the graph.

    Attributes:
        name: Its executable, which is also its name.
        options: The options that it takes.
        robot: The parameters that it takes from the robot's file, if one is given.
        fixed: Parameters that leave no choice.
        needs: The option without which it is not started; empty if there is none.
        unless: The option with which it is not started; empty if there is none.
        shared: Whether several robots have one together.
    """

    name: str
    options: tuple[str, ...]
    robot: tuple[str, ...] = ()
    fixed: tuple[tuple[str, Any], ...] = ()
    needs: str = ""
    unless: str = ""
    shared: bool = False


MOTION_CAPTURE = ("base_frame", "mocap_frame", "mocap_xyz", "mocap_rpy")

RESET_MOTION = tuple(ResetMotion.model_fields)

NODES = (
    NodeSpec(
        "mujoco_bridge",
        ("task", "real_time_factor", "viewer"),
        robot=("command_timeout", "robot_joints", "sensor_rate", *MOTION_CAPTURE),
        unless="hardware",
    ),
    NodeSpec(
        GUARD,
        ("task", "real_time_factor", "hardware"),
        robot=("command_timeout", "robot_joints", "torque_limits", "torque_rate_limits"),
    ),
    NodeSpec(
        "state_estimator", ("task", "real_time_factor"), robot=("robot_joints", *MOTION_CAPTURE)
    ),
    NodeSpec("trajectory_executor", ("task", "real_time_factor", "hardware")),
    NodeSpec("cost_evaluator", ("task",), shared=True),
    NodeSpec(
        "robot_reset",
        ("task", "real_time_factor"),
        robot=RESET_MOTION,
        needs="hardware",
    ),
    NodeSpec("recorder", ("task",), needs="record", shared=True),
    NodeSpec("scene_publisher", ("task",), robot=("base_frame",), needs="scene"),
    NodeSpec(
        "learner", ("task", "runs_directory", "record"), robot=("reset_timeout",), shared=True
    ),
)

SIMULATED_ROBOT = (replace(NODES[0], fixed=(("offer_reset", False),)),)
"""What stands in for a real robot when the nodes for hardware are tried."""

KNOWS_ROBOTS = ("recorder", "learner")
"""The shared nodes that are told the names of several robots."""

FROM_SHARED = ("learner/run", "learner/iteration_report")
"""What a robot's nodes hear of shared ones."""

LEARNING = ("cost_evaluator", "learner")
"""The nodes that only learning needs."""

TRAINING = tuple(spec.name for spec in NODES if not spec.needs and not spec.unless)
"""The nodes that training needs in any case, on a robot or without one."""

SERVER = NodeSpec(
    "policy_server",
    ("task", "run", "policy", "condition", "hardware"),
    robot=("reset_timeout",),
)
"""The node that serves a trained policy in their place."""

DEPLOYED = (*(spec for spec in NODES if spec.name not in LEARNING), SERVER)
"""What runs when a trained policy is served."""

NAMES = frozenset(spec.name for spec in (*NODES, SERVER))
"""Every node that there is."""
