"""The schema of a task file: what its keys are and which values they take. SI units, radians."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from pilqr_ros.trajopt.errors import SettingError

MIN_ROLLOUTS, MAX_ROLLOUTS = 2, 1000
"""Fewest and most rollouts of an iteration: one tells nothing of the noise."""

MAX_ITERATIONS = 1000

MAX_STEPS = 10_000
"""Most control steps of a rollout: arrays grow with it."""

NAME_FORM = "small letters, digits and _, a letter first"

Kind = Literal[
    "joint_positions",
    "joint_velocities",
    "point_position",
    "point_velocity",
    "body_position",
    "body_velocity",
    "point_axis",
    "point_axis_velocity",
    "body_axis",
    "body_axis_velocity",
    "sensor",
]
Axis = Literal["x", "y", "z"]
Bound = Literal["within", "at_least", "at_most"]
BOUNDS: tuple[Bound, ...] = ("within", "at_least", "at_most")
"""What a criterion may ask of its expression."""
Vector3 = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


def _listed(value: object) -> object:
    """Accept a single name where a list of names is expected."""
    return [value] if isinstance(value, str) else value


_Listed = BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])
Names = Annotated[tuple[str, ...], _Listed, Field(min_length=1)]


class Section(BaseModel):
    """A section of the file; unknown keys and non-finite numbers are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Placement(Section):
    """A position, and how what is there is turned.

    Attributes:
        position: Where [m].
        quaternion: How it is turned, (w, x, y, z) of any length; or say it with `euler`.
        euler: The same as turns about the fixed axes x, y and z, in this order [rad]: `rpy` of URDF
            and tf.
    """

    position: Vector3
    quaternion: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)] | None = None
    euler: Vector3 | None = None

    @model_validator(mode="after")
    def _check_orientation(self) -> Placement:
        """One orientation, that is one."""
        if self.quaternion is not None and self.euler is not None:
            raise ValueError("takes quaternion or euler, not both")
        if self.quaternion is not None and not any(self.quaternion):
            raise ValueError("quaternion is no orientation: all of it is zero")
        return self


class Models(Section):
    """The MJCF files: a scene, the robot that stands in it and the tool that it holds.

    They are looked for beside the task file, in ``models`` there, and among the package's own.

    Attributes:
        scene: What the robot stands in; its options (time step, gravity) hold.
        robot: The arm: joints, a motor of gear 1 for each with the joint's name, sites.
        tool: What is attached to the robot's site ``tool_mount``; nothing if not given.
        mount: Where the robot's origin is in the scene [m]; a section if it is turned there.
    """

    scene: str
    robot: str
    tool: str | None = None
    mount: Vector3 | Placement = (0.0, 0.0, 0.0)


class Control(Section):
    """Rate of control and length of a rollout.

    Attributes:
        rate: Control steps in a second [Hz]; a period is a whole number of physics steps.
        steps: Control steps of a rollout.
    """

    rate: Positive
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]


class ActuatedJoint(Section):
    """An actuated joint and its limits.

    A joint that slides has N for N m and m for rad, everywhere.

    Attributes:
        name: The joint, and its motor, in the robot's model.
        torque_limit: Largest torque [N m]; no more than the model's motor gives.
        torque_rate_limit: Largest change of torque in a control step [N m].
        position_limits: Lower and upper bound [rad], within the model's; the model's if not given.
        velocity_limit: Largest speed [rad/s]; none if not given.
        soft_margin: Where torque towards a bound begins to fade [rad] inside it; the guard's if not
            given.
    """

    name: str
    torque_limit: Positive
    torque_rate_limit: Positive
    position_limits: tuple[float, float] | None = None
    velocity_limit: Positive | None = None
    soft_margin: Positive | None = None

    @model_validator(mode="after")
    def _check_order(self) -> ActuatedJoint:
        """The lower bound comes first."""
        if self.position_limits is not None and self.position_limits[0] >= self.position_limits[1]:
            limits = list(self.position_limits)
            raise SettingError("position_limits", limits, "[lower, upper], the lower one first")
        return self


