import pytest

from pilqr_ros.tasks.config_files import task_from_anywhere
from pilqr_ros.tasks.errors import ConfigError


def test_a_task_has_one_name_in_whichever_folder(two_joints, tmp_path, monkeypatch):
    two_joints()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hockey").write_text("no task, and not meant by the name")
    assert task_from_anywhere("hockey") == "hockey"
    assert task_from_anywhere("./two_joints.yaml") == str(tmp_path / "two_joints.yaml")
    with pytest.raises(ConfigError, match=r"'three_joints\.yaml' does not exist"):
        task_from_anywhere("three_joints.yaml")
