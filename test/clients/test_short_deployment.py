import pytest

from pilqr_ros.clients.short_deployment import execute
from pilqr_ros.graph import DeploymentOptions
from pilqr_ros.nodes.errors import NodeError


def test_on_hardware_nothing_is_executed_before_somebody_has_looked(tmp_path):
    chosen = DeploymentOptions(run=str(tmp_path), hardware=True, robot_config="lightarm")
    with pytest.raises(NodeError, match="after `pilqr guard enable`: leave out --times"):
        execute(chosen, 1, print)
