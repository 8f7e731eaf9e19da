"""What is told of an error, and that each kind of refusal has the code that stands for it."""

from types import SimpleNamespace

import pytest

from pilqr_msgs.msg import ErrorCode as Constants
from pilqr_ros.error_code import ErrorCode, code_of
from pilqr_ros.errors import PilqrError
from pilqr_ros.learning.errors import (
    CollectorError,
    PolicyRefused,
    RequestError,
    RolloutInterrupted,
    TrainingError,
    TrainingInterrupted,
    TrainingStopped,
)
from pilqr_ros.nodes.errors import BusyError, NodeError, ParameterError, RefusedError, SilenceError
from pilqr_ros.nodes.runtime.failure import MAX_MESSAGE_LENGTH, failure_of, shortened, tell
from pilqr_ros.robot.estimation.errors import StateError
from pilqr_ros.robot.execution.errors import MessageError, PolicyError, RolloutAborted
from pilqr_ros.runs.errors import (
    NotInRunError,
    OtherRunError,
    RunBusyError,
    RunConfigError,
    RunError,
    RunWriteError,
)
from pilqr_ros.simulation.errors import ResetError, SimulationDiverged
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.trajopt.errors import UpdateError


def test_the_codes_are_the_constants_of_the_message():
    names = [name for name in dir(Constants) if name.isupper() and name != "SLOT_TYPES"]
    constants = {name: getattr(Constants, name) for name in names}
    assert constants == {code.name: code.value for code in ErrorCode}


def test_a_code_of_a_newer_version_is_an_error_all_the_same():
    assert ErrorCode(60_000) is ErrorCode.INTERNAL


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ZeroDivisionError("by a bug"), "INTERNAL"),
        (PilqrError("x"), "INTERNAL"),
        (TrainingStopped("x"), "CANCELLED"),
        (BusyError("x"), "BUSY"),
        (RunBusyError("x"), "BUSY"),
        (NodeError("x"), "INVALID_REQUEST"),
        (ParameterError("a", 1, "2"), "INVALID_REQUEST"),
        (RequestError("x"), "INVALID_REQUEST"),
        (RunConfigError("x"), "INVALID_REQUEST"),
        (NotInRunError("x"), "INVALID_REQUEST"),
        (TaskError("key", "x"), "INVALID_REQUEST"),
        (MessageError("states", 1, 2, "T"), "INVALID_REQUEST"),
        (RunError("x"), "UNKNOWN_RUN"),
        (OtherRunError("x"), "OTHER_RUN"),
        (PolicyError("x"), "INVALID_POLICY"),
        (PolicyRefused("x", 0), "POLICY_REFUSED"),
        (SilenceError("learner", "answer", 1.0), "NO_ANSWER"),
        (RolloutInterrupted("x"), "NO_ANSWER"),
        (ResetError("x"), "RESET_FAILED"),
        (StateError("x"), "NO_STATE"),
        (RefusedError("x", 13), "EMERGENCY_STOP"),
        (TrainingInterrupted("x", ErrorCode.TORQUE_DISABLED), "TORQUE_DISABLED"),
        (RolloutAborted("x", ErrorCode.BEYOND_LIMITS), "BEYOND_LIMITS"),
        (SimulationDiverged("x"), "ROBOT_FAULT"),
        (UpdateError("x", 3), "UPDATE_FAILED"),
        (RunWriteError("x"), "STORAGE"),
        (OSError("x"), "STORAGE"),
    ],
)
def test_each_kind_of_error_has_its_code(error, code):
    assert code_of(error).name == code


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (CollectorError("x"), RefusedError("reset failed", ErrorCode.RESET_FAILED)),
        (TrainingError("iteration 2"), UpdateError("x", 3)),
    ],
)
def test_an_error_that_passes_another_on_is_what_that_is(outer, inner):
    outer.__cause__ = inner
    assert code_of(outer) is inner.code


def test_of_an_error_of_the_program_the_log_is_told_where_it_came_from():
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        failure = failure_of(error)
    assert failure.message == "unexpected ZeroDivisionError: division by zero"
    assert any("Traceback" in line for line in failure.lines)
    assert failure_of(RequestError("seed is 1")).lines == ["seed is 1"]


def test_message_and_code_are_written_together():
    answer = SimpleNamespace(message="", error_code=0)
    tell(answer, failure_of(BusyError("another one")))
    assert (answer.message, answer.error_code) == ("another one", Constants.BUSY)


def test_of_a_long_error_beginning_and_end_are_told():
    text = "first " + 10 * MAX_MESSAGE_LENGTH * "x" + " last"
    told = shortened(text)
    assert told.startswith("first x")
    assert told.endswith("x last")
    assert len(told) <= MAX_MESSAGE_LENGTH + 5
    assert shortened("short") == "short"
