"""The robots of a learner: one in its own namespace, or several in namespaces of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from rclpy.node import Node

from pilqr_ros.learning.robot_pool import RobotPool
from pilqr_ros.nodes.training.ros_collector import RosCollector
from pilqr_ros.nodes.training.stop import Stop
from pilqr_ros.tasks import Task

PATIENCE_WITH_OTHERS = 5.0
"""How long the silence of a robot's reset is borne while others work [s]: they take over what it
was to do, and it can come back at the next iteration."""


class RosRobots(RobotPool):
    """Executes policies on the robots of some namespaces."""

    def __init__(
        self,
        node: Node,
        namespaces: Sequence[str],
        task: Task,
        reset_timeout: float,
        tell: Callable[[str], None],
    ) -> None:
        """Create each robot's clients.

        Args:
            node: A node that another thread spins.
            namespaces: Where the robots' nodes are, as seen from the node; none: where it is.
            task: The task.
            reset_timeout: Longest duration of a reset [s].
            tell: Told who is silent.
        """

        def collector(name: str) -> RosCollector:
            def on_silence(reason: str) -> None:
                tell(f"{name}: {reason}" if name else reason)

            def at_most() -> float:
                return PATIENCE_WITH_OTHERS if self.has_others(name) else inf

            return RosCollector(node, reset_timeout, on_silence, task, name, at_most)

        self._node = node
        self._collectors = {name: collector(name) for name in namespaces or ("",)}
        super().__init__(self._collectors, self._tell)

    def _tell(self, change: str) -> None:
        self._node.get_logger().warning(change)

    def begin(self, stop: Stop) -> None:
        """Begin work that a stop ends: every robot takes part."""
        for collector in self._collectors.values():
            collector.stop = stop
        self.begin_work()
