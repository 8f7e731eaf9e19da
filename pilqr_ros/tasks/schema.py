"""The schema of a task file: what its keys are and which values they take. SI units, radians."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

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
]
Axis = Literal["x", "y", "z"]
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


class Models(Section):
    """The MJCF files: a scene, the robot that stands in it and the tool that it holds.

    They are looked for beside the task file, in ``models`` there, and among the package's own.

    Attributes:
        scene: What the robot stands in; its options (time step, gravity) hold.
        robot: The arm: joints, a motor of gear 1 for each with the joint's name, sites.
        tool: What is attached to the robot's site ``tool_mount``; nothing if not given.
        mount: Where the robot's origin is in the scene [m].
    """

    scene: str
    robot: str
    tool: str | None = None
    mount: Vector3 = (0.0, 0.0, 0.0)


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
    """A block of the state: joints, a point on the robot or a tracked body.

    Attributes:
        name: What cost and success call it.
        kind: What it holds [rad, rad/s, m or m/s].
        of: The site of the robot, or the body of the scene; not with joints.
        joints: The joints of a joint block; all actuated ones if not given. Others are only sensed.
        axes: Which of x, y, z a point or body has; all if not given.
    """

    name: str
    kind: Kind
    of: str | None = None
    joints: Names | None = None
    axes: Annotated[tuple[Axis, ...], Field(min_length=1)] | None = None

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


class Start(Section):
    """A condition: where a rollout starts, and its targets.

    Attributes:
        name: What lists of conditions call it.
        joints: Start of each actuated joint [rad], in the order of ``joints``.
        bodies: Start of bodies of the scene [m], by name: with a free joint, slides, or mocap.
        targets: What ``minus`` may name in cost and success: as many numbers as the block has.
    """

    name: str
    joints: tuple[float, ...]
    bodies: dict[str, Vector3] = {}
    targets: dict[str, tuple[float, ...] | Behind] = {}


class Shift(Section):
    """One draw that is added to all of `of`, uniform between low and high.

    Attributes:
        of: ``joints``, ``bodies.<name>`` or ``targets.<name>``.
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
    """

    joint_jitter: NonNegative = 0.003
    position_tolerance: Positive = 0.02
    velocity_tolerance: Positive = 0.05
    body_tolerance: Positive = 0.01


class Success(Expression):
    """|z| is within a radius, or each |z_i| within its own bound.

    Attributes:
        within: Radius, or a bound for each entry of z [rad or m].
        at: At the last step, or at any.
        may_be_passed: A z that has to be reached from above, and may be passed: negative entries
            count as zero.
    """

    within: Positive | tuple[Positive, ...]
    at: Literal["last", "any"] = "last"
    may_be_passed: bool = False


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
    guard: Guard = Guard()
    initial_policy: InitialPolicy
    noise_smoothing: NonNegative = 0.0
    learning: Learning
    mdgps: Mdgps | None = None
