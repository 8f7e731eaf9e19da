"""A reset on a fake clock, with a simulated arm."""

import re

import numpy as np
import pytest

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.reset.joint_servo import JointServo
from pilqr_ros.robot.reset.reset_motion import ResetMotion
from pilqr_ros.robot.reset.reset_session import ResetPhase, ResetSession
from pilqr_ros.robot.reset.start_check import StartCheck
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.starts import start_of

MS = 1_000_000
FOREARM = np.array([0, 0, 0, 0, -0.25, 0, 0])
"""Displaces a joint that touches nothing on its way [rad]."""

MOTION = {"max_speed": 0.5, "settle_time": 0.3, "deadline": 20.0, "operator_timeout": 5.0}


class Bench:
    """A simulated arm with sensors at 100 Hz and a control rate of 20 Hz, or a part of it."""

    def __init__(self, task, offset=0.0, **changes):
        self.task, self.now = task, 0
        self.world = World(task)
        self.world.reset(0, 0, jitter=False)
        self.world.data.qpos[self.world._qpos[: task.dU]] += np.resize(offset, task.dU)
        motion = ResetMotion(**{**MOTION, **changes})
        self.start = start_of(task, 0, 0, jitter=False)
        self.session = ResetSession(
            self.start,
            StartCheck(task, 0, self.start),
            lambda: JointServo(task.robot_model, task.joints, task.torque_limits, task.dt, motion),
            motion,
            task.period_ns,
            0,
        )
        self.effort = np.zeros(task.dU)
        self.speeds, self.torques = [], []
        self.answers, self.seen = True, True
        self.blocked = False

    def state(self):
        readings, layout = self.world.sense(), self.task.layout
        x = np.full(layout.dX, np.nan)
        x[layout["joint_positions"]] = readings.positions
        x[layout["joint_velocities"]] = readings.velocities
        for block in layout.of_kind("body_position"):
            if self.seen:
                x[block.slice] = readings.bodies[block.source].position[: block.size]
        return readings.stamp_ns, x, "" if self.seen else "pose of puck is 300.0 ms old"

    def tick(self):
        for _ in range(5):
            if self.state is not None:
                self.session.on_state(*self.state(), self.now)
            self.world.advance(0 * self.effort if self.blocked else self.effort, 0.01)
            self.speeds.append(np.abs(self.world.sense().velocities).max())
            self.now += 10 * MS
        effort = self.session.on_tick(self.now)
        self.torques.append(effort)
        self.effort = np.zeros(self.task.dU) if effort is None else effort
        if effort is not None and self.answers:
            self.session.on_answer("")

    def run(self, phase=ResetPhase.DONE, seconds=60.0):
        for _ in range(round(seconds / 0.05)):
            if self.session.phase is phase:
                return self.session
            self.tick()
        raise AssertionError(f"still {self.session.phase}")

    def place(self, offset):
        address = self.world.model.joint("puck").qposadr[0]
        self.world.data.qpos[address] += offset


@pytest.fixture(scope="module")
def lightarm():
    return load_task("hockey_lightarm")


@pytest.mark.parametrize("offset", [0.0, 0.3, -0.3])
def test_a_displaced_arm_reaches_the_start_slowly_and_stays(hockey, offset):
    bench = Bench(hockey, offset=[offset, 0, 0, 0, 0, 0, offset])
    session = bench.run()
    assert (session.failure, session.code) == ("", ErrorCode.NONE)
    position, velocity = session.errors
    assert position < 0.02
    assert velocity < 0.05
    assert max(bench.speeds) < 0.6
    way = 1.875 * abs(offset) / 0.5
    assert way + 0.3 <= bench.now * 1e-9 < way + 2.0
    assert np.nanmax(np.abs(bench.torques[0])) <= 30.0


def test_another_arm_needs_no_other_gains(lightarm):
    session = Bench(lightarm, offset=[0.3, 0, 0, 0, 0, 0, 0]).run()
    assert session.failure == ""


def test_a_body_out_of_place_ends_the_torques_and_asks(hockey):
    bench = Bench(hockey, offset=FOREARM)
    bench.place(0.3)
    session = bench.run(ResetPhase.ASKING)
    assert session.request.startswith("puck is 0.3 m from (x, y, z) = (0.85, -0.188, 0.025)")
    bench.tick()
    assert bench.torques[-1] is None
    confirmation = session.confirm(bench.now)
    assert not confirmation.accepted
    assert "not yet: puck is 0.3 m from" in confirmation.message
    bench.place(-0.3)
    bench.tick()
    confirmation = session.confirm(bench.now)
    assert confirmation.accepted
    assert session.request == ""
    assert bench.run().failure == ""


