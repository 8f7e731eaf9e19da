"""A task: everything that simulation, robot loop and learning need to know about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from pilqr_ros.guided.neural_policy import Observation
from pilqr_ros.tasks.conditions import Condition, build_conditions, condition_indices
from pilqr_ros.tasks.cost import build_cost
from pilqr_ros.tasks.errors import ConfigError, TaskError, refuse_repeated
from pilqr_ros.tasks.former_keys import as_of_today
from pilqr_ros.tasks.global_policy import GlobalPlan, build_global_plan
from pilqr_ros.tasks.inertial_hold import inertial_hold
from pilqr_ros.tasks.initial_policy import Hold, build_initial_policy, given_hold
from pilqr_ros.tasks.layout import StateLayout
from pilqr_ros.tasks.measures import build_measures
from pilqr_ros.tasks.model_files import laid_out, read_model_files
from pilqr_ros.tasks.models import build_robot_model, build_world_model, position_bounds, sliding
from pilqr_ros.tasks.obstacles import build_clearances
from pilqr_ros.tasks.randomisation import verify_randomised
from pilqr_ros.tasks.schema import Criterion, Guard, Kind, Obstacle, Randomised, Reset, TaskFile
from pilqr_ros.tasks.sensors import sensor_kind, sensor_numbers
from pilqr_ros.tasks.settings import (
    merged_settings,
    refuse_former_sections,
    validated_settings,
)
from pilqr_ros.tasks.site_targets import with_site_targets
from pilqr_ros.tasks.success import Outcome, SuccessTest, build_success
from pilqr_ros.tasks.units import JointUnits, in_words, joint_units, state_units
from pilqr_ros.tasks.validation import validated
from pilqr_ros.tasks.verify import verify_models, verify_start
from pilqr_ros.tasks.yaml_lines import Lines
from pilqr_ros.tasks.yaml_text import parse_yaml
from pilqr_ros.trajopt.clearance import ClearanceTerm
from pilqr_ros.trajopt.cost import TrajectoryCost
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


@dataclass(frozen=True)
class LearningPlan:
    """What is collected and how it is learned from.

    Attributes:
        conditions: Indices of the conditions that get a policy of their own.
        rollouts: Rollouts of an iteration and condition.
        iterations: Number of iterations.
        settings: Settings of the methods.
        until_converged: Whether training ends once it has converged.
    """

    conditions: tuple[int, ...]
    rollouts: int
    iterations: int
    settings: Settings
    until_converged: bool


@dataclass(frozen=True)
class PolicyTestPlan:
    """Indices of the conditions that a policy is tried in, and rollouts of each."""

    conditions: tuple[int, ...]
    rollouts: int


@dataclass(frozen=True)
class GuidedPlan:
    """Where one policy for many conditions is trained, how long and how, and named tests of it.

    Attributes:
        conditions: Indices of the conditions that it is trained in.
        iterations: Number of iterations.
        settings: Settings of the local policies' method.
        tests: Conditions and rollouts of each test, by name.
    """

    conditions: tuple[int, ...]
    iterations: int
    settings: Settings
    tests: dict[str, PolicyTestPlan]


class Task:
    """A validated task.

    Attributes:
        source: The text of the task file.
        file: Its content as sections.
        layout: Layout of the state.
        folder: Where it lies; models named in it are looked for there first.
        ignored: Settings in the text that there are not any more (see `as_of_today`).
        model_files: Content of every file of its models, by path; as they were when it was loaded.
        conditions: Its conditions: the listed ones, then the drawn ones.
        global_plan: What a global policy observes, if the file says it.
        learning: How much is collected, and the settings of the methods.
        guided: Where one policy for many conditions is trained and tested, if the file says it.
        robot_model: The robot's description, for forward kinematics.
        world_model: The world, for simulation.
        slides: The sensed joints that slide; the others turn.
    """

    def __init__(
        self,
        source: str,
        file: TaskFile,
        folder: Path | None = None,
        *,
        any_start: bool = False,
        ignored: Sequence[str] = (),
    ) -> None:
        """Build and check all parts, so that a wrong file fails here.

        Args:
            source: The text of the task file.
            file: Its content.
            folder: Where it lies; models named in it are looked for there first.
            any_start: Whether starts may lie outside the joints' bounds, to tell what else there is
                of such a task (see `check_start`).
            ignored: Settings in the text that are not in its content.

        Raises:
            TaskError: A name, a size or a value does not fit; the message names the key.
        """
        self.source = source
        self.file = file
        self.folder = folder
        self.ignored = tuple(ignored)
        refuse_repeated(self.joints, "joints[{}].name")
        self.conditions = build_conditions(file)
        self.learning = _learning(file, self.conditions)
        self.guided = _guided(file, self.conditions)
        self.model_files = read_model_files(file.models, folder)
        with laid_out(self.model_files) as root:
            self.robot_model: mujoco.MjModel = build_robot_model(file.models, root)
            self.world_model: mujoco.MjModel = build_world_model(file.models, root)
        sensors = sensor_numbers(file.state, self.world_model)
        self.layout = StateLayout.from_blocks(file.state, self.joints, sensors)
        verify_models(file, self.layout, self.conditions, self.robot_model, self.world_model)
        self._position_limits = position_bounds(file.joints, self.robot_model)
        for condition in () if any_start else range(len(self.conditions)):
            self.check_start(condition)
        verify_randomised(file.randomised, self.world_model)
        self.conditions = with_site_targets(self.conditions, self.world_model, self.joints)
        self._clearances = build_clearances(
            file.cost.obstacles, self.layout, self.conditions, self.world_model, self.joints, self.T
        )
        self._costs = tuple(
            build_cost(file.cost, self.layout, condition.targets, self.T, self.dU, clearances)
            for condition, clearances in zip(self.conditions, self._clearances, strict=True)
        )
        self.slides = sliding(self.sensed_joints, self.world_model)
        self._successes = tuple(
            build_success(file.success, self.layout, c.targets) for c in self.conditions
        )
        refuse_repeated([measure.name for measure in file.measures], "measures[{}].name")
        self._measures = tuple(
            build_measures(file.measures, self.layout, c.targets) for c in self.conditions
        )
        self.initial_policy(0)  # what can be wrong with it is wrong in every condition
        self.global_plan = self._build_global_plan()

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        folder: Path | None = None,
        origin: str = "task",
        any_start: bool = False,
        of_run: bool = False,
    ) -> Task:
        """Parse and validate the text of a task file.

        Args:
            text: YAML.
            folder: Where models named in it are looked for first.
            origin: What errors call the text.
            any_start: Whether starts may lie outside the joints' bounds.
            of_run: Whether it is a run's copy, which may be of an earlier schema.

        Raises:
            TaskError: It is no YAML, or a key is wrong; the message names it.
        """
        lines = Lines()
        try:
            content, lines = parse_yaml(text)
            content, ignored = as_of_today(content) if of_run else (content, ())
            refuse_former_sections(content)
            file = validated(TaskFile, content)
            return cls(text, file, folder, any_start=any_start, ignored=ignored)
        except ConfigError as error:
            raise TaskError.naming(error, origin, lines) from error

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.file.name

    @property
    def description(self) -> str:
        """What it is about, for people."""
        return self.file.description

    def keys(self, ignored: Collection[str] = ()) -> dict[str, Any]:
        """Return the keys of its file with their values, without some sections."""
        return self.file.model_dump(exclude=set(ignored))

    @property
    def T(self) -> int:
        """Number of control steps of a rollout."""
        return self.file.control.steps

    @property
    def rate(self) -> float:
        """Rate of control [Hz]."""
        return self.file.control.rate

    @property
    def dt(self) -> float:
        """Control period [s]."""
        return self.period_ns * 1e-9

    @property
    def period_ns(self) -> int:
        """Control period [ns]."""
        return round(1e9 / self.rate)

    @property
    def dX(self) -> int:
        """Dimension of the state."""
        return self.layout.dX

    @property
    def dU(self) -> int:
        """Number of actuated joints."""
        return len(self.file.joints)

    @property
    def joints(self) -> tuple[str, ...]:
        """Actuated joints, in the order of the action."""
        return tuple(joint.name for joint in self.file.joints)

    @cached_property
    def sensed_joints(self) -> tuple[str, ...]:
        """Joints that must be sensed: the actuated ones, then others that the state holds."""
        blocks = self.layout.of_kind("joint_positions", "joint_velocities")
        return tuple(dict.fromkeys((*self.joints, *(axis for b in blocks for axis in b.axes))))

    @property
    def points(self) -> tuple[str, ...]:
        """Points on the robot whose position, axis or change of them is in the state."""
        kinds: tuple[Kind, ...] = ("point_position", "point_velocity")
        return self.layout.sources(*kinds, "point_axis", "point_axis_velocity")

    @property
    def bodies(self) -> tuple[str, ...]:
        """Bodies that motion capture must see."""
        kinds: tuple[Kind, ...] = ("body_position", "body_velocity")
        return self.layout.sources(*kinds, "body_axis", "body_axis_velocity")

    @property
    def sensors(self) -> tuple[str, ...]:
        """Touch, force and torque sensors that the state holds."""
        return self.layout.sources("sensor")

    def sensor_kind(self, name: str) -> str:
        """Return which kind a sensor is of: touch, force or torque."""
        return sensor_kind(self.world_model, name, "state")

    @property
    def torque_limits(self) -> Array:
        """Largest torque of each joint [N m], or force [N], ``(dU,)``."""
        return np.array([joint.torque_limit for joint in self.file.joints])

    @property
    def torque_rate_limits(self) -> Array:
        """Largest change of torque of each joint [N m or N per control step], ``(dU,)``."""
        return np.array([joint.torque_rate_limit for joint in self.file.joints])

    @property
    def joint_units(self) -> JointUnits:
        """Units of the actuated joints."""
        return joint_units(self.joints, self.slides)

    @property
    def distance_unit(self) -> str:
        """Unit of the distance to success: that of the state's entries which it is taken of."""
        return in_words(unit for units in self._criterion_units for unit in units)

    @property
    def criterion_units(self) -> dict[str, str]:
        """Unit of each criterion of success, by its path in the task file."""
        units = map(in_words, self._criterion_units)
        return dict(zip(self.criteria, units, strict=True))

    @property
    def _criterion_units(self) -> list[list[str]]:
        """Units of the state's entries that each criterion is of."""
        units = state_units(self.layout, self.slides)
        uses = (np.any(one.z.A != 0.0, axis=0) for one in self._successes[0].criteria)
        return [[units[entry] for entry in np.flatnonzero(used)] for used in uses]

    @property
    def criteria(self) -> dict[str, Criterion]:
        """The criteria of success, by the path of each in the task file."""
        return self.file.success.criteria

    def success_test(self, condition: int) -> SuccessTest:
        """Return what judges success in a condition (errors as `check_condition`)."""
        self.check_condition(condition)
        return self._successes[condition]

    @property
    def judged_at_end(self) -> bool:
        """Whether success is judged at the last step; else at the best one."""
        return self.file.success.at == "last"

    @property
    def distance_label(self) -> str:
        """What the distance to success is, with its unit: at the last step, or the least of all."""
        name = "distance" if self.judged_at_end else "least distance"
        return f"{name} [{self.distance_unit}]"

    def target_unit(self, name: str, entry: int) -> str:
        """Return the unit of an entry of a target: of what it is subtracted from; empty if none."""
        for expression in (*self.criteria.values(), *self.file.cost.terms):
            for of, minus in zip(expression.of, expression.minus or (), strict=False):
                if minus == name:
                    first = self.layout[of].start
                    return state_units(self.layout, self.slides)[first + entry]
        return ""

    @property
    def position_limits(self) -> Array:
        """Bounds of each joint [rad or m], ``(dU, 2)``; infinite where there is none."""
        return self._position_limits

    @property
    def velocity_limits(self) -> Array:
        """Largest speed of each joint [rad/s or m/s], ``(dU,)``; infinite where there is none."""
        limits = [joint.velocity_limit for joint in self.file.joints]
        return np.array([np.inf if limit is None else limit for limit in limits])

    @property
    def soft_margins(self) -> Array:
        """Soft margin inside each joint's bounds [rad or m], ``(dU,)``."""
        default = self.guard().soft_margin
        margins = [joint.soft_margin for joint in self.file.joints]
        return np.array([default if margin is None else margin for margin in margins])

    def guard(self, *, strict: bool = False) -> Guard:
        """Return the tolerances of the guard.

        Args:
            strict: Whether none is wider than the default one, as on a real arm.
        """
        return self.file.guard.strict if strict else self.file.guard

    @property
    def reset(self) -> Reset:
        """Jitter of the start and how exactly a reset must reach it."""
        return self.file.reset

    @property
    def randomised(self) -> Randomised:
        """What differs from rollout to rollout in simulation, beside the start."""
        return self.file.randomised

    @property
    def noise_smoothing(self) -> float:
        """Width of the filter of the exploration noise [control steps]; 0 is white."""
        return self.file.noise_smoothing

    @property
    def hold_from_inertia(self) -> bool:
        """Whether gains and noise of the first policy follow from the mass matrix."""
        return self.file.initial_policy.from_inertia

    def condition_indices(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return the indices of conditions; the name of a drawn set stands for all of it.

        Raises:
            TaskError: There is no such condition.
        """
        return condition_indices(self.conditions, names, "conditions")

    def condition_index(self, name: str) -> int:
        """Return the index of one condition.

        Raises:
            TaskError: There is no such condition, or the name is that of a set of several.
        """
        found = self.condition_indices([name])
        if len(found) > 1:
            first, last = (self.conditions[index].name for index in (found[0], found[-1]))
            problem = f"{name!r} is a set of {len(found)}, expected one of them"
            raise TaskError("condition", f"{problem}: {first!r} to {last!r}")
        return found[0]

    def check_start(self, condition: int) -> None:
        """Check that the start of a condition lies within the joints' bounds.

        Raises:
            TaskError: It does not; the message names the joint and the bounds.
        """
        start = self.conditions[condition]
        verify_start(start, self.file.joints, self._position_limits, self.world_model)

    def check_condition(self, condition: int) -> None:
        """Check the index of a condition.

        Raises:
            TaskError: There is no such condition.
        """
        if not 0 <= condition < len(self.conditions):
            last = len(self.conditions) - 1
            raise TaskError("", f"condition is {condition}, expected 0 to {last}")

    def cost(self, condition: int) -> TrajectoryCost:
        """Return the cost of a condition (errors as `check_condition`)."""
        self.check_condition(condition)
        return self._costs[condition]

    @property
    def obstacles(self) -> dict[str, Obstacle]:
        """What points are to stay away from, by the names of the terms in the cost."""
        return {one.name: one for one in self.file.cost.obstacles}

    def clearances(self, condition: int) -> tuple[ClearanceTerm, ...]:
        """Return the cost's terms of the obstacles (errors as `check_condition`)."""
        self.check_condition(condition)
        return self._clearances[condition]

    def success(self, condition: int, states: Array) -> Outcome:
        """Judge the states ``(T, dX)`` of a rollout (errors as `check_condition`)."""
        return self.success_test(condition)(states)

    @property
    def measure_names(self) -> tuple[str, ...]:
        """The names of what `measures` returns."""
        listed = (measure.name for measure in self.file.measures)
        return (*listed, *(f"clearance of {name}" for name in self.obstacles))

    def measures(self, condition: int, states: Array) -> dict[str, float]:
        """Return the measures of a rollout's states ``(T, dX)`` (errors as `check_condition`).

        The least distance that was kept from each obstacle [m] is among them.
        """
        self.check_condition(condition)
        found = {measure.name: measure(states) for measure in self._measures[condition]}
        for term in self._clearances[condition]:
            found[f"clearance of {term.name}"] = float(term.clearance(states).min())
        return found

    def observation(self, condition: int) -> Observation:
        """Return what the global policy observes in a condition (errors as `check_condition`).

        Raises:
            TaskError: The task file has no section `mdgps`.
        """
        self.check_condition(condition)
        if self.global_plan is None:
            raise TaskError("mdgps", "is not in the task file: there is no neural policy")
        targets = self.conditions[condition].targets
        return self.global_plan.observation(self.layout, self.T, targets)

    def _build_global_plan(self) -> GlobalPlan | None:
        if self.file.mdgps is None:
            return None
        targets = {condition.name: condition.targets for condition in self.conditions}
        return build_global_plan(self.file.mdgps, self.layout, targets)

    def initial_policy(self, condition: int) -> TVLGPolicy:
        """Return the policy that training starts from (errors as `check_condition`)."""
        self.check_condition(condition)
        start = self.conditions[condition].start
        return build_initial_policy(self._hold(start), self.layout, self.joints, start, self.T)

    def _hold(self, start: Array) -> Hold:
        """Return gains and noise of the first policy at a start."""
        initial = self.file.initial_policy
        if not initial.from_inertia:
            return given_hold(initial, self.dU)
        limits, smoothing = self.torque_limits, self.noise_smoothing
        return inertial_hold(
            initial, self.robot_model, self.joints, start, self.points, limits, self.dt, smoothing
        )


def _learning(file: TaskFile, conditions: tuple[Condition, ...]) -> LearningPlan:
    """Validate the settings of the methods and look the conditions up."""
    plan = file.learning
    names = plan.conditions or tuple(start.name for start in file.conditions)
    indices = condition_indices(conditions, names, "learning.conditions")
    settings = validated_settings(Settings, plan.settings, "learning.settings")
    return LearningPlan(indices, plan.rollouts, plan.iterations, settings, plan.until_converged)


def _guided(file: TaskFile, conditions: tuple[Condition, ...]) -> GuidedPlan | None:
    """Look the conditions of training and tests up."""
    if file.mdgps is None:
        return None
    section, learning = file.mdgps, file.learning
    names = section.conditions or learning.conditions or tuple(s.name for s in file.conditions)
    trained = condition_indices(conditions, names, "mdgps.conditions")
    tests = {}
    for name, test in section.tests.items():
        indices = condition_indices(conditions, test.conditions, f"mdgps.tests.{name}.conditions")
        tests[name] = PolicyTestPlan(indices, test.rollouts)
    iterations = learning.iterations if section.iterations is None else section.iterations
    merged = merged_settings(learning.settings, section.local_settings)
    settings = validated_settings(Settings, merged, "mdgps.local_settings")
    return GuidedPlan(trained, iterations, settings, tests)
