"""Stopping whatever the learner does, and letting a run go on, without waiting for the end of it.

`learner_client` waits for the end of its own goal; here another program's goal is stopped, and a
run continued that nobody may be waiting for.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_ros.clients.goal_client import Cancelling
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.nodes.errors import RefusedError
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for, wait_for_condition

WHO = "learner"

TIMEOUT = 5.0
"""Longest wait for the learner's answer [s]."""

ACTIONS: dict[str, Any] = {
    "train_local": TrainLocal,
    "train_global": TrainGlobal,
    "evaluate_policy": EvaluatePolicy,
}
"""The learner's actions by name."""


class TrainingControl:
    """Stops and resumes through a node that another thread spins."""

    def __init__(self, node: Node) -> None:
        """Create the clients."""
        self._cancelling = Cancelling(node, WHO, ACTIONS)
        self._train = {
            name: ActionClient(node, ACTIONS[name], f"{WHO}/{name}")
            for name in ("train_local", "train_global")
        }

    def stop(self) -> str:
        """Cancel every goal of the learner, whoever sent it, and say how many there were.

        Raises:
            SilenceError: The learner does not answer.
        """
        return self._cancelling.all(TIMEOUT)

    def resume(self, run_directory: str, action: str) -> str:
        """Let a run go on, and say so.

        Args:
            run_directory: The run's, on the learner's machine.
            action: Which action trained it: a key of `ACTIONS`.

        Raises:
            SilenceError: The learner does not answer.
            RefusedError: No training is known, or the learner rejects the goal, and says why.
        """
        if not run_directory or action not in self._train:
            nothing = "no training is known here that could go on"
            raise RefusedError(nothing, ErrorCode.NOT_ASKED)
        client = self._train[action]
        wait_for_condition(client.server_is_ready, TIMEOUT, WHO, f"offer {action}")
        goal = ACTIONS[action].Goal(resume=run_directory)
        handle = wait_for(client.send_goal_async(goal), TIMEOUT, WHO, f"answer {action}")
        if not handle.accepted:
            raise client.rejection(handle, WHO)
        return f"{run_directory} goes on"
