"""The two records of the torque path: what is commanded, and what of it reached the robot.

They have the fields of `TorqueCommand.msg` and `AppliedTorque.msg`, with the header's stamp.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.typing import Array

NO_TORQUE: Array = np.zeros(0)
"""What a last command carries."""
NO_TORQUE.setflags(write=False)


class TorqueCommand(NamedTuple):
    """The torque that a policy asks for at one step.

    Attributes:
        stamp_ns: Stamp of the state that it answers [ns].
        rollout_id: Which rollout it is of.
        step: Which step of it.
        effort: The torque [N m], ``(dU,)``; of a last command none, which stands for zero.
        last: Whether it ends the rollout: silence may follow.
    """

    stamp_ns: int
    rollout_id: int
    step: int
    effort: Array = NO_TORQUE
    last: bool = False


class AppliedTorque(NamedTuple):
    """A torque that may go to the robot, and the command that it has become of.

    Attributes:
        effort: The torque [N m], ``(dU,)``.
        interventions: Sum of what was done to the commanded one.
        detail: What was done, by joint; empty if nothing was.
        stamp_ns: Stamp of the state that the command answered [ns].
        rollout_id: The command's rollout.
        step: The command's step.
    """

    effort: Array
    interventions: int = 0
    detail: str = ""
    stamp_ns: int = 0
    rollout_id: int = 0
    step: int = 0

    def of(self, command: TorqueCommand) -> AppliedTorque:
        """Return the same as the answer to a command."""
        return self._replace(
            stamp_ns=command.stamp_ns, rollout_id=command.rollout_id, step=command.step
        )