def test_a_body_that_is_not_seen_is_asked_for_with_the_reason(hockey):
    bench = Bench(hockey)
    bench.seen = False
    session = bench.run(ResetPhase.ASKING)
    assert "puck is not seen (pose of puck is 300.0 ms old), its place is" in session.request


def test_nobody_confirming_is_an_error_that_says_what_was_missing(hockey):
    bench = Bench(hockey)
    bench.place(0.3)
    session = bench.run()
    assert session.failure.startswith("nobody confirmed within 5 s: puck is 0.3 m from")
    assert session.code is ErrorCode.NO_ANSWER
    assert bench.now * 1e-9 == pytest.approx(5.4, abs=0.3)


def test_a_confirmation_that_nobody_asked_for_changes_nothing(hockey):
    session = Bench(hockey).session
    assert session.confirm(0) == (False, "nothing is asked for")
    assert session.phase is ResetPhase.MOVING


def test_a_blocked_arm_is_an_error(hockey):
    bench = Bench(hockey, offset=2 * FOREARM)
    bench.blocked = True
    session = bench.run()
    assert re.fullmatch(r"the arm is 0\.3\d rad off its path, allowed: 0\.3 rad", session.failure)
    assert session.code is ErrorCode.RESET_FAILED
    assert bench.torques[-1] is None


def test_the_deadline_names_every_joint_with_its_error(hockey):
    bench = Bench(hockey, offset=FOREARM, deadline=1.5)
    bench.blocked = True
    session = bench.run()
    assert session.failure.startswith("the start was not reached within 1.5 s: ")
    assert session.code is ErrorCode.RESET_FAILED
    assert "r_forearm_roll_joint is off by 0.2" in session.failure
    assert "r_shoulder_pan_joint" not in session.failure
    assert "(allowed: 0.02)" in session.failure


def test_too_long_a_way_is_refused_before_the_arm_moves(hockey):
    bench = Bench(hockey, offset=[0, 0, 0, 0, 0, 0, 12.0])  # a joint without bounds, wound up
    session = bench.run()
    assert session.failure == (
        "the start is 12.00 rad away: at 0.5 rad/s that takes 45 s, allowed: 20 s; "
        "move the arm by hand"
    )
    assert bench.torques == [None]


def test_silent_states_end_the_torques(hockey):
    bench = Bench(hockey, offset=FOREARM)
    for _ in range(5):
        bench.tick()
    last = bench.now - 10 * MS
    assert bench.session.on_tick(last + 150 * MS) is not None
    assert bench.session.on_tick(last + 151 * MS) is None
    assert bench.session.failure == "no state for 0.15 s: state_estimator is silent"
    assert bench.session.code is ErrorCode.NO_STATE


def test_no_state_at_all_is_an_error_after_the_deadline(hockey):
    session = Bench(hockey).session
    assert session.on_tick(20_000 * MS) is None
    assert not session.done
    session.on_tick(20_001 * MS)
    assert session.failure == "no state came within 20 s: state_estimator is silent"
    assert session.code is ErrorCode.NO_STATE


def test_joints_that_are_not_known_end_the_motion_with_the_reason(hockey):
    bench = Bench(hockey, offset=FOREARM)
    bench.tick()
    nothing = np.full(hockey.dX, np.nan)
    bench.session.on_state(1, nothing, "joint_states has been silent for 60 ms", bench.now)
    assert bench.session.failure == "joint_states has been silent for 60 ms"
    assert bench.session.code is ErrorCode.NO_STATE


def test_a_guard_that_does_not_answer_is_an_error(hockey):
    bench = Bench(hockey, offset=FOREARM)
    bench.answers = False
    assert bench.run().failure == "effort_guard does not answer"
    assert bench.session.code is ErrorCode.NO_ANSWER
    assert sum(effort is not None for effort in bench.torques) == 6


def test_a_guard_that_refuses_is_an_error(hockey):
    bench = Bench(hockey, offset=FOREARM)
    bench.tick()
    bench.session.on_answer("effort_guard: stopped", ErrorCode.EMERGENCY_STOP)
    assert bench.session.failure == "effort_guard: stopped"
    assert bench.session.code is ErrorCode.EMERGENCY_STOP
    bench.tick()
    assert bench.torques[-1] is None


def test_a_failure_is_not_overwritten(hockey):
    session = Bench(hockey).session
    session.fail("first")
    session.fail("second")
    assert session.failure == "first"
