"""The schema of a task file: what its keys are and which values they take. SI units, radians."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MIN_ROLLOUTS, MAX_ROLLOUTS = 2, 1000
"""Fewest and most rollouts of an iteration: one tells nothing of the noise."""

MAX_ITERATIONS = 1000

MAX_STEPS = 10_000
"""Most control steps of a rollout: arrays grow with it."""

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


Names = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]


class Section(BaseModel):
    """A section of the file; unknown keys and non-finite numbers are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Models(Section):
    """The MJCF files: a scene, the robot that stands in it and the tool that it holds."""

    scene: str
    robot: str
    tool: str | None = None
    mount: Vector3 = (0.0, 0.0, 0.0)


class Control(Section):
    """Rate of control [Hz] and number of control steps of a rollout."""

    rate: Positive
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]


class ActuatedJoint(Section):
    """An actuated joint and its limits.

    Of torque [N m], its change [N m per control step], position [rad] (within the robot
    description's) and speed [rad/s] (none if not given); and the soft margin [rad] inside the
    bounds (the task's if not given). A joint that slides has N for N m and m for rad, everywhere.
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
            raise ValueError("position_limits are [lower, upper]")
        return self


class Guard(Section):
    """How joints are kept within their limits, and how much of that a rollout may need.

    Inside the soft margin [rad] torque toward the bound fades; further beyond it than the tolerance
    [rad], or faster than `overspeed` times the speed limit, the robot stops. A rollout that was
    kept from bounds or speed in a larger share of its steps than `max_fraction_limited` is invalid.
    """

    soft_margin: Positive = 0.05
    bound_tolerance: Positive = 0.1
    overspeed: Annotated[float, Field(gt=1)] = 1.5
    max_fraction_limited: Annotated[float, Field(ge=0, le=1)] = 0.5

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
    """A block of the state: joints, a point on the robot (`of` a site) or a tracked body."""

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
    """The difference z = of - minus of state blocks and targets, on all or some of their axes."""

    of: Names
    minus: Names | None = None
    axes: Names | None = None


class Term(Expression):
    """A cost term: weight * ramp(t) * (0.5 alpha |z|^2 + beta sqrt(gamma + |z|^2)) (equation 8)."""

    name: str
    alpha: NonNegative
    beta: NonNegative
    gamma: Positive = 1e-5
    weight: NonNegative = 1.0
    ramp: Literal["constant", "linear", "quadratic"] = "constant"
    active: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None


class Cost(Section):
    """The cost of a step: its terms and 0.5 * sum of torque_weights * u^2."""

    terms: Annotated[tuple[Term, ...], Field(min_length=1)]
    torque_weights: NonNegative | tuple[NonNegative, ...] = 0.0


class Behind(Section):
    """A target behind a body: `distance` [m] from it, away from the body it faces, at a height."""

    behind: str
    facing: str
    distance: Positive
    height: float


class Start(Section):
    """A condition: start of the joints, positions of bodies, named targets of cost and success."""

    name: str
    joints: tuple[float, ...]
    bodies: dict[str, Vector3] = {}
    targets: dict[str, tuple[float, ...] | Behind] = {}


class Shift(Section):
    """One draw that is added to all of `of`: `joints`, `bodies.<name>` or `targets.<name>`.

    Uniform between low and high; with `within` drawn again until it is no longer than that.
    """

    of: Names
    low: tuple[float, ...]
    high: tuple[float, ...]
    within: Positive | None = None


class Drawn(Section):
    """Conditions drawn at random about a listed one: the same at every loading of the file."""

    name: str
    like: str
    count: Annotated[int, Field(ge=1, le=1000)]
    seed: Annotated[int, Field(ge=0)]
    shifts: Annotated[tuple[Shift, ...], Field(min_length=1)]


class Reset(Section):
    """Jitter of the start and how exactly a reset must reach it."""

    joint_jitter: NonNegative = 0.003
    position_tolerance: Positive = 0.02
    velocity_tolerance: Positive = 0.05
    body_tolerance: Positive = 0.01


class Success(Expression):
    """|z| is within a radius, or each |z_i| within its own bound: at the last or at any step.

    A z that has to be reached from above, and may be passed, counts only where it is positive.
    """

    within: Positive | tuple[Positive, ...]
    at: Literal["last", "any"] = "last"
    may_be_passed: bool = False


class InitialPolicy(Section):
    """The first policy: zero torque, or a weak hold of the start; noise in both [N m]."""

    kind: Literal["zero", "hold"]
    torque_std: tuple[Positive, ...]
    stiffness: tuple[NonNegative, ...] | None = None
    damping: tuple[NonNegative, ...] | None = None

    @model_validator(mode="after")
    def _check_gains(self) -> InitialPolicy:
        """A hold has gains, zero torque has none."""
        gains = (self.stiffness, self.damping)
        if self.kind == "hold" and None in gains:
            raise ValueError("kind hold needs stiffness and damping")
        if self.kind == "zero" and gains != (None, None):
            raise ValueError("kind zero takes neither stiffness nor damping")
        return self


class Learning(Section):
    """How much is collected, and the settings of the methods (see trajopt's Settings).

    Conditions are named, or a set of drawn ones is; all listed ones if not given.
    """

    conditions: Names | None = None
    rollouts: Annotated[int, Field(ge=MIN_ROLLOUTS, le=MAX_ROLLOUTS)]
    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)]
    settings: dict[str, Any] = {}


class PolicyTest(Section):
    """Conditions that a policy is tried in, and rollouts of each."""

    conditions: Names
    rollouts: Annotated[int, Field(ge=1, le=MAX_ROLLOUTS)]


class Guided(Section):
    """One policy for many conditions: those it is trained in, and named tests of it.

    Iterations and settings of the local policies' method are those of learning where not given.
    """

    conditions: Names
    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)] | None = None
    settings: dict[str, Any] = {}
    tests: dict[str, PolicyTest] = {}


class GlobalPolicy(Section):
    """What the global policy observes: state blocks, targets, time; guided's GuidedSettings."""

    state: Names
    targets: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    timed: bool = False
    settings: dict[str, Any] = {}


class TaskFile(Section):
    """A whole task file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    description: str = ""
    models: Models
    control: Control
    joints: Annotated[tuple[ActuatedJoint, ...], Field(min_length=1)]
    state: Annotated[tuple[Block, ...], Field(min_length=1)]
    cost: Cost
    success: Success
    conditions: Annotated[tuple[Start, ...], Field(min_length=1)]
    drawn_conditions: tuple[Drawn, ...] = ()
    reset: Reset = Reset()
    guard: Guard = Guard()
    initial_policy: InitialPolicy
    noise_smoothing: NonNegative = 0.0
    learning: Learning
    global_policy: GlobalPolicy | None = None
    guided: Guided | None = None
