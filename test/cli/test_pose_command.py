import re

import pytest
import yaml
from typer.testing import CliRunner

from pilqr_ros.cli import app
from pilqr_ros.tasks import TaskError


@pytest.fixture
def pose(two_joints, tmp_path):
    """Return what runs the command for an arm of two joints."""
    two_joints()
    task = str(tmp_path / "two_joints.yaml")
    return lambda *options: CliRunner().invoke(app, ["pose", task, *options])


def test_the_line_that_is_printed_fits_into_the_task_file(pose, tmp_path):
    result = pose("--at", "0.1,0.1,0")
    assert result.exit_code == 0, result.output
    line = re.search(r"joints: \[.*\]", result.output)[0]
    path = tmp_path / "two_joints.yaml"
    content = yaml.safe_load(path.read_text())
    content["conditions"][0] |= yaml.safe_load(line)
    path.write_text(yaml.safe_dump(content))
    again = pose()
    assert again.exit_code == 0
    assert "tip at [0.1000, 0.1000, 0.0000]" in again.output
    assert line in again.output


def test_a_set_of_conditions_has_no_one_scene(pose, tmp_path):
    path = tmp_path / "two_joints.yaml"
    content = yaml.safe_load(path.read_text())
    like = content["conditions"][0]["name"]
    shift = {"of": ["joints"], "low": [-0.1, -0.1], "high": [0.1, 0.1]}
    drawn = {"name": "some", "like": like, "count": 2, "seed": 0, "shifts": [shift]}
    content["drawn_conditions"] = [drawn]
    path.write_text(yaml.safe_dump(content))
    result = pose("--condition", "some")
    assert isinstance(result.exception, TaskError), result.output
    assert "'some' is a set of 2, expected one of them: 'some 0' to 'some 1'" in str(
        result.exception
    )
    assert pose("--condition", "some 1").exit_code == 0


@pytest.fixture
def pose_outside(two_joints, tmp_path):
    """The same for an arm whose two joints start outside their bounds."""
    two_joints()
    path = tmp_path / "two_joints.yaml"
    content = yaml.safe_load(path.read_text())
    content["joints"] = [{**one, "position_limits": [-1.0, 2.0]} for one in content["joints"]]
    content["conditions"][0]["joints"] = [-1.25, 3.5]
    path.write_text(yaml.safe_dump(content))
    return lambda *options: CliRunner().invoke(app, ["pose", str(path), *options])


def test_a_start_outside_the_bounds_is_shown_with_how_far(pose_outside):
    result = pose_outside()
    assert result.exit_code == 1
    assert "joints: [-1.2500, 3.5000]" in result.output
    assert "j1 is at -1.25, 0.25 rad below its bound of -1" in result.stderr
    assert "j2 is at 3.5, 1.5 rad above its bound of 2" in result.stderr


def test_a_start_outside_the_bounds_is_mended(pose_outside):
    result = pose_outside("--at", "0.15,0.05,0")
    assert result.exit_code == 0, result.output
    line = yaml.safe_load(re.search(r"joints: \[.*\]", result.output)[0])
    assert all(-1.0 <= q <= 2.0 for q in line["joints"])
    assert "bound" not in result.stderr


def test_bodies_that_overlap_are_told_whatever_the_arm_does(two_joints, tmp_path):
    box = '<body name="{0}"><joint name="{0}" type="slide"/><geom size=".1" pos="2 0 0"/></body>'
    scene = ("</worldbody>", box.format("one") + box.format("other") + "</worldbody>")
    two_joints(scene=scene)
    for options in ([], ["--at", "0.1,0.1,0"]):
        result = CliRunner().invoke(app, ["pose", str(tmp_path / "two_joints.yaml"), *options])
        assert result.exit_code == 1
        assert "no rollout can begin: bodies" in result.stderr
        assert "overlap by 0.2 m" in result.stderr


def test_a_place_out_of_reach_is_exit_code_1_with_the_distance(pose):
    result = pose("--at", "0.3,0,0")
    assert result.exit_code == 1
    assert "100.0 mm from where it is wanted" in result.stderr


def test_a_picture_is_drawn(pose, tmp_path):
    assert pose("--picture", str(tmp_path / "pose.png")).exit_code == 0
    assert (tmp_path / "pose.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "0.1,0.1"], "expected X,Y,Z"),
        (["--along", "1,0,0"], "--along needs --at"),
        (["--at", "0,0,far"], "expected numbers"),
        (["--picture", "pose.txt"], "pose.txt must end in .png"),
    ],
)
def test_options_that_make_no_sense_are_refused(pose, options, said):
    result = pose(*options)
    assert result.exit_code == 2
    assert said in re.sub(r"[\s│]+", " ", result.output)


def test_an_unknown_condition_or_site_is_one_line(pose):
    for options in (["--condition", "nowhere"], ["--site", "elbow", "--at", "0,0,0"]):
        result = pose(*options)
        assert result.exit_code == 1
        assert "nowhere" in str(result.exception) or "elbow" in str(result.exception)
