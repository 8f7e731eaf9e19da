"""What each robot of a graph is to its nodes: parameters, topics, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.naming import full_name
from pilqr_ros.graph.node_list import FROM_SHARED
from pilqr_ros.graph.robot_names import per_robot
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.robot.robot_parameters import robot_parameters
from pilqr_ros.tasks import Task

CLOCK = "/clock"
"""The one topic of a simulated robot that is the same in every namespace."""

DRIVEN = ("joint_states", "effort_controller/commands")
"""Topics that are one robot's alone."""


@dataclass(frozen=True)
class Wiring:
    """A robot as its nodes know it.

    Attributes:
        name: Its name; empty for the only one.
        namespace: Where its nodes are.
        parameters: Values that its file gives, by the names that nodes have for them.
        topics: Where it has its topics, by their usual names, if they are elsewhere.
    """

    name: str
    namespace: str
    parameters: dict[str, Any]
    topics: dict[str, str]

    def own_remappings(self, graph: str) -> dict[str, str]:
        """Return the remappings of its own nodes.

        Args:
            graph: Namespace of the shared nodes.
        """
        if not self.name:
            return self.topics
        shared = {topic: full_name(graph, topic) for topic in FROM_SHARED}
        return self.topics | shared | {CLOCK: full_name(self.namespace, CLOCK)}

    @property
    def seen_topics(self) -> dict[str, str]:
        """Where it has its topics, as a shared node sees them."""
        return {self._seen(usual): self._seen(topic) for usual, topic in self.topics.items()}

    def place_of(self, usual: str) -> str:
        """Return the full name of one of its topics."""
        topic = self.topics.get(usual, usual)
        return topic if topic.startswith("/") else full_name(self.namespace, topic)

    def _seen(self, topic: str) -> str:
        return f"{self.name}/{topic}" if self.name and not topic.startswith("/") else topic


def wired_robots(chosen: GraphOptions, task: Task) -> tuple[Wiring, ...]:
    """Return every robot of a graph.

    Raises:
        ConfigError: A robot's file is not valid, or does not fit the task.
        GraphError: There is no robot's file, and it is for hardware; or two robots are one.
    """
    names, places = chosen.robot_names, chosen.robot_namespaces
    files = per_robot(chosen.robot_config, names, "robot_config")
    robots = tuple(
        Wiring(name, place, *_given(chosen, file, place, task))
        for name, place, file in zip(names, places, files, strict=True)
    )
    _check_different(robots)
    return robots


def _given(
    chosen: GraphOptions, file: str, namespace: str, task: Task
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return parameters and topics that a robot's file gives."""
    if not file:
        if chosen.hardware:
            raise GraphError("hardware needs robot_config, the name or path of the robot's file")
        return {}, {}
    config = load_robot_config(file, task)
    parameters: dict[str, Any] = dict(robot_parameters(config, task, namespace))
    if not chosen.hardware:  # the simulation resets itself
        del parameters["reset_timeout"]
    if chosen.real_time_factor == 0.0:  # in lock-step the world waits for commands
        del parameters["command_timeout"]
    usual = {name: topic for name, topic in config.topics(task).items() if name != topic}
    return parameters, usual


def _check_different(robots: tuple[Wiring, ...]) -> None:
    """Check that no two robots would be driven through the same topic.

    Raises:
        GraphError: Two are.
    """
    taken: dict[str, str] = {}
    for robot in robots:
        for usual in DRIVEN:
            topic = robot.place_of(usual)
            if topic in taken:
                raise GraphError(
                    f"robots {taken[topic]} and {robot.name} both have {topic}: give each one a "
                    "file of its own, separated by commas in robot_config, or one whose topics do "
                    "not begin with a slash"
                )
            taken[topic] = robot.name