class Guard(Section):
    """How joints are kept within their limits, and how much of that a rollout may need.

    Attributes:
        soft_margin: Torque towards a bound fades inside it over this [rad].
        bound_tolerance: Further beyond a bound than this [rad] the robot stops.
        overspeed: Faster than so many times the velocity limit the robot stops.
        max_fraction_limited: A rollout that was kept from bounds or speed in a larger share of its
            steps is not used. (Files of before call it `most_limited`.)
    """

    soft_margin: Positive = 0.05
    bound_tolerance: Positive = 0.1
    overspeed: Annotated[float, Field(gt=1)] = 1.5
    max_fraction_limited: Annotated[
        float,
        Field(ge=0, le=1, validation_alias=AliasChoices("max_fraction_limited", "most_limited")),
    ] = 0.5

    @property
    def strict(self) -> Guard:
        """The same for a real arm: no tolerance is wider than the default one."""
        default = Guard()
        return Guard(
            soft_margin=self.soft_margin,
            bound_tolerance=min(self.bound_tolerance, default.bound_tolerance),
            overspeed=min(self.overspeed, default.overspeed),
            max_fraction_limited=min(self.max_fraction_limited, default.max_fraction_limited),
        )


class Block(Section):
    """A block of the state: joints, a point on the robot, a tracked body or a sensor.

    Where a point or body is turned to is said by an axis of its frame, a vector of length 1: linear
    in the state, so that cost and success take the difference of it and where it shall point.

    Attributes:
        name: What cost and success call it.
        kind: What it holds [rad, rad/s, m or m/s; an axis has no unit; a sensor N or N m].
        of: The site of the robot, the body of the scene, or the models' touch, force or torque
            sensor; not with joints.
        joints: The joints of a joint block; all actuated ones if not given. Others are only sensed.
        axes: Which of x, y, z a point or body has; all if not given. A sensor has all of its own.
        axis: Which axis of its own frame a block of kind ..._axis or ..._axis_velocity holds.
    """

    name: str
    kind: Kind
    of: str | None = None
    joints: Names | None = None
    axes: Annotated[tuple[Axis, ...], Field(min_length=1)] | None = None
    axis: Axis | None = None

    @model_validator(mode="after")
    def _check_axis(self) -> Block:
        """Blocks of an axis name it, and no others."""
        if ("_axis" in self.kind) != (self.axis is not None):
            verb = "needs" if self.axis is None else "takes no"
            raise ValueError(f"a {self.kind} block {verb} `axis`, x, y or z of the frame of `of`")
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Block:
        """Points and bodies name what they are of and may pick axes; joint blocks list joints."""
        is_joints = self.kind.startswith("joint_")
        if is_joints and self.of is not None:
            raise ValueError(f"a {self.kind} block takes `joints`, not `of`")
        if is_joints and self.axes is not None:
            raise ValueError(f"a {self.kind} block takes `joints`, not `axes`")
        if not is_joints and self.joints is not None:
            raise ValueError(f"a {self.kind} block takes `of`, not `joints`")
        if not is_joints and self.of is None:
            raise ValueError(f"a {self.kind} block needs `of`, the name of the point or body")
        if self.kind == "sensor" and self.axes is not None:
            raise ValueError("a sensor block takes no `axes`: cost and success may pick some")
        return self


class Expression(Section):
    """The difference z = of - minus of state blocks and targets, on all or some of their axes.

    Attributes:
        of: State blocks; several are stacked.
        minus: As many blocks, or targets of the condition; zero if not given.
        axes: Axes, or joints, that count; all if not given.
    """

    of: Names
    minus: Names | None = None
    axes: Names | None = None


