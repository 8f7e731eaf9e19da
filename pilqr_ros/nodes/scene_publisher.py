"""Node `scene_publisher`: shows robot, scene, rollouts and targets in RViz, Foxglove and bags.

It only listens, and nothing waits for it. The arm is moved some times a second, by the newest
state: in lock-step there are far more of them than anybody sees. What changes seldom is latched,
and told again at each part of a run, so that every file of its bag has it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from pilqr_msgs.msg import IterationReport, Rollout, State, TrainingRun
from pilqr_ros.errors import PilqrError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import to_nanoseconds, to_time
from pilqr_ros.nodes.messages.scene_topics import (
    DESCRIPTION,
    FRAMES,
    MODEL,
    PATHS,
    SCENE_TOPICS,
    TARGETS,
)
from pilqr_ros.nodes.messages.wiring import Unwatched
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declare, parameter
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.scene.frames import SceneFrames
from pilqr_ros.nodes.scene.model_markers import model_markers
from pilqr_ros.nodes.scene.path_markers import SceneMarkers
from pilqr_ros.nodes.scene.shown_rollouts import ShownRollout, ShownRollouts
from pilqr_ros.page.motion import Posture
from pilqr_ros.robot.execution.fields import rollout_from_message
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.robot.frames import base_frame_in, frame_prefix
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.urdf import robot_urdf
from pilqr_ros.trajopt.typing import Array

FRAMES_PERIOD = 0.05
"""How often the arm is moved [s]."""

PICTURE_PERIOD = 0.5
"""How often it is looked whether something else has changed [s]."""

IDLE_TURNS = 20
"""After so many turns without a new state the last one is told again, for those who came since."""

WARN_PERIOD = 10.0
"""Least time between two warnings [s]."""

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


@dataclass(frozen=True)
class SceneParameters(TaskParameters):
    """Parameters of the node."""

    base_frame: str = parameter("", "frame of the robot's base; empty: base, in the namespace's")


class ScenePublisherNode(Node):
    """Wires the graph's topics to what is shown of them."""

    def __init__(self) -> None:
        """Subscribe, and publish what is known from the task alone."""
        super().__init__("scene_publisher")
        given = declare(self, SceneParameters)
        self._task: Task = given.load_task()
        self._base = given.base_frame or base_frame_in(self.get_namespace())
        self._prefix = frame_prefix(self.get_namespace())
        self._frames = SceneFrames(self._task, self._base, self._prefix)
        self._markers = SceneMarkers(self._task, self._base)
        self._shown = ShownRollouts()
        self._condition = self._task.learning.conditions[0]
        self._posture = Posture(self._task, self._condition)
        self._evaluator = TaskCostEvaluator(self._task)
        self._state: Array | None = None
        self._stamp_ns = self._told_ns = -1
        self._idle = 0
        self._part, self._part_is_new = ("", ""), False
        self._offered: dict[str, Publisher] = {
            topic.name: self.create_publisher(topic.kind, topic.name, topic.profile)
            for topic in SCENE_TOPICS
        }
        self._description = self._describe()
        self._listen()
        self._tell_everything()

    def _listen(self) -> None:
        """Subscribe, and begin to look at what has come."""
        group = Unwatched()
        self._states = self.create_subscription(
            State, "state", lambda _: None, NEWEST, callback_group=group
        )
        self._rollouts = self.create_subscription(
            Rollout, "rollout", lambda _: None, qos.ROLLOUTS, callback_group=group
        )
        self.create_subscription(
            IterationReport, "learner/iteration_report", self._on_report, qos.LATCHED
        )
        self.create_subscription(TrainingRun, "learner/run", self._on_run, qos.LATCHED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(FRAMES_PERIOD, self._move, clock=steady)
        self.create_timer(PICTURE_PERIOD, self._draw, clock=steady)

    def _describe(self) -> String | None:
        """Return the robot's description; None for a robot that no URDF describes."""
        try:
            return String(data=robot_urdf(self._task, self._base, self._prefix))
        except PilqrError as error:
            self.get_logger().warning(f"no {DESCRIPTION.name} is published: {error}")
            return None

    def _tell_everything(self) -> None:
        """Publish what does not change, and the pictures."""
        if self._description is not None:
            self._offered[DESCRIPTION.name].publish(self._description)
        self._offered[MODEL.name].publish(model_markers(self._task.world_model, self._frames))
        self._tell_pictures()

    def _tell_pictures(self) -> None:
        """Publish paths and targets of the rollouts that are shown."""
        shown = self._shown.take()
        self._offered[PATHS.name].publish(self._markers.paths(shown))
        conditions = list(shown) or [self._condition]
        self._offered[TARGETS.name].publish(self._markers.targets(conditions))

    def _on_run(self, message: TrainingRun) -> None:
        self._take_rollouts()
        self._shown.on_run(message.run_directory, message.part, active=message.active)
        part = message.run_directory, message.part
        self._part_is_new |= message.active and part != self._part
        self._part = part

    def _take_rollouts(self) -> None:
        """Take every rollout that has come."""
        while (taken := self._rollouts.handle.take_message(Rollout, False)) is not None:
            self._on_rollout(taken[0])

    def _on_rollout(self, message: Rollout) -> None:
        if message.task != self._task.name or not message.valid:
            return
        try:
            rollout = rollout_from_message(message)
            success = self._evaluator.evaluate(rollout).success
        except PilqrError as error:
            self._refuse("rollout", error)
            return
        self._turn_to(rollout.condition)
        self._shown.on_rollout(rollout.condition, ShownRollout(rollout.states, success))

    def _on_report(self, message: IterationReport) -> None:
        if message.task != self._task.name:
            return
        try:
            self._task.check_condition(message.condition)
        except PilqrError as error:
            self._refuse("iteration report", error)
            return
        self._take_rollouts()  # which were told before
        self._shown.on_iteration(message.condition, message.rollouts)

    def _refuse(self, what: str, error: PilqrError) -> None:
        """Tell that a message is not shown."""
        self.get_logger().warning(f"{what}: {error}", throttle_duration_sec=WARN_PERIOD)

    def _turn_to(self, condition: int) -> None:
        """Put the bodies that are not sensed where a condition has them."""
        if condition != self._condition:
            self._condition, self._posture = condition, Posture(self._task, condition)

    def _move(self) -> None:
        """Move everything to where the newest state has it; tell it again if there is none."""
        if self._take_state():
            self._idle, self._told_ns = 0, self._stamp_ns
        else:
            self._idle, self._told_ns = self._idle + 1, self._told_ns + 1  # tf takes none twice
        if self._state is not None and self._idle % IDLE_TURNS == 0:
            at = to_time(self._told_ns)
            self._offered[FRAMES.name].publish(self._frames.message(self._posture, self._state, at))

    def _take_state(self) -> bool:
        """Take the newest state; tell whether there is one, and all of it is known."""
        taken = self._states.handle.take_message(State, False)
        if taken is None:
            return False
        x, stamp_ns = np.array(taken[0].x), to_nanoseconds(taken[0].header.stamp)
        if len(x) != self._task.dX or not np.isfinite(x).all() or stamp_ns == self._stamp_ns:
            return False
        self._state, self._stamp_ns = x, stamp_ns
        return True

    def _draw(self) -> None:
        """Publish what has changed but for the frames."""
        self._take_rollouts()
        if self._part_is_new:
            self._part_is_new = False
            self._tell_everything()
        elif self._shown.changed:
            self._tell_pictures()


def main() -> None:
    """Run the node."""
    sys.exit(run(ScenePublisherNode))


if __name__ == "__main__":
    main()
