"""What local updates are constrained against."""

import numpy as np
import pytest

from pilqr_ros.guided.reference import branched, coupling, reference, shared
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


def test_what_is_shared_falls_linearly_over_its_share_of_the_run_and_is_gone():
    settings = GuidedSettings().changed(coupling={"branching": 0.5})
    found = [shared(settings, iteration, 8) for iteration in range(8)]
    np.testing.assert_allclose(found, [1.0, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0])


def test_without_branching_nothing_is_shared():
    settings = GuidedSettings().changed(coupling={"branching": 0.0})
    assert shared(settings, 0, 10) == 0.0


def test_a_branched_action_lies_between_the_own_one_and_the_mean_of_all():
    own, other = make_policy(0), make_policy(1)
    found = branched(own, [own, other], 0.5)
    x, none = np.random.default_rng(2).standard_normal(DX), np.zeros(DU)
    for t in range(T):
        wanted = 0.75 * own.act(t, x, none) + 0.25 * other.act(t, x, none)
        np.testing.assert_allclose(found.act(t, x, none), wanted)
    np.testing.assert_array_equal(found.L, own.L)


def test_where_all_conditions_do_the_same_branching_changes_nothing():
    own = make_policy(0)
    found = branched(own, [own, own, own], 0.7)
    np.testing.assert_allclose(found.K, own.K, rtol=1e-14)
    np.testing.assert_allclose(found.k, own.k, rtol=1e-14)


@pytest.mark.parametrize("name", ["start", "ramp", "branching"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_coupling_outside_0_to_1_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=f"coupling.{name}"):
        GuidedSettings().changed(coupling={name: value})
