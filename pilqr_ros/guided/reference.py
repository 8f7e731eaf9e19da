"""What a local update is constrained against: the global policy, and at first mostly the local one.

    reference_t = N((1 - c) (K_local x + k_local) + c (K_global x + k_global), Sigma)

With c = 1 and the global policy's covariance this is section 5 of the paper. The network's first
fits miss more of a local policy than an update changes of it, and what a condition has just learned
is lost again; so c, the coupling, begins small and rises to 1, when there is something to agree on.
"""

from __future__ import annotations

from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.tvlg import TVLGPolicy


def coupling(settings: GuidedSettings, iteration: int, iterations: int) -> float:
    """Return c in an iteration of so many: it rises linearly over `coupling_ramp` of them."""
    ramp = settings.coupling.ramp * iterations
    done = 1.0 if iteration >= ramp else iteration / ramp
    return settings.coupling.start + (1.0 - settings.coupling.start) * done


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
