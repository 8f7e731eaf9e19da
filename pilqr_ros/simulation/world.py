"""A MuJoCo world for a task: reset, step, sense, render.

The world's clock counts nanoseconds and never runs backwards: a reset moves it on by one second, so
that readings from before the reset are seen to be old. It moves by exactly the time that the world
is asked to advance. The physics makes as many whole steps as fit best into the time since the last
reset, so that its own time is never further from the clock's than half a step, however long the
world runs.
"""

from __future__ import annotations

from math import hypot
from types import MappingProxyType
from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilqr_ros.simulation.errors import EffortError, ResetError, SimulationDiverged
from pilqr_ros.simulation.offscreen import OffscreenRenderer
from pilqr_ros.simulation.placement import verify_bodies, verify_clearance, verify_joints
from pilqr_ros.simulation.randomised import RandomisedModel, with_noise
from pilqr_ros.tasks import mujoco_warnings
from pilqr_ros.tasks.models import control_index, element_id, joint_id, short_name
from pilqr_ros.tasks.placing import PlacementError, place_body, place_scene
from pilqr_ros.tasks.sensors import sensor_slice
from pilqr_ros.tasks.starts import start_of
from pilqr_ros.tasks.task import Task
from pilqr_ros.trajopt.finite import all_finite
from pilqr_ros.trajopt.typing import Array

RESET_NS = 1_000_000_000
"""What a reset adds to the clock [ns]."""

_MAX_SPEED = 1e3
"""A generalised velocity beyond this [rad/s or m/s] is no longer physical."""


class BodyPose(NamedTuple):
    """Position ``(3,)`` [m] and unit quaternion ``(4,)`` (w, x, y, z) in the base's frame."""

    position: Array
    quaternion: Array


class SensorReadings(NamedTuple):
    """What the robot's sensors and motion capture read at one instant.

    Attributes:
        stamp_ns: When [ns].
        joint_names: Sensed joints, the actuated ones first.
        positions: Their positions [rad or m], ``(n,)``.
        velocities: Their velocities [rad/s or m/s], ``(n,)``.
        efforts: Their torques [N m] or forces [N], ``(n,)``; zero where there is no motor.
        bodies: Pose of each tracked body.
        sensors: Numbers of each sensor that the state holds [N or N m], as the last physics step
            found them.
    """

    stamp_ns: int
    joint_names: tuple[str, ...]
    positions: Array
    velocities: Array
    efforts: Array
    bodies: MappingProxyType[str, BodyPose]
    sensors: MappingProxyType[str, Array] = MappingProxyType({})


class ResetReport(NamedTuple):
    """When a reset was done [ns] and the largest errors of the joints [rad or m, and a second]."""

    stamp_ns: int
    position_error: float
    velocity_error: float


