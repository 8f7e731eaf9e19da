"""Which names of parameters a node takes: its own, ROS's, and those that are meant for others.

A file of parameters may have one section for all nodes, in which each finds what it needs. What
stands there for another node is left alone; a name that no node knows, or that this node was given
by its command line and does not know, is refused.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Iterable
from itertools import pairwise

from pilqr_ros.nodes.errors import UnknownParameterError

STANDARD = ("use_sim_time", "start_type_description_service")
"""Parameters that ROS itself gives to every node."""

QOS_OVERRIDES = "qos_overrides."
"""What ROS's parameters for the quality of service begin with."""

_NAMES = """
base_frame body_speed_limit body_turn_limit command_timeout condition consistent_poses damping_ratio
deadline estop_timeout frequency hardware input_timeout integral_time joint_position_noise
joint_velocity_noise max_megabytes max_speed min_free_megabytes mocap_dropout mocap_dropout_time
mocap_frame mocap_frame_source mocap_noise mocap_rpy mocap_xyz noise_seed offer_reset
operator_timeout policy policy_digest pose_age real_time_factor record reset_timeout robot_joints
robots run runs_directory sensor_delay sensor_rate settle_time stamp_age start_timeout state_age
state_directory state_timeout task task_digest tick_tolerance torque_limits torque_rate_limits
tracking_error velocity_filter velocity_window viewer
"""

OF_NODES = frozenset(_NAMES.split())
"""Parameters of all nodes of the graph."""


def refuse_unknown(node: str, given: Iterable[str], own: Collection[str]) -> None:
    """Refuse a name of a parameter that a node was given and does not know.

    Args:
        node: Name of the node.
        given: The names that it was given from outside.
        own: Its parameters.

    Raises:
        UnknownParameterError: There is one; the message names the closest known ones.
    """
    told = _on_command_line(sys.argv)
    for name in given:
        is_ours = name in own or name in STANDARD or name.startswith(QOS_OVERRIDES)
        if not is_ours and (name in told or name not in OF_NODES):
            closest = difflib.get_close_matches(name, own, n=3, cutoff=0.5)
            raise UnknownParameterError(name, node, closest, sorted(own))


def _on_command_line(arguments: list[str]) -> set[str]:
    """Return the names that stand after ``-p``, as ``name:=value`` or ``node:name:=value``."""
    rules = (rule for flag, rule in pairwise(arguments) if flag in ("-p", "--param"))
    return {rule.partition(":=")[0].rpartition(":")[2] for rule in rules}
