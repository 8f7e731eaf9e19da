import pytest

from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.outside import check_outside


@pytest.mark.parametrize("name", ["run", "run/new", "run/../run/new", "link/new"])
def test_a_folder_within_a_run_is_refused_by_whatever_name(tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to("run")
    with pytest.raises(RunError, match="give a folder elsewhere"):
        check_outside(tmp_path / name, tmp_path / "run")


@pytest.mark.parametrize("name", [".", "new", "run/../new", "runs", "run_2/new"])
def test_a_folder_beside_a_run_or_above_it_is_taken(tmp_path, name):
    (tmp_path / "run").mkdir()
    check_outside(tmp_path / name, tmp_path / "run")
