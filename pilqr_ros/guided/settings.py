"""Every option of guided policy search, in one validated record, grouped by what it steers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pilqr_ros.trajopt.setting import SettingGroups, SettingSection, setting


@dataclass(frozen=True)
class NetworkSettings(SettingSection):
    """The neural policy.

    Attributes:
        hidden: Widths of the hidden layers; none for a linear policy. Wider or more of them: finer
            policies, which take more examples and time to fit.
    """

    NAME: ClassVar[str] = "network"
    MAY_BE_EMPTY: ClassVar[tuple[str, ...]] = ("hidden",)

    hidden: tuple[int, ...] = setting((42, 42), minimum=1, maximum=4096)


@dataclass(frozen=True)
class CouplingSettings(SettingSection):
    """What the update of a local policy is constrained against, see `reference`.

    Attributes:
        start: How far the reference is from the local policy (0) towards the global one (1) in the
            first iteration. Without effect on rollouts from the global policy, which are
            constrained against it. Larger: the conditions' policies stay alike from the first
            iteration on, and each learns more slowly.
        ramp: Share of a run's iterations over which this rises to 1. Larger: they go their own ways
            for longer, and have less time to agree.
        branching: Share of a run's iterations over which the reference goes from what the global
            policy does in all conditions on average to what it does in the condition at hand; 0:
            that from the first iteration on. Larger: what lies between the conditions is learned
            more often, and each is learned later.
        covariance: Whose covariance the reference has. With the global policy's, one condition
            that is learned takes the noise from all others.
    """

    NAME: ClassVar[str] = "coupling"

    start: float = setting(0.2, minimum=0, maximum=1)
    ramp: float = setting(0.6, minimum=0, maximum=1)
    branching: float = setting(0.4, minimum=0, maximum=1)
    covariance: Literal["local", "global"] = "local"


@dataclass(frozen=True)
class SupervisedSettings(SettingSection):
    """The supervised step: its examples, and Adam.

    Attributes:
        epochs: Passes over the data in one supervised step. More: a lower loss (`loss_after` in
            supervised.json), and a longer step.
        batch_size: Examples of one step of Adam. Larger: a smoother, slower descent of the loss.
        learning_rate: Adam's, at first; it falls linearly to a tenth. Larger: the loss falls
            faster, until it jumps.
        weight_decay: Adam's; of normalised inputs and outputs. Larger: a smoother network that
            misses the local policies by more.
        observation_noise: Standard deviation of the noise on observations in training, as a part of
            each entry's own. Larger: less is made of small differences of what is observed.
        state_noise: Examples move about as their states lie about each other, times this, and the
            target follows the local policy's feedback. Larger: it holds farther from what was
            visited, and fits less exactly there.
        mixing: So many examples more, as a part of all, lie on the line between two conditions'
            examples of the same time step, and so do their targets: what between two goals is to be
            done is taken to be between what is done for both. Larger: better between trained goals
            where swings are alike, worse at them where they are not.
        max_weight: Largest weight of an example, by its precision, relative to the median. Larger:
            time steps of a precise policy count more, the others are missed by more.
        min_std: Entries that vary less than this (SI units) are normalised as if by it. Larger:
            entries that hardly move count less.
    """

    NAME: ClassVar[str] = "supervised"

    epochs: int = setting(150, minimum=1)
    batch_size: int = setting(250, minimum=1)
    learning_rate: float = setting(5e-3, exclusiveMinimum=0)
    weight_decay: float = setting(0.0, minimum=0)
    observation_noise: float = setting(0.02, minimum=0)
    state_noise: float = setting(0.5, minimum=0)
    mixing: float = setting(0.0, minimum=0)
    max_weight: float = setting(10.0, exclusiveMinimum=0)
    min_std: float = setting(0.05, exclusiveMinimum=0)


@dataclass(frozen=True)
class GuidedSettings(SettingGroups):
    """Options of the global policy and of its training.

    Attributes:
        network: The neural policy.
        coupling: What local updates are constrained against.
        supervised: The supervised step.
        common_random_numbers: A rollout has the same noise and start jitter in all conditions, so
            that their policies differ by what the conditions ask for, and not by chance: what lies
            between two conditions is then between their policies, too.
        sample_from: Rollouts are drawn from the local policies or from the global one.
        linearisation: How the global policy is linearised around rollouts, see `linearisation`.
    """

    network: NetworkSettings = NetworkSettings()
    coupling: CouplingSettings = CouplingSettings()
    supervised: SupervisedSettings = SupervisedSettings()
    common_random_numbers: bool = True
    sample_from: Literal["local", "global"] = "local"
    linearisation: Literal["jacobian", "regression"] = "jacobian"

    @classmethod
    def paper(cls) -> GuidedSettings:
        """Return what section 5 says: the reference is the global policy, in every iteration."""
        return cls(
            coupling=CouplingSettings(start=1.0, branching=0.0, covariance="global"),
            supervised=SupervisedSettings(state_noise=0.0),
            common_random_numbers=False,
        )
