"""A whole task file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pilqr_ros.tasks.schema.conditions import Drawn, Reset, Start
from pilqr_ros.tasks.schema.cost import Cost
from pilqr_ros.tasks.schema.fields import NAME_FORM, NonNegative, Section
from pilqr_ros.tasks.schema.learning import InitialPolicy, Learning, Mdgps
from pilqr_ros.tasks.schema.randomised import Randomised
from pilqr_ros.tasks.schema.robot import ActuatedJoint, Control, Guard, Models
from pilqr_ros.tasks.schema.state import Block
from pilqr_ros.tasks.schema.success import Measure, Success


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
            Larger: smoother torques that move the arm farther for the same torque; smaller: quick,
            small motions, and sooner a rate limit.
        learning: How much is collected, and how it is learned from.
        mdgps: One neural policy for many conditions; without it there is none.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100, description=NAME_FORM)]
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
