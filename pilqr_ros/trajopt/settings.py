"""Every option of every method, in one validated record.

The defaults are the best setting known; `Settings.paper()` is the method to the paper's letter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from pilqr_ros.trajopt.cost import Curvature
from pilqr_ros.trajopt.errors import SettingError

_POSITIVE = (
    "prior_strength",
    "mixture_max_clusters",
    "mixture_min_samples",
    "mixture_rounds",
    "dynamics_ridge",
    "lqr_kl_start",
    "lqr_kl_end",
    "kl_passes",
    "kl_tolerance",
    "cross_fit_folds",
    "pi2_kl",
    "step_decrease_above",
    "step_multiplier_min",
    "step_multiplier_max",
    "min_action_std",
    "prior_trajectories",
)
_HISTORIES = ("history_weights", "pi2_history_weights")


@dataclass(frozen=True)
class Settings:
    """Options of PILQR, LQR-FLM and PI2.

    Attributes:
        history_weights: Weight of the newest batch of samples, of the one before it, and so on,
            in the fit of the dynamics; as many batches are used as there are weights.
        prior: Prior of the dynamics: a Gaussian mixture over (x, u, x'), one Gaussian, or none.
        prior_strength: How many observations the prior counts as.
        prior_trajectories: The prior is fitted to this many newest trajectories.
        mixture_max_clusters: Most clusters of the mixture.
        mixture_min_samples: The mixture has one cluster for every so many transitions at most.
        mixture_rounds: Most rounds of expectation-maximisation, from equal stretches of time.
        dynamics_ridge: Added to the diagonal of the joint covariance of (x, u, x').
        cost_curvature: The quadratic cost has the second derivatives of the loss, or is its
            majorant, see `cost`: the same slope, least at the target itself.
        lqr_kl_start: KL step of LQR-FLM at the first time step, before its multiplier.
        lqr_kl_end: KL step of LQR-FLM at the last time step; linear in between.
        kl_expectation: The states over which LQR-FLM's KL divergence is averaged: those of the
            old policy (Theorem 1) or of the new (footnote 1).
        kl_passes: Most backward passes for the KL divergence under the new policy's states.
        kl_tolerance: Relative change of the multipliers at which these passes end.
        value_function: LQR-FLM looks ahead with the new policy's value function (appendix 8.1),
            or with the old policy's (Theorem 1 over many steps).
        lqr_covariance: PILQR's LQR-FLM stage updates the covariance as in appendix 8.1, or keeps
            it and leaves it to PI2. (LQR-FLM alone always updates it.)
        residual_start: The fitted model is simulated from every sampled (x_t, u_t) (the paper), or
            once from the mean initial state (the authors' code).
        cross_fit_folds: Each of so many folds of samples is predicted with dynamics that were
            fitted without it; 1 predicts all samples with the dynamics fitted to all.
        direct_model: Where it predicts the cost better out of fold, a map from the state at one
            time step straight to all later ones takes the place of the chain of one-step models,
            see `direct_model`. It needs at least two folds.
        noise_source: PI2 and the simulations take xi from the applied action,
            ``L^-1 (u - K x - k)``, or as recorded; they differ where a limit changed the action.
        pi2_kl: KL step epsilon of PI2's weights (equation 4).
        pi2_history_weights: Prior weight of the newest batch's samples in PI2, of those of the
            batch before, and so on; as many batches are used as there are weights.
        pi2_baseline: PI2's mean moves by what the weights are more than the prior ones, so that
            weights that know nothing do not move it; without, by all of the weighted noise.
        temperature_cost: The dual of equation 4 is solved on the total cost-to-go, on the residual
            cost-to-go, or on both, taking the larger temperature. PI2 alone has only the total.
        pi2_fallback_to_cost: Where the residual varies more than the cost, weight by the cost.
        covariance_update: One ratio for each joint ('joint': of all time steps together, about the
            old mean), weighted maximum likelihood of the whole covariance at each time step
            ('full'), only of its trace ('scalar'), or no update ('keep').
        covariance_estimator: For 'full' and 'scalar', the covariance of PI2's weighted samples with
            or without the bias of maximum likelihood, which shrinks the noise by a part of about
            one over the effective number of samples in every update.
        covariance_damping: 'scalar' takes this root of the ratio of traces; 'full' goes the
            reciprocal of it of the way. At least 1.
        covariance_ratio_min: Least factor on the variance of a joint, for 'full' and 'scalar' in
            any direction, in one update.
        covariance_ratio_max: Largest such factor; 1 lets PI2 only shrink the noise. Where torques
            saturate, the applied noise also holds what the limits cut off the mean action, and
            without a bound the noise grows beyond the limits themselves.
        min_action_std: No action has a standard deviation below this in any direction [N m],
            whatever an update did to the covariance, and if it left it alone, too.
        noise_size: The noise shrinks by the calendar of `anneal_*`, or where it costs more than the
            mean policy gains ('evidence', see `noise_size`; the last rollout of an iteration then
            has no noise, and the ratios of 'joint' tell the noise's shape alone).
        anneal_share: Share of a run's updates, its last, in which the calendar shrinks the noise:
            until then it explores, from then on the policy settles.
        anneal_to: What all of them together multiply its standard deviation with, above 0.
        step_rule: The KL step follows the present ratio of residual to cost, or the step before,
            halved or doubled, see `step_rule`.
        step_ratio: The residual is compared with the cost by mean absolute values or by standard
            deviations over the samples.
        step_decrease_above: With `step_rule: memory`, the ratio of residual to cost above which the
            KL step is halved.
        step_increase_below: The ratio below which it is doubled.
        step_multiplier_min: Least multiplier of the KL step.
        step_multiplier_max: Largest multiplier of the KL step.
    """

    history_weights: tuple[float, ...] = (1.0, 0.7, 0.49)
    prior: Literal["gmm", "gaussian", "none"] = "gaussian"
    prior_strength: float = 1.0
    prior_trajectories: int = 20
    mixture_max_clusters: int = 20
    mixture_min_samples: int = 40
    mixture_rounds: int = 3
    dynamics_ridge: float = 1e-6
    cost_curvature: Curvature = "exact"
    lqr_kl_start: float = 0.4
    lqr_kl_end: float = 0.2
    kl_expectation: Literal["old", "new"] = "new"
    kl_passes: int = 2
    kl_tolerance: float = 0.1
    value_function: Literal["new", "old"] = "new"
    lqr_covariance: Literal["update", "keep"] = "keep"
    residual_start: Literal["sample", "mean"] = "mean"
    cross_fit_folds: int = 5
    direct_model: bool = True
    noise_source: Literal["applied", "recorded"] = "applied"
    pi2_kl: float = 1.0
    pi2_history_weights: tuple[float, ...] = (1.0, 0.7, 0.49)
    pi2_baseline: bool = True
    temperature_cost: Literal["total", "residual", "larger"] = "larger"
    pi2_fallback_to_cost: bool = True
    covariance_update: Literal["joint", "full", "scalar", "keep"] = "joint"
    covariance_estimator: Literal["unbiased", "maximum-likelihood"] = "unbiased"
    covariance_damping: float = 3.0
    covariance_ratio_min: float = 0.6
    covariance_ratio_max: float = 1.6
    min_action_std: float = 1e-6
    noise_size: Literal["calendar", "evidence"] = "calendar"
    anneal_share: float = 0.6
    anneal_to: float = 0.05
    step_rule: Literal["ratio", "memory"] = "ratio"
    step_ratio: Literal["mean-abs", "std"] = "std"
    step_decrease_above: float = 1.0
    step_increase_below: float = 0.8
    step_multiplier_min: float = 0.01
    step_multiplier_max: float = 10.0

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        """Check every field; an error names field, value and what is allowed."""
        for name in _HISTORIES:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for field in fields(self):
            _check_type(field.name, getattr(self, field.name))
        for name in _POSITIVE:
            if not 0 < getattr(self, name) < math.inf:
                raise SettingError(name, getattr(self, name), "finite and above 0")
        self._check_ranges()

    def _check_ranges(self) -> None:
        checks = {
            **{name: _valid_history(getattr(self, name)) for name in _HISTORIES},
            "covariance_damping": (1 <= self.covariance_damping < math.inf, "at least 1"),
            "covariance_ratio_min": (0 < self.covariance_ratio_min <= 1, "above 0, at most 1"),
            "covariance_ratio_max": (1 <= self.covariance_ratio_max < math.inf, "at least 1"),
            "direct_model": (
                not self.direct_model or self.cross_fit_folds > 1,
                "false where cross_fit_folds is 1",
            ),
            "anneal_share": (0 <= self.anneal_share <= 1, "from 0 to 1"),
            "anneal_to": (0 < self.anneal_to <= 1, "above 0, at most 1"),
            "step_increase_below": (
                0 <= self.step_increase_below <= self.step_decrease_above,
                "at least 0, at most step_decrease_above",
            ),
            "step_multiplier_min": (
                self.step_multiplier_min <= 1 <= self.step_multiplier_max,
                "at most 1, with step_multiplier_max at least 1",
            ),
        }
        for name, (valid, allowed) in checks.items():
            if not valid:
                raise SettingError(name, getattr(self, name), allowed)

    @classmethod
    def default(cls) -> Settings:
        """Return the best setting known."""
        return cls()

    @classmethod
    def paper(cls) -> Settings:
        """Return the method to the paper's letter, with its published hyperparameters."""
        return cls(
            history_weights=(1.0,),
            prior="gmm",
            cost_curvature="exact",
            lqr_kl_start=0.4,
            lqr_kl_end=0.2,
            kl_expectation="new",
            lqr_covariance="update",
            residual_start="sample",
            cross_fit_folds=1,
            direct_model=False,
            noise_source="recorded",
            temperature_cost="total",
            pi2_fallback_to_cost=False,
            pi2_history_weights=(1.0,),
            pi2_baseline=False,
            covariance_update="scalar",
            covariance_estimator="maximum-likelihood",
            covariance_damping=10.0,
            covariance_ratio_min=1e-12,
            covariance_ratio_max=1e12,
            anneal_share=0.0,
            step_rule="memory",
            step_ratio="mean-abs",
            step_decrease_above=0.2,
            step_increase_below=0.05,
        )


def _valid_history(weights: tuple[float, ...]) -> tuple[bool, str]:
    valid = len(weights) > 0 and all(0 < weight < math.inf for weight in weights)
    return valid, "numbers above 0, at least one"


_HINTS: dict[str, Any] = get_type_hints(Settings)


def _check_type(name: str, value: object) -> None:
    """Raise SettingError unless the value has the type that its field is annotated with."""
    hint = _HINTS[name]
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise SettingError(name, value, " | ".join(get_args(hint)))
    elif get_origin(hint) is tuple:
        if not all(_is_number(item, float) for item in value):  # type: ignore[attr-defined]
            raise SettingError(name, value, "a list of numbers")
    elif hint is bool:
        if not isinstance(value, bool):
            raise SettingError(name, value, "true | false")
    elif not _is_number(value, hint):
        raise SettingError(name, value, "a whole number" if hint is int else "a number")


def _is_number(value: object, kind: type) -> bool:
    """Tell whether the value is a number of that kind; a bool is none."""
    allowed = int if kind is int else (int, float)
    return isinstance(value, allowed) and not isinstance(value, bool)
