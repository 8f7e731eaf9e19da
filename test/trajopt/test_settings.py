import pytest
from pydantic import TypeAdapter, ValidationError

from pilqr_ros.trajopt.errors import SettingError
from pilqr_ros.trajopt.settings import Settings


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("prior", "wishart", "gmm | gaussian | none"),
        ("prior_strength", -1.0, "finite and above 0"),
        ("prior_strength", True, "a number"),
        ("kl_passes", 2.5, "a whole number"),
        ("pi2_fallback_to_cost", 1, "true | false"),
        ("history_weights", (), "numbers above 0, at least one"),
        ("pi2_history_weights", (1.0, 0.0), "numbers above 0, at least one"),
        ("history_weights", ("a",), "a list of numbers"),
        ("covariance_damping", 0.5, "at least 1"),
        ("covariance_ratio_min", 0.0, "above 0, at most 1"),
        ("covariance_ratio_max", 0.5, "at least 1"),
        ("anneal_share", -0.1, "from 0 to 1"),
        ("anneal_to", 1.5, "above 0, at most 1"),
        ("direct_model", "yes", "true | false"),
        ("step_rule", "none", "ratio | memory"),
        ("step_increase_below", 5.0, "at most step_decrease_above"),
        ("step_multiplier_min", 2.0, "at most 1"),
        ("pi2_kl", float("nan"), "finite and above 0"),
    ],
)
def test_a_wrong_setting_is_refused_with_field_value_and_what_is_allowed(field, value, allowed):
    with pytest.raises(SettingError) as error:
        Settings(**{field: value})
    assert field in str(error.value)
    assert repr(value) in str(error.value)
    assert allowed in str(error.value)


def test_a_direct_model_without_folds_to_judge_it_by_is_refused():
    with pytest.raises(SettingError, match=r"direct_model.*cross_fit_folds is 1"):
        Settings(cross_fit_folds=1)
    assert not Settings(cross_fit_folds=1, direct_model=False).direct_model


def test_the_named_settings_are_valid_and_differ():
    assert Settings.default() == Settings()
    assert Settings.paper() != Settings.default()
    assert Settings.paper().residual_start == "sample"


def test_a_task_file_can_hold_settings_and_no_unknown_ones():
    adapter = TypeAdapter(Settings)
    read = adapter.validate_python({"pi2_kl": 0.7, "history_weights": [1, 0.5]})
    assert (read.pi2_kl, read.history_weights) == (0.7, (1.0, 0.5))
    with pytest.raises(ValidationError, match="typo"):
        adapter.validate_python({"typo": 1})
