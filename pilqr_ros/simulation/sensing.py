"""A simulated world's readings on their way into a state, as the nodes hand them on."""

from __future__ import annotations

from pilqr_ros.robot.estimation.state_estimation import StateEstimator
from pilqr_ros.simulation.world import SensorReadings


def tell(estimator: StateEstimator, readings: SensorReadings) -> None:
    """Give all readings to an estimator, the joints last.

    Raises:
        StateError: A reading is not taken.
    """
    stamp_ns = readings.stamp_ns
    for name, pose in readings.bodies.items():
        estimator.on_body(name, stamp_ns, *pose)
    for name, values in readings.sensors.items():
        estimator.on_sensor(name, stamp_ns, values)
    joints = readings.joint_names, readings.positions, readings.velocities
    estimator.on_joints(stamp_ns, *joints)