class Term(Expression):
    """A cost term: weight * ramp(t) * (0.5 alpha |z|^2 + beta sqrt(gamma + |z|^2)) (equation 8).

    Attributes:
        name: What reports call it; not ``torque``.
        alpha: Weight of the squared distance: far away counts most.
        beta: Weight of the distance: an even pull, precise near the target.
        gamma: Rounds off the tip of the distance at z = 0; its root is about the precision [m].
        weight: Of the whole term.
        ramp: How the weight grows to its full value at the last step.
        active: First and last control step in which it counts; all if not given.
    """

    name: str
    alpha: NonNegative
    beta: NonNegative
    gamma: Positive = 1e-5
    weight: NonNegative = 1.0
    ramp: Literal["constant", "linear", "quadratic"] = "constant"
    active: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None


class Cost(Section):
    """The cost of a step: the sum of its terms and 0.5 * sum of torque_weights * u^2.

    Attributes:
        terms: Its terms.
        torque_weights: Weight of each squared torque, one for all joints or one for each [1/(N
            m)^2].
    """

    terms: Annotated[tuple[Term, ...], Field(min_length=1)]
    torque_weights: NonNegative | tuple[NonNegative, ...] = 0.0


class Behind(Section):
    """A target behind a body, away from another one: where a pusher has to be.

    Attributes:
        behind: The body.
        facing: The body that it is to be moved to.
        distance: From the body's centre, in the plane [m].
        height: Of the target above the floor [m].
    """

    behind: str
    facing: str
    distance: Positive
    height: float


class AtSite(Section):
    """A target where a site of the models is at the start of the condition.

    Attributes:
        site: The site, of the scene or of the robot.
        axis: The target is where this axis of the site points; its place if not given.
    """

    site: str
    axis: Axis | None = None


class Start(Section):
    """A condition: where a rollout starts, and its targets.

    Attributes:
        name: What lists of conditions call it.
        joints: Start of each actuated joint [rad], in the order of ``joints``.
        bodies: Start of bodies of the scene [m], by name: with a free joint, slides, or mocap. One
            that is turned is a section; without orientation it is turned as in its model.
        other_joints: Start of joints that no motor moves [rad or m], by name, for example of a
            door's hinge; where the model has them if not given.
        targets: What ``minus`` may name in cost and success: as many numbers as the block has, a
            place behind a body, or the place of a site.
    """

    name: str
    joints: tuple[float, ...]
    bodies: dict[str, Vector3 | Placement] = {}
    other_joints: dict[str, float] = {}
    targets: dict[str, tuple[float, ...] | Behind | AtSite] = {}


class Shift(Section):
    """One draw that is added to all of `of`, uniform between low and high.

    Attributes:
        of: ``joints``, ``bodies.<name>``, ``other_joints.<name>`` or ``targets.<name>``.
        low: Least shift [rad or m], as long as what it is added to.
        high: Largest shift [rad or m].
        within: Drawn again until it is no longer than this [rad or m]; not if not given.
    """

    of: Names
    low: tuple[float, ...]
    high: tuple[float, ...]
    within: Positive | None = None


class Drawn(Section):
    """Conditions drawn at random about a listed one: the same at every loading of the file.

    Attributes:
        name: What stands for all of them in lists of conditions.
        like: The listed condition that they are drawn about.
        count: How many.
        seed: Of the draws.
        shifts: What is added.
    """

    name: str
    like: str
    count: Annotated[int, Field(ge=1, le=1000)]
    seed: Annotated[int, Field(ge=0)]
    shifts: Annotated[tuple[Shift, ...], Field(min_length=1)]


class Reset(Section):
    """Jitter of the start and how exactly a reset must reach it.

    Attributes:
        joint_jitter: Standard deviation of each joint's start [rad].
        position_tolerance: Largest error of a joint after a reset [rad].
        velocity_tolerance: Largest speed of a joint after a reset [rad/s].
        body_tolerance: Largest error of a body after a reset [m].
        axis_tolerance: Largest turn of a body's axis after a reset [rad], where both the state and
            the condition have one.
    """

    joint_jitter: NonNegative = 0.003
    position_tolerance: Positive = 0.02
    velocity_tolerance: Positive = 0.05
    body_tolerance: Positive = 0.01
    axis_tolerance: Positive = 0.1


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    """Refuse a range whose end comes before its beginning."""
    if value[0] > value[1]:
        raise ValueError("a range is [least, greatest]")
    return value


