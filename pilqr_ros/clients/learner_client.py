"""A client of the learner's actions for programs that are not nodes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pilqr_msgs.action import EvaluatePolicy, TrainGlobal, TrainLocal
from pilqr_msgs.msg import GuardState
from pilqr_ros.clients.client_node import ClientNode, nobody
from pilqr_ros.clients.goal_client import ANSWER_TIMEOUT, GoalClient, GoalLost
from pilqr_ros.clients.remote_parameters import read_parameter
from pilqr_ros.graph.exclusive import holder
from pilqr_ros.graph.node_list import TRAINING
from pilqr_ros.nodes.errors import NodeError, SilenceError
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.runtime.action_client import ActionClient
from pilqr_ros.nodes.runtime.waiting import wait_for_condition
from pilqr_ros.robot.guard.interventions import GUARD

START_TIMEOUT = 60.0
"""Longest wait for the learner to offer its actions [s]; others may start at the same time."""

GUARD_TIMEOUT = 5.0
"""Longest wait for the guard to tell its state [s]: discovery may take so long."""

MAX_RETURNS = 5
"""How often in a row a learner may fall silent before it has made any progress."""

WHO = "learner"


class ClientError(NodeError):
    """The learner did not answer, or is not the one that is wanted."""


class LearnerClient(ClientNode):
    """Sends goals to the learner and waits for their results; use it as a context manager.

    A learner that died is waited for, and asked to go on where it was.
    """

    def __init__(self, namespace: str = "") -> None:
        """Start a node in the learner's namespace and the thread that spins it."""
        super().__init__("pilqr_client", namespace)
        self._goals = GoalClient(self.node, WHO)
        self._train = ActionClient(self.node, TrainLocal, "learner/train_local")
        self._train_global = ActionClient(self.node, TrainGlobal, "learner/train_global")
        self._evaluate = ActionClient(self.node, EvaluatePolicy, "learner/evaluate_policy")

    def __enter__(self) -> LearnerClient:
        """Return this."""
        return self

    def find_learner(self, seconds: float) -> None:
        """Look for a learner that is said to be running.

        Args:
            seconds: How long; it may be starting.

        Raises:
            ClientError: There is none; the message names the nodes that are missing, and where.
        """
        namespace = self.node.get_namespace()
        try:
            wait_for_condition(
                lambda: WHO in self._present() or bool(holder(WHO, namespace)),
                seconds,
                WHO,
                "appear",
            )
        except SilenceError as error:
            missing = ", ".join(name for name in TRAINING if name not in self._present())
            problem = nobody(self.node, missing, seconds)
            raise ClientError(f"{problem}, or wait longer (--wait)") from error

    def _present(self) -> set[str]:
        """Return the names of the nodes in the learner's namespace that have been found."""
        found = self.node.get_node_names_and_namespaces()
        return {name for name, namespace in found if namespace == self.node.get_namespace()}

    def check_runs_directory(self, wanted: Path) -> None:
        """Check that the learner keeps new runs where the user wants them.

        Raises:
            ClientError: It keeps them elsewhere, or did not answer.
        """
        timeouts = START_TIMEOUT, ANSWER_TIMEOUT
        try:
            kept = read_parameter(self.node, WHO, "runs_directory", *timeouts).string_value
        except SilenceError as error:
            raise ClientError(str(error)) from error
        if Path(kept) != wanted:
            raise ClientError(
                f"--runs is {wanted}, but the running learner keeps runs in {kept}: leave out "
                "--runs, or start the nodes with that directory"
            )

    def check_guard(self) -> None:
        """Check that no emergency stop is latched: nothing could be executed until it is reset.

        A guard that says nothing is left to the learner, which waits for it.

        Raises:
            ClientError: One is; the message says why, and what resets it.
        """
        said: list[GuardState] = []
        listener = self.node.create_subscription(
            GuardState, "guard_state", said.append, qos.LATCHED
        )
        with suppress(SilenceError):
            wait_for_condition(lambda: bool(said), GUARD_TIMEOUT, GUARD, "tell its state")
        self.node.destroy_subscription(listener)
        if said and said[-1].state == GuardState.STOPPED:
            raise ClientError(f"{GUARD} lets no torque pass: {said[-1].reason}")

    def train(
        self, goal: TrainLocal.Goal, on_feedback: Callable[[TrainLocal.Feedback], None]
    ) -> TrainLocal.Result:
        """Train and return the result; an interruption cancels the goal.

        Raises:
            RefusedError: The learner rejected the goal; the message says why.
            NodeError: It did not answer, or did not come back.
        """

        def resumed(last: TrainLocal.Feedback | None) -> TrainLocal.Goal:
            return goal if last is None else TrainLocal.Goal(resume=last.run_directory)

        return self._insist(self._train, goal, resumed, on_feedback)

    def train_global(
        self, goal: TrainGlobal.Goal, on_feedback: Callable[[TrainGlobal.Feedback], None]
    ) -> TrainGlobal.Result:
        """Train a global policy and return the result; an interruption cancels the goal.

        Raises:
            RefusedError: The learner rejected the goal; the message says why.
            NodeError: It did not answer, or did not come back.
        """

        def resumed(last: TrainGlobal.Feedback | None) -> TrainGlobal.Goal:
            if last is None:
                return goal
            return TrainGlobal.Goal(resume=last.run_directory, tests=goal.tests)

        return self._insist(self._train_global, goal, resumed, on_feedback)

    def evaluate(
        self, goal: EvaluatePolicy.Goal, on_feedback: Callable[[EvaluatePolicy.Feedback], None]
    ) -> EvaluatePolicy.Result:
        """Evaluate and return the result; an interruption cancels the goal.

        Raises:
            RefusedError: The learner rejected the goal; the message says why.
            NodeError: It did not answer, or did not come back.
        """
        return self._insist(self._evaluate, goal, lambda _last: goal, on_feedback)

    def _insist(
        self,
        client: ActionClient,
        goal: Any,  # noqa: ANN401
        resumed: Callable[[Any], Any],
        on_feedback: Callable[[Any], None],
    ) -> Any:  # noqa: ANN401
        """Send a goal, and again what is left of it whenever the learner falls silent."""
        last, returns = None, 0

        def note(feedback: Any) -> None:  # noqa: ANN401
            nonlocal last, returns
            last, returns = feedback, 0
            on_feedback(feedback)

        while True:
            try:
                return self._goals.run(client, resumed(last), note, START_TIMEOUT)
            except GoalLost:
                returns += 1
                if returns > MAX_RETURNS:
                    raise
