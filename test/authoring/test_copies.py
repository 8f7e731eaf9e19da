"""Which file a new task reads is said, and that another one was edited is noticed."""

import json

import pytest

from pilqr_ros.authoring.check import check_task
from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.scaffold import new_task
from pilqr_ros.doctor.findings import Verdict
from pilqr_ros.tasks import load_task

ARM = """<mujoco><compiler angle="radian"/><worldbody><body name="a"
pos="0 0 .3" gravcomp="1">
<joint name="a" axis="0 0 1" range="-2 2" damping="1" armature="1"/>
<geom type="capsule" size=".02" fromto="0 0 0 .3 0 0"/><site name="tip" pos=".4 0 0"/></body>
</worldbody><actuator><motor name="a" joint="a" ctrlrange="-9 9"/></actuator></mujoco>"""


@pytest.fixture
def arm(tmp_path):
    """The file of an arm that lies elsewhere than the task."""
    path = tmp_path / "elsewhere" / "arm.xml"
    path.parent.mkdir()
    path.write_text(ARM)
    return path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def judged(made):
    findings = check_task(str(made.path), rollouts=2)
    return {one.subject: one for one in findings}.get("models: copies")


def test_what_was_copied_is_told_with_where_it_came_from(arm, folder):
    made = new_task("mine", arm, folder=folder)
    assert {str(copy): original for copy, original in made.copies.items()} == {
        "models/arm.xml": arm
    }
    assert (folder / "models" / "arm.xml").read_text() == ARM


def test_an_original_that_was_edited_is_a_warning_until_it_is_copied_again(arm, folder):
    made = new_task("mine", arm, folder=folder)
    assert judged(made).verdict is Verdict.OK
    edited = ARM.replace(".02", ".03")
    arm.write_text(edited)
    finding = judged(made)
    assert finding.verdict is Verdict.WARN
    assert (
        f"{arm} has changed since it was copied: the task reads models/arm.xml" in finding.message
    )
    (folder / "models" / "arm.xml").write_text(edited)
    assert judged(made).verdict is Verdict.OK
    arm.unlink()
    assert judged(made).verdict is Verdict.OK


def test_a_second_task_keeps_where_the_first_ones_copies_came_from(arm, folder):
    new_task("mine", arm, folder=folder)
    other = arm.with_name("other.xml")
    other.write_text(ARM)
    new_task("more", other, folder=folder)
    kept = json.loads((folder / "models" / "copied_from.json").read_text())
    assert list(kept) == ["models/arm.xml", "models/other.xml"]


@pytest.mark.parametrize("beside", [".", "models"])
def test_a_model_that_lies_beside_the_task_is_read_where_it_is(folder, beside):
    (folder / "models").mkdir()
    arm = folder / beside / "arm.xml"
    arm.write_text(ARM)
    made = new_task("mine", arm, folder=folder)
    assert not made.copies
    assert judged(made) is None
    assert [path.name for path in folder.rglob("arm.xml")] == ["arm.xml"]
    arm.write_text(ARM.replace("-9 9", "-99 99"))
    assert load_task(made.path).model_files["arm.xml"] == arm.read_bytes()


def test_another_file_that_would_be_read_instead_is_refused(arm, folder):
    (folder / "arm.xml").write_text(ARM.replace(".02", ".03"))
    with pytest.raises(AuthoringError, match=r"would be read before models/arm\.xml"):
        new_task("mine", arm, folder=folder)
    assert not (folder / "models").exists()


def test_a_damaged_record_of_copies_is_a_warning(arm, folder):
    made = new_task("mine", arm, folder=folder)
    (folder / "models" / "copied_from.json").write_text('{"models/arm.xml": 3}')
    finding = judged(made)
    assert finding.verdict is Verdict.WARN
    assert "copied_from.json cannot be read" in finding.message
