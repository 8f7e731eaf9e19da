"""Publishers and subscriptions of the control loop.

They come without rclpy's handlers of incompatible quality of service: each handler joins every wait
of its node, and without them a message passes in half the time. The profiles in `qos` fit all
usual partners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription


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
