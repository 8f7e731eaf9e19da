"""Parameters of the node `state_estimator`."""

from __future__ import annotations

from dataclasses import dataclass

from pilqr_ros.nodes.messages.conversions import NANOSECONDS
from pilqr_ros.nodes.runtime.parameters import NodeParameters, parameter, robot_joints
from pilqr_ros.robot.estimation.body_velocity import FILTERS
from pilqr_ros.robot.estimation.tracked_body import MAX_AGE_PERIODS, Tracking

SPEED_LIMIT = 10.0
"""Largest speed of a tracked body in real time, unless told otherwise [m/s]."""

TURN_LIMIT = 30.0
"""Fastest turn of a tracked body in real time, unless told otherwise [rad/s]: five a second."""

JOINT_TIMEOUT_PERIODS = 0.9
"""Longest silence of the joint states in real time [control periods]: before the executor's tick
finds the last state too old, it learns why."""

LOCKSTEP_TIMEOUT = 0.8
"""Longest silence of an input in lock-step [s]; the executor's is longer."""


@dataclass(frozen=True)
class EstimatorParameters(NodeParameters):
    """Parameters of the estimator."""

    robot_joints: tuple[str, ...] = robot_joints()
    mocap_frame_source: str = parameter(
        "parameter",
        "where motion capture's frame comes from: mocap_xyz and mocap_rpy, or tf",
        choices=("parameter", "tf"),
    )
    mocap_xyz: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "origin of motion capture's frame in the robot's base frame [m]"
    )
    mocap_rpy: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "rotation of motion capture's frame about the base's fixed axes [rad]"
    )
    mocap_frame: str = parameter("", "frame_id that poses must have; empty: any")
    base_frame: str = parameter(
        "",
        "frame of the robot's base, and of the state; empty: base, after the node's namespace "
        "(arm1/base)",
    )
    pose_age: float = parameter(
        0.0,
        "how much older or younger than the joint state a pose may be [s]; 0: 2 control periods",
        low=0.0,
        high=10.0,
    )
    body_speed_limit: float = parameter(
        0.0,
        "largest speed of a tracked body, beyond it poses are outliers [m/s]; 0: 10, in lock-step "
        "none",
        low=0.0,
        high=1000.0,
    )
    body_turn_limit: float = parameter(
        0.0,
        "fastest turn of a tracked body with an axis in the state, beyond it poses are outliers "
        "[rad/s]; 0: 30, in lock-step none",
        low=0.0,
        high=10000.0,
    )
    consistent_poses: int = parameter(
        5, "outliers in a row that agree after which a body is taken to be there", low=2, high=1000
    )
    velocity_window: float = parameter(
        0.0,
        "time over which a body's velocity is taken, half of which it is late [s]; 0: one control "
        "period",
        low=0.0,
        high=1.0,
    )
    velocity_filter: str = parameter(
        "difference",
        "change over the window, or slope of the line through all its poses",
        choices=FILTERS,
    )
    input_timeout: float = parameter(
        0.0,
        "longest silence of joint states [s]; 0: 0.9 control periods, in lock-step 0.8 s, where "
        "it is also the longest wait for a pose",
        low=0.0,
        high=10.0,
    )
    stamp_age: float = parameter(
        0.0,
        "largest difference of a joint state's stamp and the node's clock [s]; 0: not judged",
        low=0.0,
        high=10.0,
    )

    def timeout_ns(self, period_ns: int) -> int:
        """Return the longest silence [ns] at a control period [ns]."""
        if self.input_timeout > 0.0:
            return round(self.input_timeout * NANOSECONDS)
        if self.lockstep:
            return round(LOCKSTEP_TIMEOUT * NANOSECONDS)
        return round(JOINT_TIMEOUT_PERIODS * period_ns / self.real_time_factor)

    def tracking(self, period_ns: int) -> Tracking:
        """Return how bodies are tracked at a control period [ns]."""
        age_ns, window_ns = (round(s * NANOSECONDS) for s in (self.pose_age, self.velocity_window))
        return Tracking(
            period_ns,
            max_age_ns=age_ns if age_ns > 0 else MAX_AGE_PERIODS * period_ns,
            window_ns=window_ns if window_ns > 0 else period_ns,
            speed_limit=self._limit(self.body_speed_limit, SPEED_LIMIT),
            turn_limit=self._limit(self.body_turn_limit, TURN_LIMIT),
            consistent=self.consistent_poses,
            velocity_filter="line" if self.velocity_filter == "line" else "difference",
        )

    def _limit(self, given: float, default: float) -> float | None:
        """Return a bound of jumps: the given one or, unless it is in lock-step, the default."""
        if given > 0.0:
            return given
        return None if self.lockstep else default
