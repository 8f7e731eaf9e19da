"""An executor for control loops: little work for each message.

For each callback, rclpy's executors build a wait set of every entity of a node in Python and wrap
the callback in a task. In a loop of several nodes in lock-step that is most of the time. This
executor keeps its wait set, takes messages itself and calls back at once. Whatever else becomes
ready, it leaves to the executor that it derives from.

For that it uses what rclpy does not promise: an executor's `_guard` and `_sigint_gc`, the C++
`WaitSet` behind `implementation_singleton`, and `handle`, `take_message` and `pointer` of the
entities. They are the same in rclpy 7.1 (Jazzy), 9.1 (Kilted) and its development in 2026.
What rclpy promises costs more. Rollouts through the graph in lock-step, on two busy cores in one
run, as a ratio to this executor (two measurements of it, 0.97 and 1.03):

- `SingleThreadedExecutor`: 0.52 and 0.61 of the rate, 1.9 times the processor's time for a tick;
- the same without the parameter services (`can_execute`): 0.60 of the rate, 1.7 times the time;
- `experimental.EventsExecutor` of Kilted: no rollout came to its end within 50 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.task import Future

TURN_NS = 100_000_000
"""How often the parameter services are looked at; they stay out of the wait for messages."""

CYCLE = 3
"""Calls of `spin_once` that are sure to see tasks and everything ready, wherever it left off."""

OTHER_KINDS = ("guard_condition", "timer", "client", "service")


class ControlExecutor(SingleThreadedExecutor):
    """A single-threaded executor that is quick at messages."""

    def spin_until_future_complete(
        self, future: Future[Any], timeout_sec: float | None = None
    ) -> None:
        """Execute callbacks until a future is done or, if it is given, a time [s] is over."""
        future.add_done_callback(lambda _: self.wake())
        end = inf if timeout_sec is None else time.monotonic() + timeout_sec
        while self.context.ok() and not future.done() and time.monotonic() < end:
            self._serve_messages()
            for _ in range(CYCLE):
                self.spin_once(timeout_sec=0)

    def can_execute(self, entity: object) -> bool:
        """Tell whether the base class may call an entity back: anything but subscriptions.

        It would wake itself after each callback, and so keep taking the next message, too.
        """
        return not isinstance(entity, Subscription) and super().can_execute(entity)

    def _serve_messages(self) -> None:
        """Call back for messages until anything else is ready or has waited for its turn."""
        subscriptions = [s for node in self.get_nodes() for s in node.subscriptions]
        wait_set, fill = self._wait_set(subscriptions)
        end_ns = time.monotonic_ns() + TURN_NS
        while time.monotonic_ns() < end_ns:
            fill()
            wait_set.wait(TURN_NS)
            ready = wait_set.get_ready_entities("subscription")
            for subscription in subscriptions:
                if subscription.handle.pointer in ready:
                    _call_back(subscription)
            if any(wait_set.get_ready_entities(kind) for kind in OTHER_KINDS):
                return

    def _wait_set(
        self, subscriptions: list[Subscription]
    ) -> tuple[rclpy_implementation.WaitSet, Callable[[], None]]:
        """Return a wait set, and what fills it before each wait."""
        nodes = self.get_nodes()
        guards = [g for g in (self._guard, self._sigint_gc) if g is not None]
        guards += [guard for node in nodes for guard in node.guards]
        timers = [timer for node in nodes for timer in node.timers]
        clients = [client for node in nodes for client in node.clients]
        services = [s for node in nodes for s in node.services if not _of_parameters(s)]
        waitables = [waitable for node in nodes for waitable in node.waitables]
        sizes = [len(kind) for kind in (subscriptions, guards, timers, clients, services)] + [0]
        for waitable in waitables:
            counts = waitable.get_num_entities()
            sizes[0] += counts.num_subscriptions
            sizes[1] += counts.num_guard_conditions
            sizes[2] += counts.num_timers
            sizes[3] += counts.num_clients
            sizes[4] += counts.num_services
            sizes[5] += counts.num_events
        wait_set = rclpy_implementation.WaitSet(*sizes, self.context.handle)
        adding = [(wait_set.add_subscription, s.handle) for s in subscriptions]
        adding += [(wait_set.add_guard_condition, guard.handle) for guard in guards]
        adding += [(wait_set.add_timer, timer.handle) for timer in timers]
        adding += [(wait_set.add_client, client.handle) for client in clients]
        adding += [(wait_set.add_service, service.handle) for service in services]
        adding += [(waitable.add_to_wait_set, wait_set) for waitable in waitables]

        def fill() -> None:
            wait_set.clear_entities()
            for add, entity in adding:
                add(entity)

        return wait_set, fill


def _of_parameters(service: Service) -> bool:
    """Tell whether a service is one of those for parameters, which every node has."""
    return service.srv_type.__module__.startswith(("rcl_interfaces.", "type_description_"))


def _call_back(subscription: Subscription) -> None:
    """Take one message and hand it to the subscription's callback."""
    taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
    if taken is not None:
        subscription.callback(taken[0])
