"""Every option of every method, in one validated record, grouped by what it steers.

The defaults are the best setting known; `Settings.paper()` is the method to the paper's letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pilqr_ros.trajopt.cost import Curvature
from pilqr_ros.trajopt.setting import SettingGroups, SettingSection, setting


@dataclass(frozen=True)
class DynamicsSettings(SettingSection):
    """The fitted model, and how the residual of the cost is taken from it.

    Attributes:
        history_weights: Weight of the newest batch of samples, of the one before it, and so on, in
            the fit; as many batches are used as there are weights. Longer or larger: a steadier
            model of few rollouts, which lags behind where the policy moves fast.
        prior: Prior of the fit: a Gaussian mixture over (x, u, x'), one Gaussian, or none.
        prior_strength: How many observations the prior counts as. Larger: the model leans on what
            is alike in all time steps, steadier, and blurred at a contact.
        prior_trajectories: The prior is fitted to this many newest trajectories. More: a prior of
            older rollouts, too, from where the policy may have left.
        ridge: Added to the diagonal of the joint covariance of (x, u, x'). Larger: weaker feedback
            where states hardly vary; too small: gains that noise made.
        residual_start: The fitted model is simulated from every sampled (x_t, u_t) (the paper), or
            once from the mean initial state (the authors' code).
        cross_fit_folds: Each of so many folds of samples is predicted with dynamics that were
            fitted without it; 1 predicts all samples with the dynamics fitted to all. More: an
            honester residual from few rollouts, and slower updates.
        direct_model: Where it predicts the cost better out of fold, a map from the state at one
            time step straight to all later ones takes the place of the chain of one-step models,
            see `direct_model`. It needs at least two folds.
        noise_source: PI2 and the simulations take xi from the applied action,
            ``L^-1 (u - K x - k)``, or as recorded; they differ where a limit changed the action.
    """

    NAME: ClassVar[str] = "dynamics"

    history_weights: tuple[float, ...] = setting((1.0, 0.7, 0.49), exclusiveMinimum=0)
    prior: Literal["gmm", "gaussian", "none"] = "gaussian"
    prior_strength: float = setting(1.0, exclusiveMinimum=0)
    prior_trajectories: int = setting(20, minimum=1)
    ridge: float = setting(1e-6, exclusiveMinimum=0)
    residual_start: Literal["sample", "mean"] = "mean"
    cross_fit_folds: int = setting(5, minimum=1)
    direct_model: bool = True
    noise_source: Literal["applied", "recorded"] = "applied"

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            SettingError: A value is not allowed.
        """
        super().__post_init__()
        if self.direct_model and self.cross_fit_folds == 1:
            self.refuse("direct_model", "false where cross_fit_folds is 1")


@dataclass(frozen=True)
class LqrSettings(SettingSection):
    """The model-based update, LQR-FLM.

    Attributes:
        cost_curvature: The quadratic cost has the second derivatives of the loss, or is its
            majorant, see `cost`: the same slope, least at the target itself.
        kl_start: KL step at the first time step, before its multiplier. Larger: fewer iterations,
            and sooner steps that are worse and halved; smaller: slower, steadier.
        kl_end: KL step at the last time step; linear in between. Larger or smaller: as `kl_start`,
            late in the rollout.
        kl_expectation: The states over which the KL divergence is averaged: those of the old
            policy (Theorem 1) or of the new (footnote 1).
        kl_passes: Most backward passes for the KL divergence under the new policy's states. More:
            the step is nearer to the wanted one (`lqr_kl` in the report), an update takes longer.
        kl_tolerance: Relative change of the multipliers at which these passes end. Smaller: as more
            passes.
        value_function: It looks ahead with the new policy's value function (appendix 8.1), or with
            the old policy's (Theorem 1 over many steps).
        covariance: In PILQR it updates the covariance as in appendix 8.1, or keeps it and leaves
            it to PI2. (LQR-FLM alone always updates it.)
    """

    NAME: ClassVar[str] = "lqr"

    cost_curvature: Curvature = "exact"
    kl_start: float = setting(0.4, exclusiveMinimum=0)
    kl_end: float = setting(0.2, exclusiveMinimum=0)
    kl_expectation: Literal["old", "new"] = "new"
    kl_passes: int = setting(2, minimum=1)
    kl_tolerance: float = setting(0.1, exclusiveMinimum=0)
    value_function: Literal["new", "old"] = "new"
    covariance: Literal["update", "keep"] = "keep"


@dataclass(frozen=True)
class Pi2Settings(SettingSection):
    """The model-free update, PI2.

    Attributes:
        kl: KL step epsilon of the weights (equation 4). Larger: the few best rollouts decide, and
            luck with them; smaller: the cost falls more slowly, and more steadily.
        history_weights: Prior weight of the newest batch's samples, of those of the batch before,
            and so on; as many batches are used as there are weights. Longer or larger: less luck in
            an update, whose samples are of older policies, too.
        temperature_cost: The dual of equation 4 is solved on the total cost-to-go, on the residual
            cost-to-go, or on both, taking the larger temperature. PI2 alone has only the total.
        fallback_to_cost: Where the residual varies more than the cost, weight by the cost.
    """

    NAME: ClassVar[str] = "pi2"

    kl: float = setting(1.0, exclusiveMinimum=0)
    history_weights: tuple[float, ...] = setting((1.0, 0.7, 0.49), exclusiveMinimum=0)
    temperature_cost: Literal["total", "residual", "larger"] = "larger"
    fallback_to_cost: bool = True


@dataclass(frozen=True)
class CovarianceSettings(SettingSection):
    """PI2's update of the exploration noise.

    Attributes:
        update: Weighted maximum likelihood of the whole covariance at each time step ('full'), only
            of its trace ('scalar'), or no update ('keep').
        estimator: The covariance of the weighted samples with or without the bias of maximum
            likelihood, which shrinks the noise by a part of about one over the effective number of
            samples in every update.
        damping: 'scalar' takes this root of the ratio of traces; 'full' goes the reciprocal of it
            of the way. Larger: the noise changes its size and shape more slowly.
        ratio_min: Least factor on the variance in any direction in one update. Smaller: the noise
            may fall away in a few updates, before the task is learned.
        ratio_max: Largest such factor; 1 lets PI2 only shrink the noise. Where torques saturate,
            the applied noise also holds what the limits cut off the mean action, and without a
            bound the noise grows beyond the limits themselves.
        min_action_std: No action has a standard deviation below this in any direction [N m],
            whatever an update did to the covariance, and if it left it alone, too. Larger: the last
            iterations go on exploring, and their rollouts stay noisy.
    """

    NAME: ClassVar[str] = "covariance"

    update: Literal["full", "scalar", "keep"] = "scalar"
    estimator: Literal["unbiased", "maximum-likelihood"] = "unbiased"
    damping: float = setting(3.0, minimum=1)
    ratio_min: float = setting(0.6, exclusiveMinimum=0, maximum=1)
    ratio_max: float = setting(1.6, minimum=1)
    min_action_std: float = setting(1e-6, exclusiveMinimum=0)


@dataclass(frozen=True)
class AnnealingSettings(SettingSection):
    """How the size of the exploration noise falls over a run.

    Attributes:
        rule: Where the noise costs more than an iteration gains ('evidence', see `noise_size`; the
            last rollout of an iteration then has no noise), or by the calendar of `share` and `to`.
        share: Share of a run's updates, its last, in which the calendar shrinks the noise: until
            then it explores, from then on the policy settles. Larger: the noise begins to fall
            earlier, so that the curve settles sooner, perhaps short of the goal.
        to: What all of them together multiply its standard deviation with. Smaller: the last
            rollouts are nearly those without noise, and learn next to nothing.
    """

    NAME: ClassVar[str] = "annealing"

    rule: Literal["evidence", "calendar"] = "evidence"
    share: float = setting(0.6, minimum=0, maximum=1)
    to: float = setting(0.05, exclusiveMinimum=0, maximum=1)


@dataclass(frozen=True)
class StepRuleSettings(SettingSection):
    """The KL step of LQR-FLM, from how much of the cost its model explains.

    Attributes:
        kind: It follows the present ratio of residual to cost, or is the step before, halved or
            doubled ('memory'), see `step_rule`.
        measure: The residual is compared with the cost by mean absolute values or by standard
            deviations over the samples.
        decrease_above: With memory, the ratio above which the step is halved. Smaller: steps shrink
            at a smaller error of the model.
        increase_below: The ratio below which it is doubled. Larger: steps grow again sooner.
        multiplier_min: Least multiplier of the step. Larger: the policy still moves where the model
            explains nothing.
        multiplier_max: Largest multiplier of the step. Larger: longer steps where the model
            explains the cost well; above 5 it counts with memory alone.
    """

    NAME: ClassVar[str] = "step_rule"

    kind: Literal["ratio", "memory"] = "ratio"
    measure: Literal["mean-abs", "std"] = "std"
    decrease_above: float = setting(1.0, exclusiveMinimum=0)
    increase_below: float = setting(0.8, minimum=0)
    multiplier_min: float = setting(0.01, exclusiveMinimum=0, maximum=1)
    multiplier_max: float = setting(10.0, minimum=1)

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            SettingError: A value is not allowed.
        """
        super().__post_init__()
        if self.increase_below > self.decrease_above:
            self.refuse("increase_below", "at least 0, at most decrease_above")


@dataclass(frozen=True)
class Settings(SettingGroups):
    """Options of PILQR, LQR-FLM and PI2.

    Attributes:
        dynamics: The fitted model.
        lqr: The model-based update.
        pi2: The model-free update.
        covariance: Its update of the noise.
        annealing: How the size of the noise falls.
        step_rule: The KL step of the model-based update.
    """

    dynamics: DynamicsSettings = DynamicsSettings()
    lqr: LqrSettings = LqrSettings()
    pi2: Pi2Settings = Pi2Settings()
    covariance: CovarianceSettings = CovarianceSettings()
    annealing: AnnealingSettings = AnnealingSettings()
    step_rule: StepRuleSettings = StepRuleSettings()

    @classmethod
    def default(cls) -> Settings:
        """Return the best setting known."""
        return cls()

    @classmethod
    def paper(cls) -> Settings:
        """Return the method to the paper's letter, with its published hyperparameters."""
        return cls(
            DynamicsSettings(
                history_weights=(1.0,),
                prior="gmm",
                residual_start="sample",
                cross_fit_folds=1,
                direct_model=False,
                noise_source="recorded",
            ),
            LqrSettings(
                cost_curvature="exact",
                kl_start=0.4,
                kl_end=0.2,
                kl_expectation="new",
                covariance="update",
            ),
            Pi2Settings(
                history_weights=(1.0,),
                temperature_cost="total",
                fallback_to_cost=False,
            ),
            CovarianceSettings(
                update="scalar",
                estimator="maximum-likelihood",
                damping=10.0,
                ratio_min=1e-12,
                ratio_max=1e12,
            ),
            AnnealingSettings(rule="calendar", share=0.0),
            StepRuleSettings(
                kind="memory", measure="mean-abs", decrease_above=0.2, increase_below=0.05
            ),
        )
