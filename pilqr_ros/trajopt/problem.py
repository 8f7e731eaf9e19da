"""What one update is given: samples of a policy, their cost, and what was learned before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pilqr_ros.trajopt.batch import Batch, require_finite
from pilqr_ros.trajopt.cost import TrajectoryCost
from pilqr_ros.trajopt.errors import SettingError, ShapeError, UpdateError
from pilqr_ros.trajopt.factors import solve
from pilqr_ros.trajopt.sample_history import SampleRecord
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array


class Iteration(NamedTuple):
    """Which update of a run it is: how many were done before it, and how many there are in all."""

    done: int
    total: int


@dataclass(frozen=True)
class Problem:
    """The arguments of one update of one condition's policy.

    Attributes:
        policy: The policy that the last batch was sampled from.
        batches: The history of this condition, oldest first; the earlier ones help to fit the
            dynamics, and tell what the noise cost.
        cost: The cost that the samples were given.
        settings: Options of every method.
        step_multiplier: Multipliers of LQR-FLM's KL step, ``(T,)``; ones if not given.
        action_limits: Actions simulated by the fitted model are clipped to +- these, ``(dU,)``
            [N m]; None clips none.
        reference: The policy that the new one is constrained against (section 5: the linearised
            global policy); None: `policy`.
        iteration: Which update of the run this is; None if that is not known, and then the calendar
            shrinks no noise.
        history: What the updates before this one returned as `samples`, oldest first.
        prior_batches: Samples of before all of `batches`, oldest first, of an arm or a world that
            may have been another: they help to fit the dynamics, and tell nothing of the cost.
    """

    policy: TVLGPolicy
    batches: Sequence[Batch]
    cost: TrajectoryCost
    settings: Settings = field(default_factory=Settings)
    step_multiplier: Array | None = None
    action_limits: Array | None = None
    reference: TVLGPolicy | None = None
    iteration: Iteration | None = None
    history: Sequence[SampleRecord] = ()
    prior_batches: Sequence[Batch] = ()

    @property
    def anchor(self) -> TVLGPolicy:
        """The policy that the new one is constrained against: the reference, else the sampled."""
        return self.policy if self.reference is None else self.reference

    @property
    def batch(self) -> Batch:
        """The samples of the policy."""
        return self.batches[-1]

    @cached_property
    def multiplier(self) -> Array:
        """The multipliers of LQR-FLM's KL step, ``(T,)``."""
        return np.ones(self.policy.T) if self.step_multiplier is None else self.step_multiplier

    @cached_property
    def noise(self) -> Array:
        """The samples' unit noise, as recorded or from the applied actions, ``(N, T, dU)``."""
        policy, batch = self.policy, self.batch
        if self.settings.dynamics.noise_source == "recorded":
            return batch.noise
        x, u = batch.states.swapaxes(0, 1), batch.actions.swapaxes(0, 1)
        explored = u - x @ policy.K.swapaxes(-1, -2) - policy.k[:, None]
        return solve(policy.L, explored.swapaxes(-1, -2)).transpose(2, 0, 1)

    def check(self) -> None:
        """Check that everything fits together and is finite.

        Raises:
            SettingError: A multiplier is not above 0.
            ShapeError: The arguments do not fit together.
            UpdateError: A policy is not finite, or its covariance is singular.
        """
        self._check_shapes()
        _check_policy(self.policy, "policy")
        if not np.all((self.multiplier > 0) & np.isfinite(self.multiplier)):
            raise SettingError("step_multiplier", self.step_multiplier, "finite and above 0")
        if self.anchor.K.shape != self.policy.K.shape:
            raise ShapeError("the reference's K", self.anchor.K.shape, str(self.policy.K.shape))
        _check_policy(self.anchor, "reference")

    def _check_shapes(self) -> None:
        policy, cost = self.policy, self.cost
        T, dX, dU = policy.T, policy.dX, policy.dU
        if len(self.batches) == 0:
            raise ShapeError("batches", (0,), "at least one batch")
        for batch in (*self.prior_batches, *self.batches):
            if batch.states.shape[1:] != (T, dX):
                raise ShapeError("states", batch.states.shape, f"(N, {T}, {dX})")
            if batch.actions.shape[2] != dU:
                raise ShapeError("actions", batch.actions.shape, f"(N, {T}, {dU})")
        if (cost.T, cost.dX, cost.dU) != (T, dX, dU):
            sizes = (cost.T, cost.dX, cost.dU)
            raise ShapeError("(T, dX, dU) of the cost", sizes, f"{(T, dX, dU)}")
        if self.multiplier.shape != (T,):
            raise ShapeError("step_multiplier", self.multiplier.shape, f"({T},)")
        for each in self.history:
            if each.noise.shape[1:] != (T, dU):
                raise ShapeError("noise of an earlier batch", each.noise.shape, f"(N, {T}, {dU})")
        if self.action_limits is not None and self.action_limits.shape != (dU,):
            raise ShapeError("action_limits", self.action_limits.shape, f"({dU},)")


def require_definite(policy: TVLGPolicy, reason: str) -> None:
    """Check that a policy's noise reaches every action.

    Raises:
        UpdateError: Its covariance is singular at a time step.
    """
    diagonal = np.diagonal(policy.L, axis1=1, axis2=2)
    singular = np.any(diagonal**2 <= 0.0, axis=1)
    if singular.any():
        raise UpdateError(reason, int(np.argmax(singular)))


def _check_policy(policy: TVLGPolicy, name: str) -> None:
    for part in ("K", "k", "L"):
        require_finite(f"the {name}'s {part}", getattr(policy, part))
    require_definite(policy, f"the {name}'s covariance is singular")
