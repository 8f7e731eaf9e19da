"""Parameters of the node `mujoco_bridge`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilqr_ros.nodes.errors import ParameterError
from pilqr_ros.nodes.messages.conversions import NANOSECONDS
from pilqr_ros.nodes.runtime.parameters import ListenerParameters, parameter, robot_joints
from pilqr_ros.robot.estimation.state_estimation import rigid_transform
from pilqr_ros.simulation.imperfect_sensors import Imperfections
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class BridgeParameters(ListenerParameters):
    """Parameters of the bridge."""

    sensor_rate: float = parameter(
        100.0, "joint states and poses a simulated second in real time", low=20.0, high=500.0
    )
    viewer: bool = parameter(False, "show the world in MuJoCo's viewer")
    robot_joints: tuple[str, ...] = robot_joints()
    base_frame: str = parameter(
        "", "frame of the robot's base; empty: base, after the node's namespace (arm1/base)"
    )
    mocap_frame: str = parameter("", "frame of the poses; empty: base_frame")
    mocap_xyz: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "origin of motion capture's frame in the robot's base frame [m]"
    )
    mocap_rpy: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "rotation of motion capture's frame about the base's fixed axes [rad]"
    )
    offer_reset: bool = parameter(
        True, "offer the service reset; without it the world is reset as a robot is (robot_reset)"
    )
    joint_position_noise: float = parameter(
        0.0, "standard deviation of sensed joint positions [rad, of slides m]", low=0.0, high=1.0
    )
    joint_velocity_noise: float = parameter(
        0.0,
        "standard deviation of sensed joint velocities [rad/s, of slides m/s]",
        low=0.0,
        high=10.0,
    )
    mocap_noise: float = parameter(
        0.0, "standard deviation of a tracked body's coordinates [m]", low=0.0, high=1.0
    )
    mocap_dropout: float = parameter(
        0.0, "probability that a tracked body is lost, at each reading", low=0.0, high=1.0
    )
    mocap_dropout_time: float = parameter(
        0.0, "how long it is lost then [s]; 0: for one reading", low=0.0, high=60.0
    )
    sensor_delay: float = parameter(
        0.0, "age of readings when they are published [s]; real time only", low=0.0, high=1.0
    )
    noise_seed: int = parameter(0, "seed of noise and drop-outs", low=0, high=2**31 - 1)

    @property
    def base_to_mocap(self) -> Array | None:
        """The transform into motion capture's frame; None if it is the base's."""
        if not any((*self.mocap_xyz, *self.mocap_rpy)):
            return None
        transform = rigid_transform(self.mocap_xyz, self.mocap_rpy)
        return np.asarray(np.linalg.inv(transform), dtype=np.float64)

    def imperfections(self) -> Imperfections:
        """Return what is wrong with the sensors.

        Raises:
            ParameterError: Readings are to be late in lock-step.
        """
        if self.lockstep and self.sensor_delay > 0.0:
            allowed = "0 in lock-step, where the world waits for what answers its readings"
            raise ParameterError("sensor_delay", self.sensor_delay, allowed)
        return Imperfections(
            position_noise=self.joint_position_noise,
            velocity_noise=self.joint_velocity_noise,
            mocap_noise=self.mocap_noise,
            dropout=self.mocap_dropout,
            dropout_ns=round(self.mocap_dropout_time * NANOSECONDS),
            delay_ns=round(self.sensor_delay * NANOSECONDS),
            seed=self.noise_seed,
        )
