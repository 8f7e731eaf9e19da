from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.safety_switch import SafetySwitch


def test_nothing_passes_until_enabled():
    switch = SafetySwitch(enabled=False)
    assert switch.refusal == (
        Intervention.DISABLED,
        "disabled until `pilqr guard enable` (service ~/enable)",
    )
    assert switch.enable() == ""
    assert switch.refusal == (Intervention.NONE, "")
    switch.disable()
    assert switch.refusal[0] is Intervention.DISABLED


def test_an_emergency_stop_latches_and_needs_a_reset_and_then_enabling():
    switch = SafetySwitch(enabled=True)
    switch.stop("button")
    kind, reason = switch.refusal
    assert kind is Intervention.ESTOP
    assert reason == (
        "emergency stop (button): `pilqr guard reset` (service ~/reset_estop), then "
        "`pilqr guard enable` (service ~/enable)"
    )
    assert "`pilqr guard reset` (service ~/reset_estop) comes first" in switch.enable()
    assert switch.refusal[0] is Intervention.ESTOP
    assert switch.reset() == ""
    assert switch.refusal[0] is Intervention.DISABLED
    assert switch.enable() == ""
    assert switch.refusal[0] is Intervention.NONE


def test_the_first_reason_stays():
    switch = SafetySwitch(enabled=True)
    switch.stop("button")
    switch.stop("service")
    assert switch.stopped == "button"


def test_a_held_button_allows_no_reset():
    switch = SafetySwitch(enabled=True)
    switch.pressed = True
    switch.stop("button")
    assert switch.reset() == "the emergency stop is still pressed"
    assert switch.refusal[0] is Intervention.ESTOP
    switch.pressed = False
    assert switch.reset() == ""


def test_all_that_keeps_torque_from_passing_is_told_and_going_on_forgets_nobody():
    switch = SafetySwitch(enabled=True)
    switch.intruder = "/gripper"
    switch.stop("button")
    kinds, reason = switch.refusal
    assert kinds == Intervention.ESTOP | Intervention.OTHER_PUBLISHER
    assert "emergency stop (button)" in reason
    assert "/gripper publishes" in reason
    switch.reset()
    kinds, reason = switch.refusal
    assert kinds == Intervention.DISABLED | Intervention.OTHER_PUBLISHER
    assert "/gripper publishes" in reason
    assert "pilqr guard enable" in reason
    switch.enable()
    kinds, reason = switch.refusal
    assert kinds is Intervention.OTHER_PUBLISHER
    assert reason == "/gripper publishes to the robot's controller, too: end it"
    switch.intruder = ""
    assert switch.refusal == (Intervention.NONE, "")
