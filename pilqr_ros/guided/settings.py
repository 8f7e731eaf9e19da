"""Every option of guided policy search, in one validated record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from pilqr_ros.trajopt.errors import SettingError


@dataclass(frozen=True)
class GuidedSettings:
    """Options of the global policy and of its training.

    Attributes:
        hidden: Widths of the hidden layers.
        common_random_numbers: A rollout has the same noise and start jitter in all conditions, so
            that their policies differ by what the conditions ask for, and not by chance: what lies
            between two conditions is then between their policies, too.
        sample_from: Rollouts are drawn from the local policies or from the global one.
        coupling_start: How far a local update's reference is from the local policy (0) towards the
            global one (1) in the first iteration, see `reference`. Without effect on rollouts from
            the global policy, which are constrained against it.
        coupling_ramp: Share of a run's iterations over which this rises to 1.
        reference_covariance: Whose covariance the reference has. With the global policy's, one
            condition that is learned takes the noise from all others.
        linearisation: How the global policy is linearised around rollouts, see `linearisation`.
        epochs: Passes over the data in one supervised step.
        batch_size: Examples of one step of Adam.
        learning_rate: Adam's, at first; it falls linearly to a tenth.
        weight_decay: Adam's; of normalised inputs and outputs.
        observation_noise: Standard deviation of the noise on observations in training, as a part
            of each entry's own.
        state_noise: Examples move about as their states lie about each other, times this, and the
            target follows the local policy's feedback.
        mixing: So many examples more, as a part of all, lie on the line between two conditions'
            examples of the same time step, and so do their targets: what between two goals is to
            be done is taken to be between what is done for both.
        weight_limit: Most weight of an example, by its precision, relative to the median.
        least_spread: Entries that vary less than this (SI units) are normalised as if by it.
    """

    hidden: tuple[int, ...] = (42, 42)
    common_random_numbers: bool = True
    sample_from: Literal["local", "global"] = "local"
    coupling_start: float = 0.2
    coupling_ramp: float = 0.6
    reference_covariance: Literal["local", "global"] = "local"
    linearisation: Literal["jacobian", "regression"] = "jacobian"
    epochs: int = 150
    batch_size: int = 250
    learning_rate: float = 5e-3
    weight_decay: float = 0.0
    observation_noise: float = 0.02
    state_noise: float = 0.5
    mixing: float = 0.0
    weight_limit: float = 10.0
    least_spread: float = 0.05

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        """Check every field; an error names field, value and what is allowed."""
        object.__setattr__(self, "hidden", tuple(self.hidden))
        if not all(1 <= width <= 4096 for width in self.hidden):
            raise SettingError("hidden", self.hidden, "widths from 1 to 4096")
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise SettingError(name, getattr(self, name), "at least 1")
        for name in ("learning_rate", "weight_limit", "least_spread"):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingError(name, getattr(self, name), "finite and above 0")
        for name in ("weight_decay", "observation_noise", "state_noise", "mixing"):
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingError(name, getattr(self, name), "finite and at least 0")
        for name in ("coupling_start", "coupling_ramp"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(name, getattr(self, name), "from 0 to 1")

    @classmethod
    def paper(cls) -> GuidedSettings:
        """Return what section 5 says: the reference is the global policy, in every iteration."""
        return cls(
            common_random_numbers=False,
            coupling_start=1.0,
            reference_covariance="global",
            state_noise=0.0,
        )