Range = Annotated[tuple[Positive, Positive], AfterValidator(_ascending)]


class Randomised(Section):
    """What each rollout in simulation has otherwise than the models, for a policy that bears it.

    Factors are drawn uniformly from [least, greatest] by the rollout's seed, with the jitter of its
    start: the same through the nodes as in process. A real arm is as it is.

    Attributes:
        masses: Factors of bodies' masses and inertias, by body.
        frictions: Factors of the friction of bodies' geoms, by body. In a contact MuJoCo takes the
            larger friction of the two geoms, unless one has priority.
        joint_frictions: Factors of joints' damping and dry friction, by joint.
        position_noise: Standard deviation of sensed joint positions [rad or m].
        velocity_noise: The same of joint velocities [rad/s or m/s].
        mocap_noise: The same of each coordinate of a tracked body's position [m].
        sensor_noise: The same of each number of a sensor block [N or N m].
    """

    masses: dict[str, Range] = {}
    frictions: dict[str, Range] = {}
    joint_frictions: dict[str, Range] = {}
    position_noise: NonNegative = 0.0
    velocity_noise: NonNegative = 0.0
    mocap_noise: NonNegative = 0.0
    sensor_noise: NonNegative = 0.0

    @property
    def of_sensors(self) -> bool:
        """Whether what is sensed has noise."""
        noise = self.position_noise, self.velocity_noise, self.mocap_noise, self.sensor_noise
        return any(deviation > 0.0 for deviation in noise)


class CriterionBound(Section):
    """What z must be.

    Attributes:
        within: |z| is at most this radius, or each |z_i| at most its own bound [rad or m].
        at_least: Each z_i is no less than this; one number for all, or one for each.
        at_most: Each z_i is no more than this; one number for all, or one for each.
        may_be_passed: A z that has to be reached from above, and may be passed: negative entries
            count as zero. Only with `within`.
    """

    within: Positive | tuple[Positive, ...] | None = None
    at_least: float | tuple[float, ...] | None = None
    at_most: float | tuple[float, ...] | None = None
    may_be_passed: bool = False

    @property
    def bound(self) -> Bound:
        """Which of the three is given."""
        return next(bound for bound in BOUNDS if getattr(self, bound) is not None)

    @property
    def value(self) -> float | tuple[float, ...]:
        """The number, or numbers, of its bound."""
        found: float | tuple[float, ...] = getattr(self, self.bound)
        return found

    def refuse_bounds(self) -> None:
        """Refuse anything but one bound.

        Raises:
            ValueError: There is none, or several, or what may be passed is not `within` anything.
        """
        given = [bound for bound in BOUNDS if getattr(self, bound) is not None]
        if len(given) != 1:
            problem = f"has {' and '.join(given)}" if given else "has none of them"
            raise ValueError(f"takes exactly one of {', '.join(BOUNDS)}, {problem}")
        if self.may_be_passed and given != ["within"]:
            raise ValueError(f"may_be_passed goes with within, not with {given[0]}")


class Criterion(CriterionBound, Expression):
    """What the difference z = of - minus must be: exactly one of within, at_least and at_most."""

    @model_validator(mode="after")
    def _check_bound(self) -> Criterion:
        self.refuse_bounds()
        return self


