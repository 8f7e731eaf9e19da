"""Messages, requests and goals that no node of the graph would send."""

from __future__ import annotations

import random
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.client import Client
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.task import Future
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from pilqr_msgs.action import EvaluatePolicy, ExecuteRollout, TrainGlobal, TrainLocal
from pilqr_msgs.msg import (
    AppliedTorque,
    NeuralPolicy,
    Origin,
    Rollout,
    State,
    TorqueCommand,
    TVLGPolicy,
)
from pilqr_msgs.srv import EvaluateCost, Reset
from pilqr_ros.benchmarks.soak.hostile_messages import HUGE, hostile
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.plain_text import printable
from pilqr_ros.tasks import Task

STRANGER = "stranger"
"""Frame of a stranger's joint states, by which the monitor tells them from the robot's."""

STRANGERS_OFFSET = 1
"""Likewise the offset in the layout of a stranger's commands."""

DRAWN = 5
"""Messages drawn at random that go with each kind of what is always sent."""

VISIT = 0.5
"""Half of how long a stranger is on the topic of the robot's controller [s]."""

Send = Callable[[], int]
"""Sends some inputs and returns how many."""


class Strangers:
    """Sends things that must do no harm.

    Attributes:
        kinds: What can be sent, by name.
        answers: How many goals and requests were answered with an error, as they must be.
        problems: Answers that were none: a success, or a fault of the program.
    """

    def __init__(
        self, node: Node, task: Task, chance: random.Random, spoilt: Sequence[Path] = ()
    ) -> None:
        """Get ready to send through a node that another thread spins.

        Args:
            node: The node.
            task: The graph's task.
            chance: Draws what is sent besides what is always sent.
            spoilt: Directories of runs that cannot be opened.
        """
        self._node, self._task, self._chance = node, task, chance
        self._spoilt = [str(path) for path in spoilt]
        self.answers, self.problems = Counter[str](), list[str]()
        self._publishers: dict[str, Any] = {}
        self._train = ActionClient(node, TrainLocal, "learner/train_local")
        self._train_global = ActionClient(node, TrainGlobal, "learner/train_global")
        self._evaluate = ActionClient(node, EvaluatePolicy, "learner/evaluate_policy")
        self._execute = ActionClient(node, ExecuteRollout, "trajectory_executor/execute_rollout")
        self._reset: Client[Any, Any] = node.create_client(Reset, "reset")
        self._cost: Client[Any, Any] = node.create_client(
            EvaluateCost, "cost_evaluator/evaluate_cost"
        )
        self.kinds: dict[str, Send] = {
            **self._messages(),
            **self._goals(),
            **self._requests(),
        }

    def _publish(self, kind: type, topic: str, *messages: object) -> Send:
        publisher: Publisher[Any] = self._node.create_publisher(kind, topic, qos.RELIABLE)
        self._publishers[topic] = publisher

        def send() -> int:
            return self._send_all(publisher, kind, messages)

        return send

    def _visit(self, kind: type, topic: str, *messages: object) -> Send:
        """Return what publishes and leaves: as long as it is there, the guard passes no torque."""

        def send() -> int:
            publisher: Publisher[Any] = self._node.create_publisher(kind, topic, qos.RELIABLE)
            time.sleep(VISIT)
            count = self._send_all(publisher, kind, messages)
            time.sleep(VISIT)
            self._node.destroy_publisher(publisher)
            return count

        return send

    def _send_all(self, publisher: Publisher[Any], kind: type, messages: Sequence[object]) -> int:
        """Publish messages, and some that are drawn."""
        drawn = [_marked(hostile(kind, self._chance)) for _ in range(DRAWN)]
        for message in (*messages, *drawn):
            publisher.publish(message)
        return len(messages) + DRAWN

    def _messages(self) -> dict[str, Send]:
        task, dU = self._task, self._task.dU
        commands = [TorqueCommand(effort=effort, rollout_id=1) for effort in _bad_arrays(dU)]
        direct = [Float64MultiArray(data=effort) for effort in _bad_arrays(dU)]
        for message in direct:
            _marked(message)
        pose = PoseStamped()
        pose.pose.position.x = nan
        body = task.bodies[0]
        return {
            "torque_command": self._publish(TorqueCommand, "torque_command", *commands),
            "effort_controller/commands": self._visit(
                Float64MultiArray, "effort_controller/commands", *direct
            ),
            "joint_states": self._publish(JointState, "joint_states", *self._joint_states()),
            "mocap": self._publish(PoseStamped, f"mocap/{body}/pose", pose),
            "state": self._publish(State, "state", *(State(x=x) for x in _bad_arrays(task.dX))),
            "applied_torque": self._publish(
                AppliedTorque,
                "applied_torque",
                *(AppliedTorque(effort=effort, rollout_id=1) for effort in _bad_arrays(dU)),
            ),
        }

    def _joint_states(self) -> list[JointState]:
        names = list(self._task.sensed_joints)
        zeros = [0.0] * len(names)
        shapes = [
            (names, [nan] + zeros[1:], zeros),
            (names, zeros[1:], zeros),
            (names[1:], zeros[1:], zeros[1:]),
            (names[::-1], zeros, [inf] * len(names)),
            (["" for _ in range(1000)], [0.0] * 1000, [0.0] * 1000),
            (names, zeros, zeros),  # stamped long ago
        ]
        messages = [JointState(name=n, position=q, velocity=v) for n, q, v in shapes]
        for message in messages:
            _marked(message)
        return messages

    def _goals(self) -> dict[str, Send]:
        policies = [
            *(_policy(self._task, value) for value in (nan, inf, 0.0)),
            TVLGPolicy(steps=2**32 - 1, state_dim=2**32 - 1, action_dim=2**32 - 1),
            TVLGPolicy(feedforward=_numbers(HUGE, 0.0)),
        ]
        rollouts = [ExecuteRollout.Goal(policy=policy) for policy in policies]
        rollouts.append(ExecuteRollout.Goal(policy=policies[2], condition=2**31))
        networks = _networks(self._task)
        rollouts += [ExecuteRollout.Goal(neural_policy=network) for network in networks]
        rollouts.append(ExecuteRollout.Goal(policy=policies[2], neural_policy=networks[0]))
        local = [TrainLocal.Goal(**fields) for fields in _trainings("pilqr")]
        local += [TrainLocal.Goal(resume=path) for path in self._spoilt]
        shared = [TrainGlobal.Goal(**fields) for fields in _trainings("mdgps-pilqr")]
        asked = {"method": "mdgps-pilqr", "iterations": 1, "rollouts": 2}
        shared += [TrainGlobal.Goal(**asked, tests=tests) for tests in (["x" * HUGE], [""] * HUGE)]
        evaluations = [EvaluatePolicy.Goal(run="/etc", iteration=-(2**31), rollouts=2**31)]
        evaluations += [EvaluatePolicy.Goal(run=path, rollouts=1) for path in self._spoilt]
        return {
            "train_local": self._send(self._train, TrainLocal.Goal, *local),
            "train_global": self._send(self._train_global, TrainGlobal.Goal, *shared),
            "evaluate_policy": self._send(self._evaluate, EvaluatePolicy.Goal, *evaluations),
            "execute_rollout": self._send(self._execute, ExecuteRollout.Goal, *rollouts),
        }

    def _send(self, client: ActionClient, kind: type, *goals: object) -> Send:
        def send() -> int:
            if not client.server_is_ready():
                return 0
            drawn = [hostile(kind, self._chance) for _ in range(DRAWN)]
            for goal in (*goals, *drawn):
                client.send_goal_async(goal).add_done_callback(partial(self._on_goal, client.name))
            return len(goals) + DRAWN

        return send

    def _on_goal(self, name: str, answer: Future) -> None:
        """Wait for the result of a goal; one that is rejected has none."""
        handle = answer.result()
        if handle is None or not handle.accepted:
            self.answers[name] += handle is not None
            return
        handle.get_result_async().add_done_callback(
            lambda answer: self._on_answer(name, answer.result().result)
        )

    def _on_answer(self, name: str, result: Any) -> None:  # noqa: ANN401
        """Judge an answer: an error must be told, in one line, and be none of the program."""
        said = getattr(result, "message", "")
        good = getattr(result, "success", False) or getattr(result, "ok", False)
        if good or not said.isprintable() or result.error_code == ErrorCode.INTERNAL:
            self.problems.append(f"{name} answered a stranger: {printable(said, max_length=300)!r}")
        self.answers[name] += 1

    def _requests(self) -> dict[str, Send]:
        def reset() -> int:
            self._reset.call_async(Reset.Request(condition=2**31, seed=0, jitter=True))
            return 1

        def reset_within_a_rollout() -> int:
            self._reset.call_async(Reset.Request(condition=0, seed=2**63, jitter=True))
            return 1

        def cost() -> int:
            drawn = [hostile(Rollout, self._chance) for _ in range(DRAWN)]
            rollouts = [*self._rollouts(), *drawn]
            for rollout in rollouts:
                self._cost.call_async(EvaluateCost.Request(rollout=rollout)).add_done_callback(
                    lambda answer: self._on_answer("evaluate_cost", answer.result())
                )
            return len(rollouts)

        return {"reset": reset, "foreign reset": reset_within_a_rollout, "evaluate_cost": cost}

    def _rollouts(self) -> list[Rollout]:
        T, dX, dU = self._task.T, self._task.dX, self._task.dU
        shape = {"task": self._task.name, "steps": T, "state_dim": dX, "action_dim": dU}
        return [
            Rollout(),
            Rollout(steps=2**32 - 1, state_dim=2**32 - 1, action_dim=2**32 - 1),
            Rollout(**shape, states=_numbers(HUGE, nan)),
            Rollout(**shape, states=_numbers(T * dX, nan), condition=2**31),
        ]


