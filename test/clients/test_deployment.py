import pytest

from pilqr_ros.cli import main
from pilqr_ros.clients import deployment
from pilqr_ros.clients.deployment import execute
from pilqr_ros.graph import DeploymentOptions
from pilqr_ros.nodes.errors import NodeError


def test_on_hardware_nothing_is_executed_before_somebody_has_looked(tmp_path):
    chosen = DeploymentOptions(run=str(tmp_path), hardware=True, robot_config="lightarm")
    with pytest.raises(NodeError, match="after `pilqr guard enable`: leave out --times"):
        execute(chosen, 1, print)


def test_whoever_interrupts_the_client_is_told_what_stops_the_arm(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(deployment, "request", interrupted)
    monkeypatch.setattr("sys.argv", ["pilqr", "execute", "--namespace", "left"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 130
    said = " ".join(capsys.readouterr().err.split())
    assert "was told to stop; `pilqr guard stop --namespace left` stops the arm" in said
