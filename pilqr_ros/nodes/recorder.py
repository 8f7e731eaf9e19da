"""Node `recorder`: keeps in a bag what the nodes said during each run.

It reads the topics' messages as they came over the wire, some of them at a time: a wait for each
message would cost more than all the rest.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from pilqr_msgs.msg import RecorderStatus, Rollout, TrainingRun
from pilqr_ros.nodes.messages import qos
from pilqr_ros.nodes.messages.recorded_topics import RecordedTopic, recorded_topics, type_name
from pilqr_ros.nodes.messages.wiring import RECORDER, Unwatched
from pilqr_ros.nodes.runtime.diagnostics import Diagnosis, Diagnostics, Level
from pilqr_ros.nodes.runtime.parameters import TaskParameters, declare, parameter
from pilqr_ros.nodes.runtime.running import run
from pilqr_ros.recording.bag import Bounds
from pilqr_ros.recording.definitions import Definitions
from pilqr_ros.recording.recorder import Recorder
from pilqr_ros.recording.topic import BagTopic

TAKING_PERIOD = 0.02
"""How often messages are taken [s]."""

FLUSH_PERIOD = 1.0
"""How often they are brought to the disk [s]: what a kill can lose."""

MATCHING_TIMEOUT = 5.0
"""Longest wait for the other nodes' publishers before a run is taken as it comes [s]."""

LINGERING = 0.5
"""How long a bag stays open when its run has ended, for what is still on its way [s]."""

MEGABYTE = 2**20


@dataclass(frozen=True)
class RecorderParameters(TaskParameters):
    """Parameters of the recorder."""

    max_megabytes: int = parameter(
        4096, "largest size of a run's bag [MiB]; it then ends", low=1, high=2**30
    )
    min_free_megabytes: int = parameter(
        1024, "what a bag leaves free on the disk [MiB]; it ends before", low=0, high=2**30
    )

    robots: tuple[str, ...] = parameter(
        (), "namespaces of several robots of which all is recorded; none: the recorder's own"
    )

    @property
    def bounds(self) -> Bounds:
        """How large a bag may become."""
        return Bounds(self.max_megabytes * MEGABYTE, self.min_free_megabytes * MEGABYTE)


class RecorderNode(Node):
    """Wires topics to a `Recorder`."""

    _heard: Sequence[Subscription] = ()

    def __init__(self) -> None:
        """Subscribe to everything and wait for a run."""
        super().__init__(RECORDER)
        parameters = declare(self, RecorderParameters)
        topics = recorded_topics(parameters.load_task(), parameters.robots)
        definitions = Definitions(
            {"pilqr_msgs": Path(get_package_share_directory("pilqr_msgs")) / "msg"}
        )
        described = [self._describe(topic, definitions) for topic in topics]
        self._recorder = Recorder(described, parameters.bounds, self.get_logger().warning)
        group = Unwatched()
        self._heard = [self._subscribe(topic, group) for topic in topics]
        self._run_topic = next(n for n, topic in enumerate(topics) if topic.kind is TrainingRun)
        self._rollout_topics = [n for n, topic in enumerate(topics) if topic.kind is Rollout]
        self._waiting_since: float | None = None
        self._ended_at: float | None = None
        self._status = self.create_publisher(RecorderStatus, "~/status", qos.LATCHED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TAKING_PERIOD, self._take, clock=steady)
        self.create_timer(FLUSH_PERIOD, self._flush, clock=steady)
        Diagnostics(self, self._diagnose)

    def destroy_node(self) -> None:
        """End the bag, then the node."""
        if self._heard:  # else it was never built
            self._take()
            self._recorder.end()
        super().destroy_node()

    def _describe(self, topic: RecordedTopic, definitions: Definitions) -> BagTopic:
        """Return a topic as a bag describes it."""
        kind = type_name(topic.kind)
        name = self.resolve_topic_name(topic.name)
        return BagTopic(
            name, kind, definitions.definition(kind), definitions.type_hash(kind), topic.offered
        )

    def _subscribe(self, topic: RecordedTopic, group: CallbackGroup) -> Subscription:
        """Subscribe to a topic's serialized messages, to take them later."""
        return self.create_subscription(
            topic.kind, topic.name, lambda _: None, topic.profile, callback_group=group, raw=True
        )

    def _take(self) -> None:
        """Take every message that has come, and record them in the order in which they came.

        The run's own topic comes last: else what was sent on a run's beginning may be taken, and
        lost, before the beginning is.
        """
        taken = []
        others = (n for n in range(len(self._heard)) if n != self._run_topic)
        for number in (*others, self._run_topic):
            subscription = self._heard[number]
            while (one := subscription.handle.take_message(bytes, True)) is not None:
                data, info = one
                taken.append((info["received_timestamp"], number, info["source_timestamp"], data))
        taken.sort(key=lambda one: one[0])
        for received_ns, number, sent_ns, data in taken:
            if number == self._run_topic:
                self._on_run(deserialize_message(data, TrainingRun))
            self._recorder.write(number, received_ns, sent_ns, data)
        now = time.monotonic()
        if self._waiting_since is not None and self._complete(now - self._waiting_since):
            self._waiting_since = None
            self._tell()
        if self._ended_at is not None and now - self._ended_at > LINGERING:
            self._ended_at = None
            self._recorder.end()
            self._tell()

    def _on_run(self, told: TrainingRun) -> None:
        """Begin a part of a run, or end the bag."""
        self._ended_at = None if told.active else time.monotonic()
        if not told.active:
            return
        new = self._recorder.run_directory != Path(told.run_directory)
        self._recorder.begin(Path(told.run_directory), told.part)
        if new:
            self.get_logger().info(f"recording {told.run_directory}")
            self._waiting_since = time.monotonic()
        else:
            self._tell()

    def _complete(self, waited: float) -> bool:
        """Tell whether every topic that is published is heard, or was waited for long enough."""
        if waited > MATCHING_TIMEOUT:
            return True
        if any(self._heard[n].get_publisher_count() == 0 for n in self._rollout_topics):
            return False
        return all(
            subscription.get_publisher_count() >= self.count_publishers(subscription.topic_name)
            for subscription in self._heard
        )

    def _flush(self) -> None:
        problem = self._recorder.problem
        self._recorder.flush()
        if self._recorder.problem != problem:
            self._tell()

    def _tell(self) -> None:
        """Publish what the recorder does."""
        recorder = self._recorder
        status = RecorderStatus(
            recording=recorder.recording,
            run_directory="" if recorder.run_directory is None else str(recorder.run_directory),
            part=recorder.part,
            message=recorder.problem,
        )
        status.header.stamp = self.get_clock().now().to_msg()
        self._status.publish(status)

    def _diagnose(self) -> list[Diagnosis]:
        recorder = self._recorder
        values = {"bag [bytes]": recorder.size, "messages": recorder.message_count}
        if recorder.problem:
            return [Diagnosis("bag", Level.ERROR, recorder.problem, values)]
        if recorder.nearly_full:
            return [Diagnosis("bag", Level.WARN, "nearly full", values)]
        doing = f"recording {recorder.run_directory}" if recorder.recording else "waiting for a run"
        return [Diagnosis("bag", Level.OK, doing, values)]


def main() -> None:
    """Run the node."""
    sys.exit(run(RecorderNode))


if __name__ == "__main__":
    main()
