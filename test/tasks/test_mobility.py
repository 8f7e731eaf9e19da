"""Where a body can move, by moving its joints at random and looking."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks.mobility import moves_along

X, Y, Z = (f'<joint type="slide" axis="{axis}"/>' for axis in ("1 0 0", "0 1 0", "0 0 1"))
TILTED = '<joint type="slide" axis="1 0 1"/>'
SPIN, BESIDE = '<joint axis="0 0 1"/>', '<joint axis="0 0 1" pos=".1 0 0"/>'
BALL = '<joint type="ball"/>'


def world(joints, above=""):
    """Return a model with a body of some joints, on another one that may have some, too."""
    ball = '<geom size=".01"/>'
    inner = f'<body name="inner" pos=".2 .1 0">{joints}{ball}</body>'
    outer = f'<body name="outer" pos="0 .1 0">{above}{ball}{inner}</body>'
    return mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{outer}</worldbody></mujoco>")


def seen_to_move(model, beside=(0.0, 0.0, 0.0)):
    """Return along which axes a place on the inner body moves in random poses of all joints."""
    data, rng, places = mujoco.MjData(model), np.random.default_rng(0), []
    for _ in range(20):
        velocity = rng.uniform(-1.0, 1.0, model.nv)
        data.qpos[:] = model.qpos0
        mujoco.mj_integratePos(model, data.qpos, velocity, 1.0)
        mujoco.mj_kinematics(model, data)
        inner = data.body("inner")
        places.append(inner.xpos + inner.xmat.reshape(3, 3) @ beside)
    return np.ptp(places, axis=0) > 1e-6


@pytest.mark.parametrize(
    ("joints", "above", "axes"),
    [
        ("", "", ""),
        (X, "", "x"),
        (X + Y, "", "xy"),
        (X + Y + SPIN, "", "xy"),
        (TILTED, "", "xz"),
        (SPIN, "", ""),
        (BALL, "", ""),
        (BESIDE, "", "xy"),
        (SPIN + X, "", "xy"),
        (X + SPIN, "", "x"),
        (X, SPIN, "xy"),
        ("", SPIN, "xy"),
        ("", Z, "z"),
        (X, Z, "xz"),
        ("", BALL, "xyz"),
        ("", "<freejoint/>", "xyz"),
    ],
)
def test_a_body_moves_along_the_axes_that_its_joints_and_those_above_move_it(joints, above, axes):
    model = world(joints, above)
    told = moves_along(model, model.body("inner").id)
    assert told.tolist() == seen_to_move(model).tolist() == [axis in axes for axis in "xyz"]


@pytest.mark.parametrize(
    ("joints", "above", "axes"),
    [
        ("", "", ""),
        (X, "", "x"),
        (X, Z, "xz"),
        (SPIN, "", "xy"),
        (X + SPIN, "", "xy"),
        (BALL, "", "xyz"),
        ("", "<freejoint/>", "xyz"),
    ],
)
def test_what_is_beside_its_origin_is_moved_by_what_turns_it_too(joints, above, axes):
    model = world(joints, above)
    told = moves_along(model, model.body("inner").id, extended=True)
    moved = seen_to_move(model, beside=(0.03, 0.04, 0.05))
    assert told.tolist() == moved.tolist() == [axis in axes for axis in "xyz"]


def test_a_free_body_moves_anywhere():
    text = '<mujoco><worldbody><body name="b"><freejoint/><geom size=".1"/></body></worldbody>'
    model = mujoco.MjModel.from_xml_string(f"{text}</mujoco>")
    assert moves_along(model, 1).all()
