from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.robot.guard.safety_switch import SafetySwitch


def test_nothing_passes_until_enabled():
    switch = SafetySwitch(enabled=False)
    assert switch.refusal == (Intervention.DISABLED, "disabled until ~/enable")
    assert switch.enable() == ""
    assert switch.refusal == (Intervention.NONE, "")
    switch.disable()
    assert switch.refusal[0] is Intervention.DISABLED


def test_an_emergency_stop_latches_and_needs_a_reset_and_then_enabling():
    switch = SafetySwitch(enabled=True)
    switch.stop("button")
    assert switch.refusal == (Intervention.ESTOP, "emergency stop (button)")
    assert "~/reset_estop comes first" in switch.enable()
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
