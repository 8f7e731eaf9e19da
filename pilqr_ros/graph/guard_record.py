"""What is told to a guard that is not running: whether torque may pass when it starts."""

from __future__ import annotations

from collections.abc import Iterable

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.exclusive import held
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.naming import full_name
from pilqr_ros.graph.processes import Output
from pilqr_ros.robot.guard.errors import RecordError
from pilqr_ros.robot.guard.interventions import GUARD
from pilqr_ros.robot.guard.safety_record import SafetyRecord, SafetyState, record_path
from pilqr_ros.ros_domain import ros_domain


def prepare_guard(
    chosen: GraphOptions, nodes: Iterable[str], tell: Output, *, needs_torque: bool = False
) -> None:
    """Record what each robot's guard is to start with; an emergency stop stays, and is told.

    To be called once before the nodes are started, when no graph runs in the same place: a guard
    that is started again reads what its predecessor has left.

    Args:
        chosen: The graph's options.
        nodes: The nodes that will be started.
        tell: Takes a node's name and a line about it.
        needs_torque: Whether the graph is of no use while a stop stays.

    Raises:
        GraphError: Nothing can be recorded, or a stop stays and torque is needed.
    """
    if GUARD not in nodes:
        return
    enabled = chosen.start_enabled and not chosen.hardware
    stops = {place: _prepare(place, enabled=enabled) for place in chosen.robot_namespaces}
    for place, stop in stops.items():
        if not stop:
            continue
        latched = f"EMERGENCY STOP ({stop}): no torque passes until"
        reset, enable = (guard_command(action, place) for action in ("reset", "enable"))
        if needs_torque and all(stops.values()):  # else the other robots can do the work
            raise GraphError(f"{GUARD}: {latched} {reset}; then start this again")
        tell(GUARD, f"{latched} {reset} and then {enable}")


def _prepare(namespace: str, *, enabled: bool) -> str:
    """Record what the guard of a namespace is to start with; return why it is stopped, if it is."""
    try:
        return SafetyRecord(record_path(namespace)).prepare(enabled=enabled)
    except RecordError as error:
        place = "let XDG_STATE_HOME name a folder that this user may write"
        raise GraphError(f"an emergency stop could not be kept: {error}; {place}") from error


def reset_record(namespace: str) -> str:
    """Release a recorded emergency stop where no guard runs; return what was done, in words.

    No guard can start meanwhile, and none is bypassed: one that runs has its stop in its memory.

    Args:
        namespace: The guard's namespace.

    Raises:
        GraphError: A guard runs on this machine, no stop is recorded, or nothing can be recorded.
    """
    place, record = _nobody(namespace), SafetyRecord(record_path(namespace))
    try:
        with held(GUARD, namespace):
            released = record.reset("`pilqr guard reset` while no guard ran")
    except RecordError as error:
        raise GraphError(f"{place}, and there is nothing to reset for the next: {error}") from error
    return (
        f"{place}; the stop that it would start with ({released}) is reset in {record.path}: the "
        f"next graph starts enabled or disabled, as its options say"
    )


def stop_record(namespace: str) -> str:
    """Record an emergency stop where no guard runs; return what was done, in words.

    The next guard starts stopped, until it is reset.

    Args:
        namespace: The guard's namespace.

    Raises:
        GraphError: A guard runs on this machine, or nothing can be recorded.
    """
    place, record = _nobody(namespace), SafetyRecord(record_path(namespace))
    try:
        with held(GUARD, namespace):
            record.write(SafetyState.STOPPED, "`pilqr guard stop` while no guard ran")
    except RecordError as error:
        raise GraphError(f"{place}, and the next one is not stopped: {error}") from error
    reset = guard_command("reset", namespace)
    return f"{place}; the next one on this machine is stopped until {reset} ({record.path})"


def _nobody(namespace: str) -> str:
    return f"no {GUARD} runs in ROS domain {ros_domain()}, namespace '{full_name(namespace)}'"


def guard_command(action: str, namespace: str) -> str:
    """Return the command that switches the guard of a namespace, in backticks."""
    place = namespace.strip("/")
    return f"`pilqr guard {action}{f' --namespace {place}' if place else ''}`"