class Success(CriterionBound):
    """What counts as done: one criterion, all of several, or any of several.

    The keys of one criterion stand here, or a list of criteria under `all` or `any`. All are judged
    at the same step. The distance of several is the root of the sum of their squared distances, or
    with `any` that of the nearest; of `at_least` and `at_most` it is what is missing.

    Attributes:
        of: State blocks; several are stacked.
        minus: As many blocks, or targets of the condition; zero if not given.
        axes: Axes, or joints, that count; all if not given.
        all: Criteria that must all be met, at the same step.
        any: Criteria of which one must be met.
        at: At the last step, or at any.
    """

    of: Names | None = None
    minus: Names | None = None
    axes: Names | None = None
    all: Annotated[tuple[Criterion, ...], Field(min_length=1)] | None = None
    any: Annotated[tuple[Criterion, ...], Field(min_length=1)] | None = None
    at: Literal["last", "any"] = "last"

    @property
    def criteria(self) -> dict[str, Criterion]:
        """Its criteria, by the path of each in the task file."""
        for name, several in (("all", self.all), ("any", self.any)):
            if several is not None:
                return {f"success.{name}[{i}]": one for i, one in enumerate(several)}
        return {"success": Criterion(**{name: getattr(self, name) for name in self._own})}

    @property
    def _own(self) -> list[str]:
        """The keys of a criterion that stand here."""
        return [name for name in Criterion.model_fields if name in self.model_fields_set]

    @model_validator(mode="after")
    def _check_form(self) -> Success:
        """There is one criterion, or one list of them."""
        lists = [name for name in ("all", "any") if getattr(self, name) is not None]
        if len(lists) > 1:
            raise ValueError("takes a list under all or under any, not both")
        if lists and self._own:
            problem = f"takes criteria under {lists[0]}, or {self._own[0]} here, not both"
            raise ValueError(problem)
        if not lists and self.of is None:
            raise ValueError(
                f"needs of, with one of {', '.join(BOUNDS)}; or a list of criteria under all or any"
            )
        if not lists:
            self.refuse_bounds()
        return self


class Measure(Expression):
    """A figure of a rollout that evaluations report beside success; it decides nothing.

    It is z itself where that is one number, with its sign, else |z|.

    Attributes:
        name: What reports call it.
        at: At the last step, or the least or the greatest of all steps.
    """

    name: str
    at: Literal["last", "least", "greatest"] = "last"


class InitialPolicy(Section):
    """The first policy: zero torque, or a weak hold of the start; noise in both.

    A hold needs no numbers: without stiffness, damping and torque_std they follow from the arm's
    mass matrix at the start, and from the four keys after them, whose defaults serve most arms.

    Attributes:
        kind: Zero torque, or -stiffness (q - q_start) - damping qd.
        torque_std: Standard deviation of each joint's noise [N m].
        stiffness: Of a hold, one for each joint [N m/rad].
        damping: Of a hold, one for each joint [N m s/rad]. Too much is unstable at the rate of
            control.
        natural_frequency: Of a hold without numbers [rad/s], in every direction of joint space.
        damping_ratio: Of the same.
        position_spread: How far its noise moves the points in the state on an axis [m], at most.
        direction_spread: How far it turns them about an axis [rad], at most.
    """

    kind: Literal["zero", "hold"]
    torque_std: tuple[Positive, ...] | None = None
    stiffness: tuple[NonNegative, ...] | None = None
    damping: tuple[NonNegative, ...] | None = None
    natural_frequency: Positive = 4.0
    damping_ratio: Positive = 0.7
    position_spread: Positive = 0.075
    direction_spread: Positive = 0.2

    @property
    def from_inertia(self) -> bool:
        """Whether gains and noise follow from the mass matrix."""
        return self.torque_std is None

    @model_validator(mode="after")
    def _check_gains(self) -> InitialPolicy:
        """Zero torque has noise alone; a hold has all of its numbers or none."""
        given = [n for n in ("stiffness", "damping", "torque_std") if getattr(self, n) is not None]
        if self.kind == "zero" and given != ["torque_std"]:
            raise ValueError("kind zero takes torque_std, and neither stiffness nor damping")
        if self.kind == "hold" and len(given) not in (0, 3):
            raise ValueError(
                "kind hold takes all of stiffness, damping and torque_std, or none of them: then "
                "they follow from the arm's mass matrix"
            )
        derived = {"natural_frequency", "damping_ratio", "position_spread", "direction_spread"}
        unused = sorted(derived & self.model_fields_set)
        if given and unused:
            raise ValueError(f"{unused[0]} is of a hold without stiffness, damping and torque_std")
        return self


