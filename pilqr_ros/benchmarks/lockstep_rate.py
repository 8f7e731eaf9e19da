"""How fast lock-step goes: `python -m pilqr_ros.benchmarks.lockstep_rate`.

Four rates, measured in one run on one machine:

- through the graph: rollouts, each node of the control loop its own process;
- recorded: the same with a recorder that writes a bag;
- composed: the same rollouts with these nodes in one process and one executor;
- bare: a tick's messages (pose and joint state, state, torque command, applied torque and
  controller command) passed to and fro between two processes that do nothing else.

A rollout's rate includes its reset, and the goal and result of its action.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.msg import AppliedTorque, RecorderStatus, State, TorqueCommand, TrainingRun
from pilqr_ros.clients.client_node import ClientNode
from pilqr_ros.graph import NODES, GraphOptions, prepare_guard, print_line, running_graph
from pilqr_ros.graph.processes import ProcessGroup
from pilqr_ros.nodes.effort_guard import EffortGuardNode
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.conversions import to_field
from pilqr_ros.nodes.messages.wiring import publish, subscribe
from pilqr_ros.nodes.mujoco_bridge import MujocoBridgeNode
from pilqr_ros.nodes.runtime.control_executor import ControlExecutor
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.nodes.runtime.waiting import wait_for_condition
from pilqr_ros.nodes.state_estimator import StateEstimatorNode
from pilqr_ros.nodes.training.ros_collector import RosCollector
from pilqr_ros.nodes.trajectory_executor import TrajectoryExecutorNode
from pilqr_ros.robot.guard.interventions import GUARD
from pilqr_ros.tasks import Task, load_task

COMPOSED = (MujocoBridgeNode, EffortGuardNode, StateEstimatorNode, TrajectoryExecutorNode)
LOOP = tuple(spec for spec in NODES if spec.name not in ("learner", "cost_evaluator", "recorder"))
RECORDED = LOOP + tuple(spec for spec in NODES if spec.name == "recorder")

BARE_SECONDS = 4.0
"""Duration of the measurement of bare messages [s]."""


class Echo(Node):
    """Answers a tick's messages as estimator and guard would, without any work."""

    def __init__(self, task: Task) -> None:
        """Wire the answers."""
        super().__init__("echo")
        state, applied = State(x=to_field([0.0] * task.dX)), AppliedTorque()
        applied.effort = to_field([0.0] * task.dU)
        output = Float64MultiArray(data=applied.effort)
        states = publish(self, State, "bare/state", qos.SENSOR)
        answers = publish(self, AppliedTorque, "bare/applied", qos.RECORD)
        outputs = publish(self, Float64MultiArray, "bare/output", qos.COMMAND)

        def on_command(_: TorqueCommand) -> None:
            answers.publish(applied)
            outputs.publish(output)

        subscribe(self, PoseStamped, "bare/pose", lambda _: None, qos.SENSOR)
        subscribe(self, JointState, "bare/joints", lambda _: states.publish(state), qos.SENSOR)
        subscribe(self, TorqueCommand, "bare/command", on_command, qos.COMMAND)


class Caller(Node):
    """Sends a tick's messages round and round, then prints how many rounds a second it made.

    Sensor messages can be lost, the first ones before every endpoint is found: a round that has not
    come back within the timer's period is begun again.
    """

    def __init__(self, task: Task) -> None:
        """Wire the calls; they begin when the other process is found."""
        super().__init__("caller")
        self._rounds, self._seen = 0, 0
        self._began: float | None = None
        zero = to_field([0.0] * task.dU)
        self._pose = PoseStamped()
        self._joints = JointState(name=list(task.joints), position=zero, velocity=zero, effort=zero)
        command = TorqueCommand(effort=zero)
        self._poses = publish(self, PoseStamped, "bare/pose", qos.RELIABLE)
        self._joint_states = publish(self, JointState, "bare/joints", qos.RELIABLE)
        commands = publish(self, TorqueCommand, "bare/command", qos.COMMAND)
        subscribe(self, State, "bare/state", lambda _: commands.publish(command), qos.SENSOR)
        subscribe(self, AppliedTorque, "bare/applied", lambda _: None, qos.RECORD)
        subscribe(self, Float64MultiArray, "bare/output", self._on_output, qos.COMMAND)
        self.create_timer(0.2, self._on_timer)

    def _on_timer(self) -> None:
        if self._rounds == self._seen:
            self._begin_round()
        self._seen = self._rounds
        if self._began is not None and time.perf_counter() - self._began > BARE_SECONDS:
            print(self._rounds / (time.perf_counter() - self._began))
            raise KeyboardInterrupt

    def _on_output(self, _: Float64MultiArray) -> None:
        if self._began is None:
            self._began = time.perf_counter()
        self._rounds += 1
        self._begin_round()

    def _begin_round(self) -> None:
        self._poses.publish(self._pose)
        self._joint_states.publish(self._joints)


