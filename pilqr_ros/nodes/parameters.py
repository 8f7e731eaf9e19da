"""ROS parameters from a frozen record: declared once, described, checked, read-only afterwards.

A node's parameters are a frozen dataclass whose fields are made by `parameter`; `declare` declares
them on the node and returns the record with the values that were given.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar, get_origin, get_type_hints

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from pilqr_ros.nodes.conversions import NANOSECONDS
from pilqr_ros.nodes.errors import ParameterError

Record = TypeVar("Record")

LOCKSTEP_TIMEOUT = 1.0
"""Longest silence of commands in lock-step, where the world waits anyway [s]."""


@dataclass(frozen=True)
class Limits:
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
    return field(default=default, metadata={"limits": Limits(description, **limits)})


def declare(node: Node, record: type[Record]) -> Record:
    """Declare a record's parameters on a node and return their values.

    Raises:
        ParameterError: A value has the wrong type or lies outside its range.
    """
    kinds = get_type_hints(record)
    values = {
        f.name: _declare(node, f, get_origin(kinds[f.name]) or kinds[f.name])
        for f in fields(record)
    }
    return record(**values)


def _declare(node: Node, spec: Field[Any], kind: type) -> Any:  # noqa: ANN401
    """Declare one parameter and return its value."""
    limits: Limits = spec.metadata["limits"]
    value = _given(node, spec, kind, limits)
    given = list(value) if kind is tuple else value
    node.declare_parameter(spec.name, given, _descriptor(limits, kind), ignore_override=True)
    return value


def _given(node: Node, spec: Field[Any], kind: type, limits: Limits) -> Any:  # noqa: ANN401
    """Return the checked value of a parameter: the one given from outside, or the default."""
    # A throw-away declaration without a type reads the value that was given, whatever its type.
    probe = node.declare_parameter(
        spec.name, spec.default, ParameterDescriptor(dynamic_typing=True)
    ).value
    node.undeclare_parameter(spec.name)
    if kind is float and type(probe) is int:  # `-p real_time_factor:=1`
        probe = float(probe)
    if kind is tuple:
        return _numbers(spec, probe)
    if type(probe) is not kind or not limits.allow(probe):
        raise ParameterError(spec.name, probe, limits.describe(kind))
    return probe


def _numbers(spec: Field[Any], value: Any) -> tuple[float, ...]:  # noqa: ANN401
    """Return the checked value of a parameter that is a list of numbers."""
    count = len(spec.default)
    try:
        numbers = tuple(float(number) for number in value)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != count:
        raise ParameterError(spec.name, value, f"{count} numbers")
    return numbers


def _type(kind: type) -> Parameter.Type:
    """Return ROS's type of a parameter."""
    if kind is tuple:
        return Parameter.Type.DOUBLE_ARRAY
    return Parameter.Type.from_parameter_value(kind())


def _descriptor(limits: Limits, kind: type) -> ParameterDescriptor:
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


@dataclass(frozen=True)
class NodeParameters(TaskParameters):
    """What every node of the control loop needs to know."""

    real_time_factor: float = parameter(
        0.0,
        "simulated seconds a second: 1 on a robot; 0: in lock-step, as fast as the graph goes",
        low=0.0,
        high=20.0,
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