class Learning(Section):
    """How much is collected, and the settings of the methods.

    Attributes:
        conditions: Names of conditions, or of drawn sets, that get a policy each; all listed ones
            if not given.
        rollouts: Rollouts of an iteration and condition.
        iterations: Policy updates; at most so many with `until_converged`.
        until_converged: Whether a training of local policies ends once it has converged in each
            of its conditions.
        settings: Of the methods, see below; the best known if not given.
    """

    conditions: Names | None = None
    rollouts: Annotated[int, Field(ge=MIN_ROLLOUTS, le=MAX_ROLLOUTS)]
    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)]
    until_converged: bool = False
    settings: dict[str, Any] = {}


class PolicyTest(Section):
    """Conditions that a policy is tried in.

    Attributes:
        conditions: Names of conditions, or of drawn sets.
        rollouts: Rollouts of each.
    """

    conditions: Names
    rollouts: Annotated[int, Field(ge=1, le=MAX_ROLLOUTS)]


class GlobalPolicy(Section):
    """What the one policy for many conditions observes.

    Attributes:
        state: State blocks that it observes.
        targets: Targets of the condition that it observes.
        timed: Whether it observes the time.
    """

    state: Names
    targets: Annotated[tuple[str, ...], _Listed] = ()
    timed: bool = False


class Mdgps(Section):
    """One neural policy for many conditions (methods mdgps-...): what it observes, its training.

    Attributes:
        conditions: Names of the conditions that it is trained in; learning's if not given.
        iterations: Policy updates; learning's if not given.
        policy: What it observes.
        settings: Of the network and its training, see below; the best known if not given.
        local_settings: Of the local policies' method, over those of learning.
        tests: Tests by name.
    """

    conditions: Names | None = None
    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)] | None = None
    policy: GlobalPolicy
    settings: dict[str, Any] = {}
    local_settings: dict[str, Any] = {}
    tests: dict[str, PolicyTest] = {}


class TaskFile(Section):
    """A whole task file.

    Attributes:
        name: Of the task, and of its folder of runs: small letters, digits, _.
        description: For people.
        models: The MJCF files.
        control: Rate and length of a rollout.
        joints: The actuated joints, in the order of the action u.
        state: The blocks of the state x, in their order.
        cost: What is made small.
        success: What counts as done.
        measures: What evaluations report beside it.
        conditions: Starts and targets.
        drawn_conditions: Sets of conditions that are drawn.
        reset: Jitter and tolerances of the start.
        randomised: What else differs from rollout to rollout in simulation.
        guard: How joints are kept within their limits.
        initial_policy: What training starts from.
        noise_smoothing: Width of the filter of the noise over time [control steps]; 0 is white.
        learning: How much is collected, and how it is learned from.
        mdgps: One neural policy for many conditions; without it there is none.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description=NAME_FORM)]
    description: str = ""
    models: Models
    control: Control
    joints: Annotated[tuple[ActuatedJoint, ...], Field(min_length=1)]
    state: Annotated[tuple[Block, ...], Field(min_length=1)]
    cost: Cost
    success: Success
    measures: tuple[Measure, ...] = ()
    conditions: Annotated[tuple[Start, ...], Field(min_length=1)]
    drawn_conditions: tuple[Drawn, ...] = ()
    reset: Reset = Reset()
    randomised: Randomised = Randomised()
    guard: Guard = Guard()
    initial_policy: InitialPolicy
    noise_smoothing: NonNegative = 0.0
    learning: Learning
    mdgps: Mdgps | None = None
