import ast
import re
from pathlib import Path

import numpy as np

import pilqr_ros
from pilqr_ros.robot.guard.interventions import (
    Intervention,
    InterventionLog,
    kinds_of,
    refusal,
)
from pilqr_ros.robot.guard.torque_records import AppliedTorque


def test_the_first_and_every_50th_of_a_kind_are_warned_of():
    log = InterventionLog()
    cut = AppliedTorque(np.zeros(1), Intervention.EFFORT_LIMIT, "elbow 7 N m beyond its limit")
    warnings = [log.note(cut) for _ in range(101)]
    assert [i for i, warning in enumerate(warnings) if warning] == [0, 50, 100]
    assert warnings[50] == "effort_limit no. 51: elbow 7 N m beyond its limit"
    assert log.counts == {"effort_limit": 101}


def test_kinds_are_counted_apart():
    log = InterventionLog()
    log.note(AppliedTorque(np.zeros(1), Intervention.EFFORT_LIMIT, "a"))
    both = Intervention.EFFORT_LIMIT | Intervention.RATE_LIMIT
    assert log.note(AppliedTorque(np.zeros(1), both, "b")) == "rate_limit no. 1: b"
    assert log.counts == {"effort_limit": 2, "rate_limit": 1}


def test_kinds_have_names():
    assert kinds_of(0) == []
    assert kinds_of(Intervention.JOINT_STOP | Intervention.ESTOP) == ["joint_stop", "estop"]


def test_only_what_was_not_applied_is_a_refusal():
    assert refusal(3, Intervention.JOINT_BOUND | Intervention.RATE_LIMIT, "a") == ""
    assert refusal(3, Intervention.DISABLED, "disabled") == "step 3: effort_guard: disabled"


def test_the_guards_name_is_written_once():
    """Docstrings, which put it in backticks, and the names of modules do not count."""
    root = Path(pilqr_ros.__file__).parent
    places = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and re.search(r"(?<![`\w])effort_guard", str(node.value))
    ]
    assert places == ["robot/guard/interventions.py"]
