"""ROS parameters from a frozen record: declared once, described, checked, read-only afterwards.

A node's parameters are a frozen dataclass whose fields are made by `parameter`, or by `section`
where the settings, their bounds and defaults stand elsewhere; `declare` declares them on the node
and returns the record with the values that were given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from pilqr_ros.graph.graph_options import MAX_REAL_TIME_FACTOR
from pilqr_ros.nodes.errors import NodeError, ParameterError
from pilqr_ros.nodes.messages.conversions import NANOSECONDS
from pilqr_ros.nodes.runtime.parameter_names import refuse_unknown
from pilqr_ros.runs.executed_task import load_executed_task
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.digest import digest

Record = TypeVar("Record")

LOCKSTEP_TIMEOUT = 1.0
"""Longest silence of commands in lock-step, where the world waits anyway [s]."""


@dataclass(frozen=True)
class ParameterRange:
    """What a parameter may be; None where there is no limit."""

    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None

    def describe(self, kind: type) -> str:
        """Return the allowed values in words."""
        if self.choices is not None:
            return "one of " + ", ".join(self.choices)
        if self.low is None or self.high is None:
            return f"any {kind.__name__}"
        return f"{kind.__name__} from {self.low:g} to {self.high:g}"

    def allow(self, value: float | str) -> bool:
        """Tell whether a value of the right type is allowed."""
        if self.choices is not None:
            return value in self.choices
        return self.low is None or self.high is None or self.low <= float(value) <= self.high


def parameter(default: Any, description: str, **limits: Any) -> Any:  # noqa: ANN401
    """Return a dataclass field for a parameter; `limits` are `low`, `high` or `choices`."""
    return field(default=default, metadata={"limits": ParameterRange(description, **limits)})


def robot_joints() -> Any:  # noqa: ANN401
    """Return the field of the parameter by which nodes know the robot's names of joints."""
    return parameter((), "the robot's names of the sensed joints, in order; none: the task's")


def hardware() -> Any:  # noqa: ANN401
    """Return the field for whether the arm is real."""
    return parameter(False, "a real arm: no tolerance of the task's is wider than the default one")


def section(kind: type[BaseModel]) -> Any:  # noqa: ANN401
    """Return the field of a section whose keys, bounds and defaults are parameters of the node."""
    return field(default=kind(), metadata={"section": kind})


class Declaration(NamedTuple):
    """A parameter: its name, type, default and what it may be."""

    name: str
    kind: Any
    default: Any
    limits: ParameterRange


def declarations(record: type[Any]) -> list[Declaration]:
    """Return the parameters of a record, those of its sections one by one."""
    kinds, found = get_type_hints(record), []
    for spec in fields(record):
        if "section" in spec.metadata:
            found += [
                Declaration(name, key.annotation, key.default, _section_limits(key))
                for name, key in spec.metadata["section"].model_fields.items()
            ]
        elif "limits" in spec.metadata:
            found.append(
                Declaration(spec.name, kinds[spec.name], spec.default, spec.metadata["limits"])
            )
    return found


def _section_limits(key: FieldInfo) -> ParameterRange:
    """Return what the key of a section may be."""
    bounds = {
        name: getattr(mark, name)
        for mark in key.metadata
        for name in ("ge", "le")
        if hasattr(mark, name)
    }
    return ParameterRange(key.description or "", bounds.get("ge"), bounds.get("le"))


def declare(node: Node, record: type[Record]) -> Record:
    """Declare a record's parameters on a node and return their values.

    Raises:
        ParameterError: A value has the wrong type or lies outside its range.
        UnknownParameterError: A value was given for a parameter that there is not.
    """
    wanted = declarations(record)
    # rclpy tells by no public name what was given; it is all that applies to this node.
    refuse_unknown(node.get_name(), node._parameter_overrides, [one.name for one in wanted])
    values = {one.name: _declare(node, one) for one in wanted}
    given = {}
    for spec in fields(cast(Any, record)):  # a dataclass: there is no name for their type
        kind = spec.metadata.get("section")
        given[spec.name] = (
            values[spec.name]
            if kind is None
            else kind(**{name: values[name] for name in kind.model_fields})
        )
    return record(**given)


def _declare(node: Node, spec: Declaration) -> Any:  # noqa: ANN401
    """Declare one parameter and return its value."""
    given, is_list = _given(node, spec), get_origin(spec.kind) is not None
    value = _list(spec, given) if is_list else _single(spec, given)
    plain = list(value) if isinstance(value, tuple) else value
    descriptor = _descriptor(spec.limits, spec.kind)
    node.declare_parameter(spec.name, plain, descriptor, ignore_override=True)
    return value