def _marked(message: Any) -> Any:  # noqa: ANN401
    """Return a message with the mark by which the monitor knows a stranger's."""
    if isinstance(message, JointState):
        message.header.frame_id = STRANGER
    if isinstance(message, Float64MultiArray):
        message.layout.data_offset = STRANGERS_OFFSET
    return message


NO_RUNS = ("/", "/dev/zero", "../" * 500, "x" * HUGE, "\U0001f600")
"""Paths at which there is no run."""


def _numbers(count: int, value: float) -> array[float]:
    return array("d", [value]) * count


def _bad_arrays(size: int) -> list[array[float]]:
    """Return arrays that are not finite, of a wrong size, or oversized."""
    return [
        *(_numbers(size, value) for value in (nan, inf, -inf)),
        *(_numbers(count, 1.0) for count in (0, size - 1, size + 1, HUGE)),
    ]


def _trainings(method: str) -> list[dict[str, Any]]:
    """Return what goals of trainings hold that must be refused."""
    return [
        {"method": "x" * HUGE},
        {"method": method, "iterations": 2**32 - 1, "rollouts": 2},
        {"method": method, "iterations": 1, "rollouts": 2, "conditions": [0] * HUGE},
        *({"resume": path} for path in NO_RUNS),
        *({"method": method, "iterations": 1, "origin": Origin(run=path)} for path in NO_RUNS),
    ]


