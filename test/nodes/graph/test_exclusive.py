"""One graph in a place."""

import pytest

from pilqr_ros.nodes.errors import NodeError


def test_a_second_graph_in_the_same_place_is_refused(fresh_domain, run_nodes):
    with run_nodes("cost_evaluator"):
        with (
            pytest.raises(NodeError, match=r"another graph is running in ROS domain \d+"),
            run_nodes("cost_evaluator"),
        ):
            pass
        with run_nodes("cost_evaluator", namespace="left"):
            pass
