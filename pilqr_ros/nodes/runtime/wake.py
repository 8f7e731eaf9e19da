"""Waking a node's executor: a future that is completed outside its callbacks does not."""

from rclpy.node import Node


def wake(node: Node) -> None:
    """Let the executor that spins a node, if there is one, look at its tasks again."""
    executor = node.executor
    if executor is not None:
        executor.wake()