def measure_rollouts(task: Task, rollouts: int, recorded_in: Path | None = None) -> float:
    """Return the ticks a second of rollouts through the nodes that are running."""
    with ClientNode("lockstep_rate") as client:
        if recorded_in is not None:
            _begin_recording(client.node, recorded_in)
        collector = RosCollector(client.node)
        policy = task.initial_policy(0)
        collector.collect(policy, 0, 0, explore=True, jitter=True)
        began = time.perf_counter()
        for seed in range(rollouts):
            rollout = collector.collect(policy, 0, seed, explore=True, jitter=True)
            if not rollout.valid:
                print(f"rollout {seed} is invalid: {rollout.reason}")
        return rollouts * task.T / (time.perf_counter() - began)


def measure_graph(task: Task, name: str, rollouts: int) -> float:
    """Return the ticks a second with each node in its own process."""
    with running_graph(GraphOptions(task=name), nodes=LOOP, needs_torque=True):
        return measure_rollouts(task, rollouts)


def measure_recorded(task: Task, name: str, rollouts: int) -> float:
    """Return the ticks a second with each node in its own process, and a recorder."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_graph(GraphOptions(task=name), nodes=RECORDED, needs_torque=True),
    ):
        rate = measure_rollouts(task, rollouts, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.mcap"))
    print(f"the bag takes about {size / rollouts / 1000:.0f} kB for each rollout")
    return rate


def _begin_recording(node: Node, folder: Path) -> None:
    """Let the recorder that is running record."""
    statuses: list[RecorderStatus] = []
    node.create_subscription(RecorderStatus, "recorder/status", statuses.append, qos.LATCHED)
    run = node.create_publisher(TrainingRun, "learner/run", qos.LATCHED)
    run.publish(TrainingRun(active=True, run_directory=str(folder), part="rollouts"))
    wait_for_condition(
        lambda: any(status.recording for status in statuses), 20.0, "recorder", "begin"
    )


def measure_composed(task: Task, name: str, rollouts: int) -> float:
    """Return the ticks a second with all nodes in one process."""
    prepare_guard(GraphOptions(task=name), [GUARD], print_line, needs_torque=True)
    with ProcessGroup(_children(name, "composed"), print_line):
        return measure_rollouts(task, rollouts)


def measure_bare(name: str) -> float:
    """Return the rounds a second of a tick's messages between two processes."""
    lines: dict[str, str] = {}
    with ProcessGroup(_children(name, "echo", "caller"), lines.__setitem__) as group:
        group.wait()
    return float(lines["caller"])


def _children(task: str, *roles: str) -> dict[str, list[str]]:
    """Return command lines that run this program in other roles."""
    program = [sys.executable, "-m", "pilqr_ros.benchmarks.lockstep_rate"]
    ros = ["--ros-args", "-p", f"task:={task}"]
    return {role: [*program, "--task", task, "--role", role, *ros] for role in roles}


def report(task: Task, name: str, rollouts: int) -> None:
    """Measure and print all rates."""
    graph = measure_graph(task, name, rollouts)
    recorded = measure_recorded(task, name, rollouts)
    bare = measure_bare(name)
    composed = measure_composed(task, name, rollouts)
    print(f"{task.name}: {rollouts} rollouts of {task.T} ticks, {1 / task.dt:g} Hz in real time")
    for what, rate in (
        ("through the graph of separate processes", graph),
        ("the same, recorded", recorded),
        ("all nodes composed in one process", composed),
        ("bare messages between two processes", bare),
    ):
        print(
            f"{what:42} {rate:7.0f} ticks/s   {rate * task.dt:6.1f} x real time   "
            f"{graph / rate:5.2f} graph/this"
        )


def main() -> None:
    """Measure, or play a part in it."""
    parser = argparse.ArgumentParser(description="Measure how fast lock-step goes.")
    parser.add_argument("--task", default="hockey", help="name or path of the task")
    parser.add_argument("--rollouts", type=int, default=20, help="rollouts of each measurement")
    parser.add_argument("--role", choices=("composed", "echo", "caller"), help=argparse.SUPPRESS)
    given = parser.parse_args(remove_ros_args(sys.argv)[1:])
    task = load_task(given.task)
    parts = {
        "composed": COMPOSED,
        "echo": (lambda: Echo(task),),
        "caller": (lambda: Caller(task),),
    }
    if given.role is not None:
        sys.exit(run(*parts[given.role], executor=ControlExecutor))
    report(task, given.task, given.rollouts)


if __name__ == "__main__":
    main()
