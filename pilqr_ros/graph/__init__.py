"""The graph from outside: its nodes and options, and their processes.

One list serves the launch file, `pilqr up` and `pilqr train`. Nothing here imports ROS, so that the
list can be read without starting any of it.
"""

from typing import TYPE_CHECKING

from pilqr_ros.public_names import listed, public_names

if TYPE_CHECKING:
    from pilqr_ros.graph.companion import live_page as live_page
    from pilqr_ros.graph.companion import page_command as page_command
    from pilqr_ros.graph.exclusive import check_free as check_free
    from pilqr_ros.graph.graph_options import DeploymentOptions as DeploymentOptions
    from pilqr_ros.graph.graph_options import GraphOptions as GraphOptions
    from pilqr_ros.graph.graph_options import deployment_options as deployment_options
    from pilqr_ros.graph.graph_options import options as options
    from pilqr_ros.graph.graph_options import read_option as read_option
    from pilqr_ros.graph.guard_record import prepare_guard as prepare_guard
    from pilqr_ros.graph.node_list import DEPLOYED as DEPLOYED
    from pilqr_ros.graph.node_list import NODES as NODES
    from pilqr_ros.graph.node_list import SIMULATED_ROBOT as SIMULATED_ROBOT
    from pilqr_ros.graph.node_list import NodeSpec as NodeSpec
    from pilqr_ros.graph.starting import NodeStart as NodeStart
    from pilqr_ros.graph.starting import command as command
    from pilqr_ros.graph.starting import ros_arguments as ros_arguments
    from pilqr_ros.graph.starting import starts as starts
    from pilqr_ros.graph.supervision import print_line as print_line
    from pilqr_ros.graph.supervision import run_graph as run_graph
    from pilqr_ros.graph.supervision import running_graph as running_graph

MODULES = {
    "pilqr_ros.graph.companion": ("live_page", "page_command"),
    "pilqr_ros.graph.exclusive": ("check_free",),
    "pilqr_ros.graph.graph_options": (
        "DeploymentOptions",
        "GraphOptions",
        "deployment_options",
        "options",
        "read_option",
    ),
    "pilqr_ros.graph.guard_record": ("prepare_guard",),
    "pilqr_ros.graph.node_list": ("DEPLOYED", "NODES", "SIMULATED_ROBOT", "NodeSpec"),
    "pilqr_ros.graph.starting": ("NodeStart", "command", "ros_arguments", "starts"),
    "pilqr_ros.graph.supervision": ("print_line", "run_graph", "running_graph"),
}
"""Public names by the module that they are in."""

__getattr__ = public_names(__name__, MODULES)
__all__ = listed(MODULES)


def __dir__() -> list[str]:
    """Return what the package offers."""
    return __all__
