"""Frames of a robot that no URDF describes."""

from types import SimpleNamespace

import mujoco
import numpy as np
from builtin_interfaces.msg import Time

from pilqr_ros.nodes.scene.frames import SceneFrames

ARM = """
<body name="robot/upper" pos="0 0 1"><joint type="ball"/><geom size="0.1"/>
  <body name="robot/lower" pos="0 0 0.5"><geom size="0.1"/></body></body>
"""
BOX = '<body name="box"><freejoint/><geom size="0.1"/></body>'


def compiled(*bodies):
    return mujoco.MjModel.from_xml_string(
        f"<mujoco><worldbody>{''.join(bodies)}</worldbody></mujoco>"
    )


def test_every_body_of_it_is_told_in_the_base():
    layout = SimpleNamespace(of_kind=lambda *kinds: ())
    task = SimpleNamespace(world_model=compiled(BOX, ARM), robot_model=compiled(ARM), layout=layout)
    frames = SceneFrames(task, "left/base", "left/")
    assert frames.of_bodies == ["left/base", "left/box", "left/robot/upper", "left/robot/lower"]
    assert frames.first_robot == 2
    bodies = np.arange(28.0).reshape(4, 7)
    posture = SimpleNamespace(take=lambda state: bodies)
    told = frames.message(posture, np.zeros(0), Time(sec=3)).transforms
    assert [one.child_frame_id for one in told] == frames.of_bodies[1:]
    assert {one.header.frame_id for one in told} == {"left/base"}
    assert {one.header.stamp.sec for one in told} == {3}
    at, turn = told[2].transform.translation, told[2].transform.rotation
    assert (at.x, at.y, at.z, turn.w, turn.x, turn.y, turn.z) == tuple(bodies[3])
