"""Telling which training is under way, so that it can be recorded and watched."""

from __future__ import annotations

from rclpy.node import Node

from pilqr_msgs.msg import RecorderStatus, TaskFile, TrainingRun
from pilqr_ros.nodes.errors import SilenceError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.waiting import wait_for_condition
from pilqr_ros.nodes.training.stop import Stop
from pilqr_ros.runs.run_store import RunStore

RECORDER_TIMEOUT = 15.0
"""Longest wait for a recorder to begin [s]; a process's start and discovery take up to 5 s."""

BAG_TIMEOUT = 5.0
"""Longest wait for a recorder to end a bag [s]; it lingers for what is still on its way."""


class RunAnnouncer:
    """Publishes the run under way and where it stands on the topic `~/run`."""

    def __init__(self, node: Node, recorded: bool) -> None:
        """Wire the topics.

        Args:
            node: The node.
            recorded: Whether a recorder is to be waited for.
        """
        self._node, self._recorded = node, recorded
        self._status = RecorderStatus()
        self._message = TrainingRun()
        self._closed = False
        self._publisher = node.create_publisher(TrainingRun, "~/run", qos.LATCHED)
        node.create_subscription(RecorderStatus, "recorder/status", self._on_status, qos.LATCHED)

    def begin(self, store: RunStore, part: str, stop: Stop) -> None:
        """Tell that work on a run begins, and wait until it is recorded, if it is to be.

        A recorder that does not answer is a warning: rollouts are also kept by the learner.

        Raises:
            TrainingStopped: The work is to end.
        """
        self.tell(store, part)
        if not self._recorded:
            return
        try:
            wait_for_condition(
                lambda: stop.requested() or self._answered(), RECORDER_TIMEOUT, "recorder", "begin"
            )
            stop.check()
        except SilenceError as error:
            self._node.get_logger().warning(f"{error}: this run's bag lacks its beginning")
            return
        if not self._status.recording:
            self._node.get_logger().warning(f"nothing is recorded: {self._status.message}")

    def tell(self, store: RunStore, part: str) -> None:
        """Tell a run's part, unless that is what was told last."""
        directory = str(store.directory)
        if (self._message.run_directory, self._message.part) == (directory, part):
            return
        files = [TaskFile(name=name, content=data) for name, data in store.own_files().items()]
        self._message = TrainingRun(active=True, run_directory=directory, part=part, files=files)
        self._publish()

    def end(self) -> None:
        """Tell that the work has ended, and wait until the bag that was begun is whole.

        Else who reads it when the goal's result comes may not find the last rollouts in it.
        """
        directory, begun = self._message.run_directory, self._answered()
        if self._closed or not self._message.active:
            return
        self._message = TrainingRun()
        self._publish()
        if not self._recorded or not begun:
            return
        try:
            wait_for_condition(
                lambda: self._closed or self._status.run_directory != directory,
                BAG_TIMEOUT,
                "recorder",
                "end the bag",
            )
        except SilenceError as error:
            self._node.get_logger().warning(f"{error}: the last rollouts may be missing in it")

    def close(self) -> None:
        """Tell nothing and wait for nobody any more: the node ends, and hears no answer."""
        self._closed = True

    def _publish(self) -> None:
        self._message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(self._message)

    def _answered(self) -> bool:
        """Tell whether the recorder has answered to the run under way."""
        return self._status.run_directory == self._message.run_directory

    def _on_status(self, status: RecorderStatus) -> None:
        self._status = status
