"""What a graph that is started tells its guard: whether torque may pass from the start."""

from __future__ import annotations

from collections.abc import Iterable

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.graph.processes import Output
from pilqr_ros.robot.guard.errors import RecordError
from pilqr_ros.robot.guard.safety_record import SafetyRecord, record_path

GUARD = "effort_guard"


def prepare_guard(chosen: GraphOptions, nodes: Iterable[str], tell: Output) -> None:
    """Record what the guard is to start with; an emergency stop stays, and is told.

    To be called once before the nodes are started, when no graph runs in the same place: a guard
    that is started again reads what its predecessor has left.

    Args:
        chosen: The graph's options.
        nodes: The nodes that will be started.
        tell: Takes a node's name and a line about it.

    Raises:
        GraphError: Nothing can be recorded.
    """
    if GUARD not in nodes:
        return
    enabled = chosen.start_enabled and not chosen.hardware
    try:
        stop = SafetyRecord(record_path(chosen.namespace)).prepare(enabled=enabled)
    except RecordError as error:
        place = "let XDG_STATE_HOME name a folder that this user may write"
        raise GraphError(f"an emergency stop could not be kept: {error}; {place}") from error
    if stop:
        how = "`pilqr guard reset` and then `pilqr guard enable`"
        tell(GUARD, f"EMERGENCY STOP ({stop}): no torque passes until {how}")
