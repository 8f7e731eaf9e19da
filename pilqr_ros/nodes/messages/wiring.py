"""Publishers and subscriptions of the control loop.

They come without rclpy's handlers of incompatible quality of service: each handler joins every wait
of its node, and without them a message passes in half the time. The profiles in `qos` fit all
usual partners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

RECORDER = "recorder"
"""Name of the node that records topics and does nothing with them."""

UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"
"""What rcl calls the node of an endpoint until it hears of it."""


class Unwatched(CallbackGroup):
    """Subscriptions that no executor waits for: their messages are taken when they are wanted."""

    def can_execute(self, entity: object) -> bool:
        """Keep an entity out of an executor's wait set."""
        return False

    def beginning_execution(self, entity: object) -> bool:
        """Let an entity not be called back."""
        return False

    def ending_execution(self, entity: object) -> None:
        """Nothing was executed."""


def publish(node: Node, kind: type, topic: str, profile: QoSProfile) -> Publisher:
    """Create a publisher."""
    silent = PublisherEventCallbacks(use_default_callbacks=False)
    return node.create_publisher(kind, topic, profile, event_callbacks=silent)


def subscribe(
    node: Node, kind: type, topic: str, callback: Callable[[Any], None], profile: QoSProfile
) -> Subscription:
    """Create a subscription."""
    silent = SubscriptionEventCallbacks(use_default_callbacks=False)
    return node.create_subscription(kind, topic, callback, profile, event_callbacks=silent)


def count_listeners(node: Node, publisher: Publisher) -> int:
    """Return how many subscriptions a publisher has found, but for those of a recorder.

    One whose node is not known yet is not counted either: it may be a recorder's.
    """
    found = node.get_subscriptions_info_by_topic(publisher.topic_name)
    uncounted = sum(info.node_name in (RECORDER, UNKNOWN_NODE) for info in found)
    return publisher.get_subscription_count() - uncounted
