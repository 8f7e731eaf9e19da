"""What local updates are constrained against."""

import numpy as np
import pytest

from pilqr_ros.guided.reference import coupling, reference
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.tvlg import TVLGPolicy

T, DX, DU = 3, 4, 2


def make_policy(seed):
    rng = np.random.default_rng(seed)
    L = np.tril(rng.uniform(0.5, 1.0, (T, DU, DU)))
    return TVLGPolicy(rng.standard_normal((T, DU, DX)), rng.standard_normal((T, DU)), L)


def test_coupling_rises_linearly_over_its_share_of_the_run_and_stays():
    settings = GuidedSettings().changed(coupling={"start": 0.2, "ramp": 0.5})
    found = [coupling(settings, iteration, 8) for iteration in range(8)]
    np.testing.assert_allclose(found, [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0])


def test_without_a_ramp_the_coupling_is_whole_from_the_first_iteration_on():
    settings = GuidedSettings().changed(coupling={"start": 0.2, "ramp": 0.0})
    assert coupling(settings, 0, 10) == 1.0


def test_the_papers_reference_is_the_global_policy():
    settings, local, linearised = GuidedSettings.paper(), make_policy(0), make_policy(1)
    found = reference(local, linearised, coupling(settings, 0, 10), settings)
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(found, name), getattr(linearised, name))


def test_without_coupling_the_reference_is_the_local_policy():
    local = make_policy(0)
    found = reference(
        local, make_policy(1), 0.0, GuidedSettings().changed(coupling={"covariance": "local"})
    )
    for name in ("K", "k", "L"):
        np.testing.assert_array_equal(getattr(found, name), getattr(local, name))


def test_the_references_action_lies_between_those_of_both_policies():
    local, linearised = make_policy(0), make_policy(1)
    found = reference(local, linearised, 0.25, GuidedSettings())
    x, none = np.random.default_rng(2).standard_normal(DX), np.zeros(DU)
    for t in range(T):
        wanted = 0.75 * local.act(t, x, none) + 0.25 * linearised.act(t, x, none)
        np.testing.assert_allclose(found.act(t, x, none), wanted)


@pytest.mark.parametrize("name", ["start", "ramp"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_coupling_outside_0_to_1_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=f"coupling.{name}"):
        GuidedSettings().changed(coupling={name: value})
