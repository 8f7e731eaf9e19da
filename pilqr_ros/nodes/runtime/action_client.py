"""An action client that may be created while another thread spins its node."""

from __future__ import annotations

import threading

from rclpy import action


class ActionClient(action.ActionClient):
    """Has a lock from the beginning.

    rclpy's own joins its node's wait set first and creates its lock afterwards: a thread that spins
    the node in between ends with an error, and no answer is ever heard again.
    """

    _lock = threading.Lock()

    @property
    def name(self) -> str:
        """The action, without namespaces."""
        return str(self._action_name.rpartition("/")[2])