class World:
    """The simulated world of a task.

    Attributes:
        task: The task.
        model: MuJoCo's model.
        data: MuJoCo's state.
    """

    def __init__(self, task: Task) -> None:
        """Build the world; `reset` must come before anything else."""
        mujoco_warnings.redirect()
        self.task = task
        self._randomised = RandomisedModel(task)
        self.model = self._randomised.model
        self.data = mujoco.MjData(self.model)
        body, actuator = mujoco.mjtObj.mjOBJ_BODY, mujoco.mjtObj.mjOBJ_ACTUATOR
        ids = [joint_id(self.model, name, "joints") for name in task.sensed_joints]
        self._qpos = self.model.jnt_qposadr[ids].astype(np.intp)
        self._qvel = self.model.jnt_dofadr[ids].astype(np.intp)
        controls = [
            control_index(self.model, element_id(self.model, actuator, name, "joints"))
            for name in task.joints
        ]
        self._controls = np.array(controls, dtype=np.intp)
        self._bodies = {name: element_id(self.model, body, name, "state") for name in task.bodies}
        self._sensors = {name: sensor_slice(self.model, name) for name in task.sensors}
        self._timestep, self._period_ns = self.model.opt.timestep, task.period_ns
        self._stamp_ns = self._reset_ns = 0
        self._steps = 0
        self._noise_seed: int | None = None
        self._renderer: OffscreenRenderer | None = None

    def reset(self, condition: int, seed: int, jitter: bool) -> ResetReport:
        """Bring joints and bodies to the start of a condition, at rest, and verify it.

        Args:
            condition: Index of the condition.
            seed: Seed of the jitter of the joints' start, and of what the task has randomised.
            jitter: Whether there is any of that.

        Raises:
            TaskError: There is no such condition.
            ResetError: The start was not reached.
        """
        joints = start_of(self.task, condition, seed, jitter)
        start, dU = self.task.conditions[condition], self.task.dU
        self._randomised.apply(self.data, seed if jitter else None)
        self._noise_seed = seed if jitter and self.task.randomised.of_sensors else None
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self._qpos[:dU]] = joints
        try:
            placed = place_scene(self.model, self.data, start)
        except PlacementError as error:
            raise ResetError(str(error)) from error
        mujoco.mj_forward(self.model, self.data)
        self._stamp_ns += RESET_NS
        self._reset_ns, self._steps = self._stamp_ns, 0
        return self._verify_start(condition, placed)

    def place(self, name: str, position: Array) -> None:
        """Put a body at a position [m], at rest, while everything else stays as it is.

        Raises:
            TaskError: There is no such body.
            ResetError: The position is not finite, or the body cannot be moved.
        """
        body = element_id(self.model, mujoco.mjtObj.mjOBJ_BODY, name, "bodies")
        if not np.isfinite(position).all():
            raise ResetError(f"position of {name} is {position.tolist()}, expected finite numbers")
        try:
            place_body(self.model, self.data, body, position)
        except PlacementError as error:
            raise ResetError(str(error)) from error
        first = self.model.body_dofadr[body]
        if first >= 0:
            self.data.qvel[first : first + self.model.body_dofnum[body]] = 0.0
        mujoco.mj_forward(self.model, self.data)

    def step(self, effort: Array) -> None:
        """Hold a torque ``(dU,)`` [N m or N] for one control period.

        Raises:
            EffortError: It is not finite or of a wrong size.
            SimulationDiverged: The state is no longer physical.
        """
        self._advance(effort, self._period_ns)

    def advance(self, effort: Array, seconds: float) -> None:
        """Hold a torque for some time, to the nanosecond (errors as `step`)."""
        self._advance(effort, round(seconds * 1e9))

    def check_effort(self, effort: Array) -> None:
        """Check that a torque can be held.

        Raises:
            EffortError: It is not finite or of a wrong size.
        """
        if effort.shape != self._controls.shape or not all_finite(effort):
            problem = f"effort is {effort.tolist()}, expected {self.task.dU} finite numbers"
            raise EffortError(problem)

    def sense(self) -> SensorReadings:
        """Read all sensors, with the noise of the task's `randomised` if the reset had jitter."""
        readings = self._read()
        if self._noise_seed is None:
            return readings
        since_reset_ns = self._stamp_ns - self._reset_ns
        return with_noise(self.task, readings, self._noise_seed, since_reset_ns)

    def _read(self) -> SensorReadings:
        """Read all sensors as they are."""
        mujoco.mj_kinematics(self.model, self.data)
        efforts = np.zeros(self._qpos.size)
        efforts[: self._controls.size] = self.data.ctrl[self._controls]
        bodies = {
            name: BodyPose(self.data.xpos[body].copy(), self.data.xquat[body].copy())
            for name, body in self._bodies.items()
        }
        return SensorReadings(
            stamp_ns=self._stamp_ns,
            joint_names=self.task.sensed_joints,
            positions=self.data.qpos[self._qpos],
            velocities=self.data.qvel[self._qvel],
            efforts=efforts,
            bodies=MappingProxyType(bodies),
            sensors=MappingProxyType(
                {name: self.data.sensordata[at].copy() for name, at in self._sensors.items()}
            ),
        )

    def render(
        self, width: int = 960, height: int = 540, camera: str | None = None
    ) -> NDArray[np.uint8]:
        """Return a picture ``(height, width, 3)``, rendered off-screen (see `OffscreenRenderer`).

        Raises:
            RenderError: No off-screen renderer, no such camera, or an impossible size.
        """
        size = (width, height)
        if self._renderer is not None and self._renderer.size != size:
            self.close()
        if self._renderer is None:
            self._renderer = OffscreenRenderer(self.model, width, height)
        return self._renderer.render(self.data, camera)

    def close(self) -> None:
        """Free the renderer."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _advance(self, effort: Array, duration_ns: int) -> None:
        """Advance the clock, and the physics by the steps that are due then."""
        effort = np.asarray(effort, dtype=np.float64)
        self.check_effort(effort)
        self.data.ctrl[self._controls] = effort
        self._stamp_ns += duration_ns
        elapsed = (self._stamp_ns - self._reset_ns) * 1e-9
        steps = round(elapsed / self._timestep) - self._steps
        if steps > 0:
            mujoco.mj_step(self.model, self.data, nstep=steps)
            self._steps += steps
        self._check_physical()

    def _check_physical(self) -> None:
        """Refuse a state that is not finite or absurdly fast."""
        if hypot(*self.data.qpos.tolist(), *self.data.qvel.tolist()) < _MAX_SPEED:
            return  # no entry can be larger than all of them together; this is the usual case
        addresses = (self.model.jnt_qposadr, self.model.jnt_dofadr)
        quantities = (("position", self.data.qpos), ("velocity", self.data.qvel))
        for (quantity, values), first in zip(quantities, addresses, strict=True):
            bad = ~(np.abs(values) < _MAX_SPEED)
            if bad.any():
                index = int(np.argmax(bad))
                joint = int(np.searchsorted(first, index, side="right")) - 1
                raise SimulationDiverged(
                    f"{quantity} of {short_name(self.model.joint(joint).name)} is "
                    f"{values[index]:g} at {self.data.time:.3f} s"
                )

    def _verify_start(self, condition: int, placed: dict[str, int]) -> ResetReport:
        """Check what `reset` did."""
        start, tolerance, dU = self.task.conditions[condition], self.task.reset, self.task.dU
        position = np.abs(self.data.qpos[self._qpos[:dU]] - start.start)
        velocity = np.abs(self.data.qvel[self._qvel[:dU]])
        joints, units = self.task.joints, self.task.joint_units
        report = ResetReport(
            self._stamp_ns,
            verify_joints(
                joints, position, tolerance.position_tolerance, "position", units.position
            ),
            verify_joints(
                joints, velocity, tolerance.velocity_tolerance, "velocity", units.velocity
            ),
        )
        verify_bodies(self.data, placed, start.bodies, tolerance.body_tolerance)
        verify_clearance(self.model, self.data)
        return report
