"""How a task file is learned from: first policy, training, one policy for many conditions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pilqr_ros.tasks.schema.fields import (
    MAX_ITERATIONS,
    MAX_ROLLOUTS,
    MIN_ROLLOUTS,
    Name,
    Names,
    NonNegative,
    Positive,
    Section,
    _Listed,
)


class InitialPolicy(Section):
    """The first policy: zero torque, or a weak hold of the start; noise in both.

    A hold needs no numbers: without stiffness, damping and torque_std they follow from the arm's
    mass matrix at the start, and from the four keys after them, whose defaults serve most arms.

    Attributes:
        kind: Zero torque, or -stiffness (q - q_start) - damping qd.
        torque_std: Standard deviation of each joint's noise [N m]. Larger: rollouts spread farther
            (`pilqr check` tells how far), and cost more.
        stiffness: Of a hold, one for each joint [N m/rad]. Larger: the arm is held nearer to its
            start, and the same noise moves it less.
        damping: Of a hold, one for each joint [N m s/rad]. Too much is unstable at the rate of
            control.
        natural_frequency: Of a hold without numbers [rad/s], in every direction of joint space.
            Higher: stiffer, quicker back at the start; `pilqr check` tells when it is too quick for
            the rate.
        damping_ratio: Of the same. Higher: less swinging, slower motions.
        position_spread: How far its noise moves the points in the state on an axis [m], at most.
            Larger: more is tried, rollouts differ more, and a linear model holds less well.
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
        rollouts: Rollouts of an iteration and condition. More: steadier updates, and as much longer
            an iteration.
        iterations: Policy updates; at most so many with `until_converged`. More: a lower cost where
            it still falls at the end (`train --resume RUN --iterations N` adds some).
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
    tests: dict[Name, PolicyTest] = {}
