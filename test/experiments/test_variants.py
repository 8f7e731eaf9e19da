import pytest

from pilqr_ros.experiments.variants import VariantError, parse_variant
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.trajopt.settings import Settings


def test_a_bare_method_leaves_the_task_as_it_is():
    task = load_task("hockey")
    assert parse_variant("pi2").apply(task) is task


def test_a_preset_replaces_all_settings():
    task = parse_variant("pilqr@paper").apply(load_task("hockey"))
    assert task.learning.settings == Settings.paper()


def test_single_settings_are_changed_by_name():
    task = load_task("hockey")
    changed = parse_variant("pilqr@dynamics.cross_fit_folds=3").apply(task)
    assert changed.learning.settings.dynamics.cross_fit_folds == 3
    assert changed.cost(0) is not None


def test_with_a_guided_method_the_settings_of_its_local_updates_are_changed():
    task = load_task("hockey")
    changed = parse_variant("mdgps-pi2@dynamics.cross_fit_folds=3").apply(task)
    assert changed.guided.settings == task.guided.settings.changed(dynamics={"cross_fit_folds": 3})
    assert changed.learning.settings == task.learning.settings


def test_with_a_guided_method_the_networks_settings_can_be_changed():
    task = load_task("hockey")
    changed = parse_variant("mdgps-pilqr@coupling.start=1,dynamics.cross_fit_folds=3").apply(task)
    wanted = task.global_plan.settings.changed(coupling={"start": 1.0})
    assert changed.global_plan.settings == wanted
    assert changed.guided.settings.dynamics.cross_fit_folds == 3


def test_the_papers_preset_of_a_guided_method_keeps_the_size_of_the_network():
    changed = parse_variant("mdgps-pilqr@paper").apply(load_task("door"))
    assert changed.global_plan.settings == GuidedSettings.paper().changed(
        network={"hidden": (100, 100)}
    )
    assert changed.guided.settings == Settings.paper()


def test_without_a_network_its_settings_do_not_exist():
    with pytest.raises(TaskError, match="coupling"):
        parse_variant("pilqr@coupling.start=1").apply(load_task("hockey"))


@pytest.mark.parametrize("label", ["sarsa", "pilqr@unheard-of"])
def test_a_name_that_means_nothing_is_refused(label):
    with pytest.raises(VariantError, match=r"expected one of|neither"):
        parse_variant(label)


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(TaskError, match="colour"):
        parse_variant("pilqr@colour=3").apply(load_task("hockey"))
