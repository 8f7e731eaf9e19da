import pytest

from pilqr_ros.report import pictures
from pilqr_ros.report.pictures import pictures_of, save_pictures
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import create_run

OF_A_CONDITION = ["cost_terms", "policy", "model", "updates"]


def test_a_run_has_a_learning_curve_and_pictures_of_each_condition(run):
    names = [picture.name for picture in pictures_of(run)]
    of = [f"{kind}_{condition}" for condition in (0, 1) for kind in OF_A_CONDITION]
    assert names == ["learning_curve", *of]


def test_of_many_conditions_the_first_have_pictures(run, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_CONDITIONS", 1)
    assert [one.name for one in pictures_of(run)][1:] == [f"{kind}_0" for kind in OF_A_CONDITION]


def test_pictures_are_saved_in_the_run(own_run):
    paths = list(save_pictures(own_run))
    assert len(paths) == 9
    assert {path.parent for path in paths} == {own_run.directory}
    assert all(path.is_file() for path in paths)


def test_a_run_without_a_finished_iteration_has_none(run, tmp_path):
    store = create_run(tmp_path, run.task, run.config)
    with pytest.raises(RunError, match="no finished iteration"):
        next(pictures_of(store))
