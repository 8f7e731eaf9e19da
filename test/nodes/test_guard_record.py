"""What a guard was told outlives it: it is killed, and another one is started in its place."""

import os
import signal
import subprocess
import sys

import pytest

from pilqr_msgs.msg import ErrorCode, GuardState
from pilqr_ros.clients.guard_client import GuardSwitch, switch_guard
from pilqr_ros.graph.respawning import CANNOT_START
from pilqr_ros.nodes.errors import NodeError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState, record_path


class Guard:
    """A guard that is started again whenever it ends."""

    def __init__(self, group, client, wait_until):
        self.group, self.wait_until = group, wait_until
        self.states = client.listen(GuardState, "guard_state", qos.LATCHED)
        self.switch = GuardSwitch(client.node)
        wait_until(lambda: self.states, "effort_guard")

    def kill(self):
        """Kill the guard and return what the next one says first."""
        self.states.clear()
        os.kill(self.group.pids["effort_guard"], signal.SIGKILL)
        self.wait_until(lambda: self.states, "the next guard")
        return self.states[0]

    def let_pass(self):
        self.switch.do("reset")
        self.switch.do("enable")
        self.wait_until(lambda: self.states[-1].state == GuardState.ENABLED, "enabled")


@pytest.fixture(scope="module")
def guard(run_nodes, client, wait_until):
    with run_nodes("effort_guard", real_time_factor=1.0, respawn=True) as group:
        yield Guard(group, client, wait_until)


def test_a_stop_is_in_force_after_the_guard_was_killed(guard):
    guard.let_pass()
    told = guard.kill()
    assert (told.state, told.error_code) == (GuardState.ENABLED, ErrorCode.NONE)
    assert guard.switch.do("stop").startswith("no torque passes: emergency stop (service ~/estop)")
    told = guard.kill()
    assert (told.state, told.error_code) == (GuardState.STOPPED, ErrorCode.EMERGENCY_STOP)
    assert "emergency stop (service ~/estop, since 20" in told.reason
    with pytest.raises(NodeError, match=r"`pilqr guard reset` .*comes first"):
        guard.switch.do("enable")
    guard.let_pass()


def test_a_guard_that_was_disabled_comes_back_disabled(guard):
    guard.let_pass()
    assert guard.switch.do("disable").startswith("no torque passes: disabled until `pilqr guard")
    told = guard.kill()
    assert (told.state, told.error_code) == (GuardState.DISABLED, ErrorCode.TORQUE_DISABLED)


def test_without_a_record_the_next_guard_is_stopped_until_it_is_reset(guard):
    guard.let_pass()
    record_path("").unlink()
    told = guard.kill()
    assert told.state == GuardState.STOPPED
    assert "whether it was stopped before is not known" in told.reason
    guard.let_pass()


def test_a_guard_is_not_started_again_with_edited_limits(
    fresh_client, run_nodes, wait_until, two_joints, tmp_path
):
    two_joints()
    task = tmp_path / "two_joints.yaml"
    with run_nodes("effort_guard", task=str(task), respawn=True) as group:
        states = fresh_client.listen(GuardState, "guard_state", qos.LATCHED)
        wait_until(lambda: states, "effort_guard")
        task.write_text(task.read_text().replace("torque_limit: 20", "torque_limit: 200"))
        os.kill(group.pids["effort_guard"], signal.SIGKILL)
        wait_until(group.first_ended, "its end")
        assert group.wait() == CANNOT_START
        assert any("was edited since the nodes were started" in line for _, line in group.lines)


def test_a_stop_outlives_its_graph_and_the_next_one_says_so(
    fresh_client, run_nodes, wait_until, tmp_path
):
    with run_nodes("effort_guard", real_time_factor=1.0) as group:
        Guard(group, fresh_client, wait_until).switch.do("stop")
    train = [sys.executable, "-m", "pilqr_ros.cli", "train", "hockey", "--runs", str(tmp_path)]
    refused = subprocess.run(train, capture_output=True, text=True, timeout=100.0)
    assert refused.returncode == 1
    assert "EMERGENCY STOP (service ~/estop, since 20" in refused.stderr
    assert "`pilqr guard reset`" in refused.stderr
    assert not [*tmp_path.iterdir()]
    with run_nodes("effort_guard", real_time_factor=1.0) as group:
        assert any("EMERGENCY STOP (service ~/estop, since" in line for _, line in group.lines)
        next_guard = Guard(group, fresh_client, wait_until)
        wait_until(lambda: next_guard.states[-1].state == GuardState.STOPPED, "stopped")
        next_guard.let_pass()
        next_guard.switch.do("stop")
    assert "no effort_guard runs" in switch_guard("reset")
    assert SafetyRecord(record_path("")).read().state is SafetyState.DISABLED
