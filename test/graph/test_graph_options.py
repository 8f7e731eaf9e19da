"""Options given as text."""

import pytest

from pilqr_ros import graph
from pilqr_ros.graph.errors import GraphError


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("hardware", "True", True), ("real_time_factor", "0.5", 0.5), ("task", "5", "5")],
)
def test_options_are_read_from_text(name, text, value):
    option = next(one for one in graph.options() if one.name == name)
    assert graph.read_option(option, text) == value


def test_an_option_of_another_type_is_refused():
    option = next(one for one in graph.options() if one.name == "hardware")
    with pytest.raises(GraphError, match="hardware is 'perhaps', allowed is true or false"):
        graph.read_option(option, "perhaps")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"log_level": "loud"}, "log_level is 'loud', allowed is one of debug, info"),
        ({"discovery": "moon"}, "discovery is 'moon', allowed is one of auto, localhost"),
        ({"namespace": "1 bad<"}, "namespace is '1 bad<', allowed are names"),
        ({"real_time_factor": float("nan")}, "real_time_factor is nan, allowed is 0 to"),
        ({"real_time_factor": -1.0}, "real_time_factor is -1, allowed is 0 to"),
        ({"real_time_factor": 1e9}, r"real_time_factor is 1e\+09, allowed is 0 to"),
    ],
)
def test_an_option_that_no_node_takes_is_refused_before_any_is_started(options, message):
    with pytest.raises(GraphError, match=message):
        graph.GraphOptions(**options)


def test_a_run_brings_its_own_task_file_whatever_task_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chosen = graph.DeploymentOptions(task="door", run="then")
    assert (chosen.run, chosen.task) == (str(tmp_path / "then"), str(tmp_path / "then/task.yaml"))
    assert graph.DeploymentOptions(task="door").task == "door"
    names = [option.name for option in graph.deployment_options()]
    assert set(names) - {option.name for option in graph.options()} == {
        "run",
        "policy",
        "condition",
    }
