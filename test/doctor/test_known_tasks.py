"""A task is known by its file's and models' content, whatever the file is called."""

from pilqr_ros.doctor.known_tasks import identities, identity


def test_one_file_has_one_identity_under_all_its_names(two_joints, tmp_path, monkeypatch):
    task = two_joints()
    monkeypatch.chdir(tmp_path)
    names = [str(tmp_path / "two_joints.yaml"), "two_joints.yaml", "./two_joints.yaml"]
    assert identities([*names, "nowhere.yaml"]) == dict.fromkeys(names, identity(task))


def test_another_content_of_the_file_or_of_a_model_is_another_task(two_joints):
    def edit(content):
        content["description"] = "another"

    changed = two_joints(arm=('size=".01"', 'size=".02"'))
    assert len({identity(two_joints()), identity(two_joints(edit=edit)), identity(changed)}) == 3