def _networks(task: Task) -> list[NeuralPolicy]:
    """Return networks that are not finite, of sizes that do not fit, or oversized."""
    shape = {"steps": task.T, "state_dim": task.dX, "action_dim": task.dU}
    dX, dU = task.dX, task.dU
    fitting: dict[str, Any] = {
        "sizes": [dX, dU],
        "biases": _numbers(dU, 0.0),
        "input_mean": _numbers(dX, 0.0),
        "input_scale": _numbers(dX, 1.0),
        "noise_factor": _numbers(dU * dU, 0.0),
        "observed": list(range(dX)),
    }
    return [
        *(NeuralPolicy(**shape, **fitting, weights=_numbers(dU * dX, v)) for v in (nan, inf)),
        NeuralPolicy(**shape, **fitting, weights=_numbers(1, 0.0)),
        NeuralPolicy(**shape, sizes=[2**32 - 1] * 4),
        NeuralPolicy(**shape, sizes=[1] * HUGE),
        NeuralPolicy(**shape, sizes=[1, dU], observed=[2**31], weights=_numbers(dU, 0.0)),
    ]


def _policy(task: Task, value: float) -> TVLGPolicy:
    """Return a policy of the right shape that holds one value everywhere."""
    T, dX, dU = task.T, task.dX, task.dU
    sizes = {
        "feedback_gains": T * dU * dX,
        "feedforward": T * dU,
        "noise_factors": T * dU * dU,
    }
    return TVLGPolicy(
        steps=T,
        state_dim=dX,
        action_dim=dU,
        **{name: _numbers(size, value) for name, size in sizes.items()},
    )
