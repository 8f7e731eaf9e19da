"""What a local update is constrained against: the global policy, and at first mostly the local one.

    reference_t = N((1 - c) (K_local x + k_local) + c (K_global x + k_global), Sigma)

With c = 1 and the global policy's covariance this is section 5 of the paper. The network's first
fits miss more of a local policy than an update changes of it, and what a condition has just learned
is lost again; so c, the coupling, begins small and rises to 1, when there is something to agree on.

Conditions that differ in what is observed of them alone (a goal's position) can be met by motions
that have nothing in common, and between two such motions there is none. So they branch off: the
global policy is at first what it does in these states for all conditions on average, then

    K_global = (1 - s) K_own + s mean_g K_g,    k_global likewise,

with K_g what it does in the states of this condition when it observes what is constant in g. The
share s in common falls from 1 to 0. Where conditions observe the same constants, nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def coupling(settings: GuidedSettings, iteration: int, iterations: int) -> float:
    """Return c in an iteration of so many: it rises linearly over `coupling.ramp` of them."""
    ramp = settings.coupling.ramp * iterations
    done = 1.0 if iteration >= ramp else iteration / ramp
    return settings.coupling.start + (1.0 - settings.coupling.start) * done


def shared(settings: GuidedSettings, iteration: int, iterations: int) -> float:
    """Return s in an iteration of so many: it falls linearly over `coupling.branching` of them."""
    branching = settings.coupling.branching * iterations
    return 0.0 if iteration >= branching else 1.0 - iteration / branching


def branched(own: TVLGPolicy, all_of_them: Sequence[TVLGPolicy], s: float) -> TVLGPolicy:
    """Return what lies between a condition's policy and the mean of all conditions' policies.

    Args:
        own: The linearised global policy in the states of a condition, with its observations.
        all_of_them: The same for each condition's constants, in the same states.
        s: The share in common, 0 (`own`) to 1 (the mean).
    """
    K, k = (
        (1.0 - s) * getattr(own, name)
        + s * np.mean([getattr(g, name) for g in all_of_them], axis=0)
        for name in ("K", "k")
    )
    return TVLGPolicy(K, k, own.L)


def reference(
    local: TVLGPolicy, linearised: TVLGPolicy, c: float, settings: GuidedSettings
) -> TVLGPolicy:
    """Return the policy that a local update is constrained against.

    Args:
        local: The condition's policy before the update.
        linearised: The global policy there, see `linearisation`.
        c: The coupling, 0 (the local policy's mean) to 1 (the global policy's).
        settings: Option `coupling.covariance`.
    """
    K, k = ((1.0 - c) * a + c * b for a, b in ((local.K, linearised.K), (local.k, linearised.k)))
    L = local.L if settings.coupling.covariance == "local" else linearised.L
    return TVLGPolicy(K, k, L)
