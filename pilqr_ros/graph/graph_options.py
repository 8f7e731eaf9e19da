"""What can be chosen when the graph is started."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from pilqr_ros.graph.discovery import AUTO, RANGES
from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.naming import check_namespace, full_name
from pilqr_ros.graph.robot_names import ALONE, per_robot, robot_names
from pilqr_ros.runs.file_names import TASK_FILE
from pilqr_ros.runs.policy_kind import POLICY_KINDS

MAX_REAL_TIME_FACTOR = 20.0
"""Fastest pace at which control in a rhythm of its own is of use [simulated seconds a second]."""

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


def _option(default: Any, description: str, choices: tuple[str, ...] | None = None) -> Any:  # noqa: ANN401
    """Return a dataclass field for an option of the graph."""
    return field(default=default, metadata={"description": description, "choices": choices})


@dataclass(frozen=True)
class GraphOptions:
    """What can be chosen when the graph is started; checked here, before any node is."""

    BOUNDS: ClassVar[dict[str, tuple[float, float]]] = {
        "real_time_factor": (0.0, MAX_REAL_TIME_FACTOR)
    }
    """Least and largest value of each number; options of the command line have the same."""

    task: str = _option("hockey", "name of a task, or path of a task file")
    real_time_factor: float = _option(
        0.0, "simulated seconds a second; 0: in lock-step, as fast as the graph goes"
    )
    hardware: bool = _option(
        False, "start everything but the simulated robot, for the one that robot_config describes"
    )
    robots: str = _option(
        "", "how many robots learn together, or their names with commas, which are namespaces"
    )
    robot_config: str = _option("", "name of a robot's file, or its path; empty: the usual names")
    discovery: str = _option(
        AUTO, "whose nodes are found: localhost, subnet, or as the environment says", RANGES
    )
    start_enabled: bool = _option(
        True, "let torques pass from the start, without `pilqr guard enable`"
    )
    viewer: bool = _option(False, "show the simulated world in a window")
    dashboard: bool = _option(False, "serve a live page for this machine's browser, at port 8080")
    scene: bool = _option(False, "publish what RViz and Foxglove show of robot and rollouts")
    record: bool = _option(True, "record what the nodes say during each run in a bag")
    runs_directory: str = _option("runs", "where training runs are stored")
    namespace: str = _option("", "namespace of all nodes")
    log_level: str = _option("info", "least severity of what the nodes log", LOG_LEVELS)
    respawn: bool = _option(True, "start a node again that died")

    def __post_init__(self) -> None:
        """Check what no node could start with.

        Raises:
            GraphError: An option has no value that is allowed.
        """
        for option in fields(self):
            choices, value = option.metadata["choices"], getattr(self, option.name)
            if choices is not None and value not in choices:
                allowed = ", ".join(choices)
                raise GraphError(f"{option.name} is {value!r}, allowed is one of {allowed}")
        for namespace in (self.namespace, *self.robot_namespaces):
            check_namespace(namespace)
        per_robot(self.robot_config, self.robot_names, "robot_config")
        for name, (low, high) in self.BOUNDS.items():
            if not low <= getattr(self, name) <= high:
                value = getattr(self, name)
                raise GraphError(f"{name} is {value:g}, allowed is {low:g} to {high:g}")

    @property
    def robot_names(self) -> tuple[str, ...]:
        """Names of the robots; that of the only one is empty."""
        return robot_names(self.robots)

    @property
    def robot_namespaces(self) -> tuple[str, ...]:
        """Namespace of each robot's nodes; that of the only one is the graph's."""
        if self.robot_names == ALONE:
            return (self.namespace,)
        return tuple(full_name(self.namespace, name) for name in self.robot_names)


@dataclass(frozen=True)
class DeploymentOptions(GraphOptions):
    """What can be chosen when a trained policy is served."""

    run: str = _option("", "directory of a run whose policy is served, and nothing learns")
    policy: str = _option("best", "which one: best, local or global", POLICY_KINDS)
    condition: str = _option("", "name of the condition; empty: the first trained one")

    def __post_init__(self) -> None:
        """Take the run's own task file, whatever task is named (errors as in `GraphOptions`)."""
        super().__post_init__()
        if self.run and self.robot_names != ALONE:
            raise GraphError(f"robots is {self.robots!r}, but a policy is served on one robot")
        if self.run:
            run = Path(self.run).absolute()
            object.__setattr__(self, "run", str(run))
            object.__setattr__(self, "task", str(run / TASK_FILE))


def deployment_options() -> tuple[Field[Any], ...]:
    """Return what can be chosen when a policy is served, as `options` does."""
    return fields(DeploymentOptions)


def options() -> tuple[Field[Any], ...]:
    """Return the options with their defaults, and description and choices as metadata."""
    return fields(GraphOptions)


def read_option(option: Field[Any], text: str) -> Any:  # noqa: ANN401
    """Return the value of an option that is given as text.

    Raises:
        GraphError: It is of another type.
    """
    kind: type[Any] = type(option.default)
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        allowed = "true or false" if kind is bool else f"a {kind.__name__}"
        raise GraphError(f"{option.name} is {text!r}, allowed is {allowed}") from error
