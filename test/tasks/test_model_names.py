"""Names that a task needs of its models, and what they are where they are something else."""

import mujoco
import pytest

from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.model_names import Needed, require_element

ROBOT = """
<body name="upper"><joint name="j1"/><geom name="upper" size="0.1"/>
  <body name="lower"><joint name="j2"/><geom size="0.1"/><site name="tip"/></body></body>
"""


def compiled(bodies):
    return mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{bodies}</worldbody></mujoco>")


def prefixed(bodies, prefix):
    return bodies.replace('name="', f'name="{prefix}')


@pytest.fixture(scope="module")
def world():
    scene = '<body name="box"><geom size="0.1" name="box"/></body><site name="tip"/>'
    tool = '<site name="robot/tool/tip"/><geom name="robot/tool/pad" size="0.1"/>'
    return compiled(scene + tool + prefixed(ROBOT, "robot/"))


@pytest.fixture(scope="module")
def site(world):
    robot = compiled(prefixed(ROBOT, "robot/"))
    return Needed("site", robot, "robot or tool", "a point")


def test_an_element_that_is_there_is_no_mistake(site, world):
    require_element(site, "tip", "of", world)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("box", "'box' is a body of the scene"),
        ("upper", "'upper' is a body of the robot"),
        ("j2", "'j2' is a joint of the robot"),
        ("pad", "'pad' is a geom of the tool"),
    ],
)
def test_a_name_of_something_else_is_said_to_be_that(site, world, name, told):
    with pytest.raises(TaskError) as refused:
        require_element(site, name, "of", world)
    assert str(refused.value) == f"of: {told}; a point needs a site of robot or tool: tip"


def test_a_name_in_several_files_is_told_for_each_of_them(world):
    needed = Needed("motor", world, "the models", "an actuated joint")
    with pytest.raises(TaskError) as refused:
        require_element(needed, "tip", "of", world)
    assert str(refused.value) == (
        "of: 'tip' is a site of the scene and a site of the robot and a site of the tool; an"
        " actuated joint needs a motor of the models: there is none"
    )


def test_a_name_of_nothing_is_told_with_the_nearest_one_and_all(site, world):
    with pytest.raises(TaskError) as refused:
        require_element(site, "tipp", "of", world)
    expected = "of: 'tipp' is no site of robot or tool; did you mean 'tip'? there are: tip"
    assert str(refused.value) == expected
