import pytest

from pilqr_ros.cli import main
from pilqr_ros.clients import deployment


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
