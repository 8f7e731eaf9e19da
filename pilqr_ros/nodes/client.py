"""A client of the learner's actions, for the command line and for tests.

Every wait has a deadline: for the server, for its answer to a goal, and for the time between two
feedback messages of a goal that is under way.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import rclpy
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from pilqr_msgs.action import EvaluatePolicy, TrainLocal
from pilqr_ros.errors import PilqrError

SERVER_DEADLINE = 60.0
ANSWER_DEADLINE = 20.0
SILENCE_DEADLINE = 300.0


class ClientError(PilqrError):
    """The learner did not answer, or refused."""


class LearnerClient:
    """Sends goals to the learner node and follows them.

    Use it as a context manager; it owns its own ROS context and spins it in a thread.
    """

    def __init__(self, namespace: str = "") -> None:
        """Prepare a client of the learner in a namespace."""
        self._namespace = namespace

    def __enter__(self) -> Self:
        """Join the graph."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(
            "pilqr_client", namespace=self._namespace, context=self._context
        )
        self._train = ActionClient(self._node, TrainLocal, "learner/train_local")
        self._evaluate = ActionClient(self._node, EvaluatePolicy, "learner/evaluate_policy")
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name="pilqr_client", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the graph."""
        self._context.try_shutdown()
        self._thread.join(timeout=ANSWER_DEADLINE)
        self._node.destroy_node()

    def train(
        self, goal: TrainLocal.Goal, on_feedback: Callable[[TrainLocal.Feedback], None]
    ) -> TrainLocal.Result:
        """Train, and return the result.

        Args:
            goal: What to train.
            on_feedback: Called in another thread with each feedback message.

        Raises:
            ClientError: The learner did not answer in time, or rejected the goal.
            KeyboardInterrupt: The user interrupted; the goal was cancelled and its end awaited.
        """
        return self._follow(self._train, goal, on_feedback)

    def evaluate(
        self, goal: EvaluatePolicy.Goal, on_feedback: Callable[[EvaluatePolicy.Feedback], None]
    ) -> EvaluatePolicy.Result:
        """Evaluate, and return the result; as `train` otherwise."""
        return self._follow(self._evaluate, goal, on_feedback)

    def _follow(self, client: ActionClient, goal: Any, on_feedback: Callable[[Any], None]) -> Any:  # noqa: ANN401
        name = client._action_name
        if not client.wait_for_server(timeout_sec=SERVER_DEADLINE):
            raise ClientError(f"no server of {name} within {SERVER_DEADLINE:.0f} s: is it running?")
        heard = threading.Event()  # a sign of life since it was last cleared

        def feedback(message: Any) -> None:  # noqa: ANN401
            heard.set()
            on_feedback(message.feedback)

        handle = _wait(client.send_goal_async(goal, feedback), ANSWER_DEADLINE, f"{name}: goal")
        if not handle.accepted:
            raise ClientError(f"{name} rejected the goal; the learner's output tells why")
        result = handle.get_result_async()
        result.add_done_callback(lambda _: heard.set())
        try:
            while not result.done():
                if not heard.wait(SILENCE_DEADLINE):
                    raise ClientError(f"{name} has been silent for {SILENCE_DEADLINE:.0f} s")
                heard.clear()
        except KeyboardInterrupt:
            _wait(handle.cancel_goal_async(), ANSWER_DEADLINE, f"{name}: cancellation")
            _wait(result, ANSWER_DEADLINE, f"{name}: end of the cancelled goal")
            raise
        return result.result().result

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()


def _wait(future: Future, seconds: float, what: str) -> Any:  # noqa: ANN401
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(seconds):
        raise ClientError(f"{what} was not answered within {seconds:.0f} s")
    return future.result()
