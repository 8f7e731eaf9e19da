import pytest
from pydantic import TypeAdapter, ValidationError

from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.settings import AnnealingSettings, DynamicsSettings, LqrSettings, Settings


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("dynamics.prior", "wishart", "gmm | gaussian | none"),
        ("dynamics.prior_strength", -1.0, "a number above 0"),
        ("dynamics.prior_strength", True, "a number"),
        ("lqr.kl_passes", 2.5, "a whole number"),
        ("pi2.fallback_to_cost", 1, "true | false"),
        ("dynamics.history_weights", (), "numbers above 0, at least one"),
        ("pi2.history_weights", (1.0, 0.0), "numbers above 0, at least one"),
        ("dynamics.history_weights", ("a",), "numbers above 0"),
        ("covariance.damping", 0.5, "at least 1"),
        ("covariance.ratio_min", 0.0, "above 0, at most 1"),
        ("covariance.ratio_max", 0.5, "at least 1"),
        ("annealing.share", -0.1, "at least 0, at most 1"),
        ("annealing.to", 1.5, "above 0, at most 1"),
        ("dynamics.direct_model", "yes", "true | false"),
        ("step_rule.kind", "none", "ratio | memory"),
        ("step_rule.increase_below", 5.0, "at most decrease_above"),
        ("step_rule.multiplier_min", 2.0, "at most 1"),
        ("pi2.kl", float("nan"), "a number above 0"),
        ("pi2.temperature", 1.0, "one of kl | history_weights"),
    ],
)
def test_a_wrong_setting_is_refused_with_path_value_and_what_is_allowed(name, value, allowed):
    section, _, field = name.partition(".")
    with pytest.raises(SettingError) as error:
        Settings().changed(**{section: {field: value}})
    assert f"{name} is {value!r}, allowed: " in str(error.value)
    assert allowed in str(error.value)


def test_an_unknown_section_is_refused_with_the_known_ones():
    with pytest.raises(SettingError, match=r"one of dynamics \| lqr"):
        Settings().changed(noise={"size": 1.0})


@pytest.mark.parametrize("given", [3, None, {"kl": 1.0}, LqrSettings()])
def test_what_is_no_section_is_refused_where_one_belongs(given):
    with pytest.raises(SettingError, match=r"pi2 is .*, allowed: a Pi2Settings"):
        Settings(pi2=given)


def test_a_single_number_is_no_list():
    with pytest.raises(SettingError, match=r"dynamics\.history_weights is 3, allowed: a list"):
        DynamicsSettings(history_weights=3)


def test_what_is_not_changed_stays():
    changed = Settings.paper().changed(pi2={"kl": 0.5}, annealing=AnnealingSettings(to=0.5))
    assert (changed.pi2.kl, changed.annealing.to) == (0.5, 0.5)
    assert changed.dynamics == Settings.paper().dynamics
    assert changed.pi2.history_weights == Settings.paper().pi2.history_weights


def test_a_direct_model_without_folds_to_judge_it_by_is_refused():
    with pytest.raises(SettingError, match=r"direct_model.*cross_fit_folds is 1"):
        Settings().changed(dynamics={"cross_fit_folds": 1})
    alone = Settings().changed(dynamics={"cross_fit_folds": 1, "direct_model": False})
    assert not alone.dynamics.direct_model


def test_the_named_settings_are_valid_and_differ():
    assert Settings.default() == Settings()
    assert Settings.paper() != Settings.default()
    assert Settings.paper().dynamics.residual_start == "sample"


def test_a_task_file_can_hold_settings_and_no_unknown_ones():
    adapter = TypeAdapter(Settings)
    read = adapter.validate_python({"pi2": {"kl": 0.7, "history_weights": [1, 0.5]}})
    assert read == Settings().changed(pi2={"kl": 0.7, "history_weights": (1.0, 0.5)})
    with pytest.raises(ValidationError, match="typo"):
        adapter.validate_python({"typo": 1})
