"""Waiting for a service that is silent at first, or for ever."""

import time

import pytest
from rclpy.task import Future

from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.nodes.errors import SilenceError
from pilqr_ros.nodes.runtime.waiting import Patience, ask

TRY = 0.1


class Service:
    """A client of a service that answers from a certain call on."""

    srv_name = "/left/reset"

    def __init__(self, answers_from, ready_after=0.0):
        self.calls, self.forgotten = 0, []
        self.answers_from = answers_from
        self.ready_at = time.monotonic() + ready_after

    def service_is_ready(self):
        return time.monotonic() >= self.ready_at

    def call_async(self, request):
        self.calls += 1
        answer = Future()
        if self.calls >= self.answers_from:
            answer.set_result(request)
        return answer

    def remove_pending_request(self, answer):
        self.forgotten.append(answer)


def test_an_answer_that_is_lost_is_asked_for_again():
    service, told = Service(answers_from=3), []
    patience = Patience(5.0, told.append)
    assert ask(service, "request", "mujoco_bridge", patience, TRY) == "request"
    assert service.calls == 3
    assert told == ["mujoco_bridge did not answer reset within 0.1 s"] * 2
    assert len(service.forgotten) == 2


def test_a_service_that_comes_late_is_waited_for():
    service, told = Service(answers_from=1, ready_after=0.25), []
    ask(service, "request", "mujoco_bridge", Patience(5.0, told.append), TRY)
    assert service.calls == 1
    assert "mujoco_bridge did not offer reset within 0.1 s" in told


def test_a_service_that_never_answers_is_named_after_the_deadline():
    began = time.monotonic()
    with pytest.raises(SilenceError, match=r"mujoco_bridge did not answer reset within 0\.3 s"):
        ask(Service(answers_from=1000), "request", "mujoco_bridge", Patience(0.3), TRY)
    assert time.monotonic() - began < 3.0


def test_silence_is_borne_for_less_from_when_it_is_to_be():
    service = Service(answers_from=1000)
    patience = Patience(60.0, at_most=lambda: 0.3 if service.calls >= 2 else 60.0)
    began = time.monotonic()
    with pytest.raises(SilenceError, match=r"bridge did not answer reset within 0\.3 s"):
        ask(service, "request", "bridge", patience, TRY)
    assert time.monotonic() - began < 3.0


def test_a_stop_ends_the_wait():
    service = Service(answers_from=1000)

    def check_stop():
        if service.calls == 2:
            raise TrainingStopped("enough")

    with pytest.raises(TrainingStopped):
        ask(service, "request", "bridge", Patience(60.0, check_stop=check_stop), TRY)