def _given(node: Node, spec: Declaration) -> Any:  # noqa: ANN401
    """Return the value that was given from outside, whatever its type, or the default."""
    # A throw-away declaration without a type reads it.
    probe = node.declare_parameter(
        spec.name, spec.default, ParameterDescriptor(dynamic_typing=True)
    ).value
    node.undeclare_parameter(spec.name)
    # rclpy knows no type of a list without entries, and so no value.
    is_empty = probe is None and isinstance(spec.default, tuple)
    return () if is_empty else probe


def _single(spec: Declaration, given: Any) -> Any:  # noqa: ANN401
    """Return the checked value of a parameter that is no list."""
    kind, limits = spec.kind, spec.limits
    if kind is float and type(given) is int:  # `-p real_time_factor:=1`
        given = float(given)
    if type(given) is not kind or not limits.allow(given):
        raise ParameterError(spec.name, given, limits.describe(kind))
    return given


def _list(spec: Declaration, given: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the checked value of a list; one without entries by default may have any number."""
    item, count = get_args(spec.kind)[0], len(spec.default)
    allowed = f"{count or 'any'} {'numbers' if item is float else 'names'}"
    is_list = isinstance(given, Iterable) and not isinstance(given, str)
    if not is_list or not all(_is(item, value) for value in given):
        raise ParameterError(spec.name, given, allowed)
    values = tuple(item(value) for value in given)
    if count not in (0, len(values)):
        raise ParameterError(spec.name, given, allowed)
    return values


def _is(item: type, value: object) -> bool:
    """Tell whether an entry of a list is of its type: a finite number, or text; a flag is none."""
    if item is float:
        return type(value) in (int, float) and math.isfinite(cast(float, value))
    return type(value) is item


def _type(kind: Any) -> Parameter.Type:  # noqa: ANN401
    """Return ROS's type of a parameter."""
    if get_origin(kind) is None:
        return Parameter.Type.from_parameter_value(kind())
    is_number = get_args(kind)[0] is float
    return Parameter.Type.DOUBLE_ARRAY if is_number else Parameter.Type.STRING_ARRAY


def _descriptor(limits: ParameterRange, kind: Any) -> ParameterDescriptor:  # noqa: ANN401
    """Return the descriptor that `ros2 param describe` shows."""
    descriptor = ParameterDescriptor(
        type=_type(kind).value,
        description=limits.description,
        additional_constraints="" if limits.choices is None else limits.describe(kind),
        read_only=True,
    )
    if limits.low is not None and limits.high is not None:
        if kind is float:
            span = FloatingPointRange(from_value=limits.low, to_value=limits.high)
            descriptor.floating_point_range = [span]
        else:
            descriptor.integer_range = [IntegerRange(from_value=limits.low, to_value=limits.high)]
    return descriptor


@dataclass(frozen=True)
class TaskParameters:
    """What every node needs to know."""

    task: str = parameter("hockey", "name of a task, or path of a task file")
    task_digest: str = parameter(
        "", "SHA-256 of the task's file and models, which must be those; empty: any"
    )

    def load_task(self) -> Task:
        """Return the task.

        Raises:
            TaskError: There is none, or its file is not valid.
            NodeError: It is not the one that the graph was started with.
        """
        task = load_executed_task(self.task)
        self.check_task(task)
        return task

    def check_task(self, task: Task) -> None:
        """Check that a task is the one that the graph was started with.

        Raises:
            NodeError: It is not: a node that is started again has no other limits than the rest.
        """
        if self.task_digest and digest(task) != self.task_digest:
            raise NodeError(
                f"the task file {self.task} or a model of it was edited since the nodes were "
                "started: end them all, and start them again"
            )


@dataclass(frozen=True)
class NodeParameters(TaskParameters):
    """What every node of the control loop needs to know."""

    real_time_factor: float = parameter(
        0.0,
        "simulated seconds a second: 1 on a robot; 0: in lock-step, as fast as the graph goes",
        low=0.0,
        high=MAX_REAL_TIME_FACTOR,
    )

    @property
    def lockstep(self) -> bool:
        """Whether the simulation waits for the graph."""
        return self.real_time_factor == 0.0


@dataclass(frozen=True)
class ListenerParameters(NodeParameters):
    """What a node needs to know that obeys commands."""

    command_timeout: float = parameter(
        0.0,
        "longest silence within a rollout [s]; 0: two control periods, in lock-step 1 s",
        low=0.0,
        high=10.0,
    )

    def timeout_ns(self, period_ns: int) -> int:
        """Return the longest silence [ns] at a control period [ns]."""
        if self.command_timeout > 0.0:
            return round(self.command_timeout * NANOSECONDS)
        if self.lockstep:
            return round(LOCKSTEP_TIMEOUT * NANOSECONDS)
        return round(2 * period_ns / self.real_time_factor)
