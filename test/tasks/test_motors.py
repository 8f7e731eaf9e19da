"""What a task's motors are told is what they give, or the task is refused with the reason."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.models import control_index, element_id

MOTOR = '<motor name="j1" joint="j1"'
MOTORS = f"<actuator>{MOTOR}/>"
JOINT = '<joint name="j1"'
SERVO = '<position name="servo" joint="j1" kp="5"/>'
TENDON = """<tendon><fixed name="t"><joint joint="j1" coef="1"/><joint joint="j2" coef="1"/></fixed>
</tendon><actuator><position name="pull" tendon="t" kp="5"/>"""

ARMS = [
    ((MOTOR, f'{MOTOR} forcerange="-3 3"'), r"torque_limit: 20\.0 N m .* gives, 3 N m.*forcerange"),
    ((MOTOR, f'{MOTOR} forcerange="-30 4"'), r"torque_limit: 20.* gives, 4 N m.*forcerange"),
    ((MOTOR, f'{MOTOR} ctrlrange="-5 30"'), r"torque_limit: 20\.0 N m .* gives, 5 N m.*ctrlrange"),
    ((JOINT, f'{JOINT} actuatorfrcrange="-6 6"'), r"torque_limit: .*gives, 6 N m.*actuatorfrcr"),
    ((MOTOR, '<general name="j1" joint="j1" gainprm=".1" gear="10" forcerange="-1 1"'),
     r"torque_limit: 20\.0 N m .* gives, 10 N m.*forcerange"),
    ((MOTOR, f'{MOTOR} gear="2"'), r"name: .*must be a <motor> of this joint with gear 1"),
    ((MOTOR, '<general name="j1" joint="j1" dyntype="filter" dynprm="0.1"'), "must be a <motor>"),
    ((MOTOR, '<general name="j1" joint="j1" biastype="affine" biasprm="1"'), "must be a <motor>"),
    ((MOTOR, f'{MOTOR} delay="0.02" nsample="2"'), r"name: 'j1': its motor has a delay of 0\.02 s"),
    ((f'{JOINT}/>', f'{JOINT} actuatorgravcomp="true"/><geom size=".01"/></body>'
      '<body name="upper2" gravcomp="1"><joint name="x"/>'), "name: 'j1': actuatorgravcomp adds"),
    ((MOTORS, f"<actuator>{SERVO}{MOTOR}/>"), r"name: 'j1' gets .* is told .*no other actuator"),
    ((MOTORS, f"{TENDON}{MOTOR}/>"), r"name: 'j[12]' gets .* no other actuator may act on it"),
    ((MOTORS, f'<actuator><general joint="j1" dyntype="filter" ctrlrange="1 2"/>{MOTOR}/>'),
     "no other actuator may act on it"),
]  # fmt: skip


@pytest.mark.parametrize(("arm", "message"), ARMS)
def test_an_arm_whose_motor_gives_something_else_is_refused(two_joints, arm, message):
    with pytest.raises(TaskError, match=rf"joints\[[01]\]\.{message}|joints\[[01]\].*{message}"):
        two_joints(arm=arm)


OPTIONS = [
    ('<option><flag actuation="disable"/></option>', "switches all motors off"),
    ('<option actuatorgroupdisable="0"/>', "actuatorgroupdisable switches its motor off"),
]


@pytest.mark.parametrize(("option", "message"), OPTIONS)
def test_a_scene_that_switches_motors_off_is_refused(two_joints, option, message):
    with pytest.raises(TaskError, match=rf"joints\[0\]\.name: 'j1': .*{message}"):
        two_joints(scene=('<option timestep="0.01"/>', option))


def test_an_arm_that_may_fall_asleep_is_refused(two_joints):
    flag = '<option timestep="0.01"><flag sleep="enable"/></option>'
    assert two_joints(scene=('<option timestep="0.01"/>', flag)).dU == 2  # an arm never sleeps
    with pytest.raises(TaskError, match=r"joints\[0\]\.name: 'j1': its bodies may sleep"):
        two_joints(
            scene=('<option timestep="0.01"/>', flag),
            arm=('<body name="upper">', '<body name="upper" sleep="allowed">'),
        )


HARMLESS = [
    (MOTOR, f'{MOTOR} forcerange="-20 20" ctrlrange="-25 20"'),
    (MOTOR, '<general name="j1" joint="j1" gainprm="-.5" gear="-2"'),
    (JOINT, f'{JOINT} actuatorfrcrange="-20 21" actuatorgravcomp="true"'),
    (MOTORS, f'<actuator><motor name="spare" joint="j1"/>{MOTOR}/>'),
    ('<site name="tip" pos=".1 0 0"/>',
     '<body pos=".1 0 0"><joint name="finger" type="slide"/><geom size=".01"/></body>'
     '<site name="tip" pos=".1 0 0"/>'),
]  # fmt: skip


@pytest.mark.parametrize("arm", HARMLESS)
def test_a_motor_that_gives_all_of_it_is_taken(two_joints, arm):
    assert two_joints(arm=arm).joints == ("j1", "j2")


def test_a_ctrlrange_that_is_not_enforced_is_no_limit(two_joints):
    unclamped = '<option timestep="0.01"><flag clampctrl="disable"/></option>'
    two_joints(
        arm=(MOTOR, f'{MOTOR} ctrlrange="-3 3"'), scene=('<option timestep="0.01"/>', unclamped)
    )


def test_a_gripper_may_have_a_servo_of_its_own(two_joints):
    arm = (
        "</body></body></worldbody>\n<actuator>",
        '<body pos=".1 0 0"><joint name="finger" type="slide" range="0 .04" limited="true"/>'
        '<geom size=".01"/></body></body></body></worldbody><actuator>'
        '<position name="grip" joint="finger" kp="5"/>',
    )
    task = two_joints(arm=arm)
    world = task.world_model
    motor = element_id(world, mujoco.mjtObj.mjOBJ_ACTUATOR, "j2", "joints")
    data = mujoco.MjData(world)
    data.ctrl[control_index(world, motor)] = 1.5
    mujoco.mj_forward(world, data)
    given = data.qfrc_actuator[world.jnt_dofadr[world.joint("robot/j2").id]]
    np.testing.assert_allclose(given, 1.5, rtol=1e-12)
