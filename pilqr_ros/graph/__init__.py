"""The graph from outside: its nodes and options, and their processes.

One list serves the launch file, `pilqr up` and `pilqr train`. Nothing here imports ROS, so that the
list can be read without starting any of it.
"""

from pilqr_ros.graph.companion import live_page, page_command
from pilqr_ros.graph.exclusive import check_free
from pilqr_ros.graph.graph_options import (
    DeploymentOptions,
    GraphOptions,
    deployment_options,
    options,
    read_option,
)
from pilqr_ros.graph.guard_record import prepare_guard
from pilqr_ros.graph.node_list import DEPLOYED, NODES, SIMULATED_ROBOT, NodeSpec
from pilqr_ros.graph.starting import NodeStart, command, ros_arguments, starts
from pilqr_ros.graph.supervision import print_line, run_graph, running_graph

__all__ = [
    "DEPLOYED",
    "NODES",
    "SIMULATED_ROBOT",
    "DeploymentOptions",
    "GraphOptions",
    "NodeSpec",
    "NodeStart",
    "check_free",
    "command",
    "deployment_options",
    "live_page",
    "options",
    "page_command",
    "prepare_guard",
    "print_line",
    "read_option",
    "ros_arguments",
    "run_graph",
    "running_graph",
    "starts",
]
