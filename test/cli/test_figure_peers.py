"""Peers join the figures that the paper has them in, or it is said how to make them."""

import shlex
from dataclasses import asdict

import pytest
from typer.testing import CliRunner

from pilqr_ros.cli import app
from pilqr_ros.cli.figure_peers import joined, peer_commands
from pilqr_ros.experiments.learning_table import LearningTable, Measured
from pilqr_ros.experiments.paper import PAPER_FIGURES
from pilqr_ros.peers.judging import Checkpoint
from pilqr_ros.runs import atomic


@pytest.fixture
def kept_at_once(monkeypatch):
    """Peers learn nothing, and their results are kept."""

    def do_all(runs, executor, on_done):
        for run in runs:
            run.path.parent.mkdir(parents=True, exist_ok=True)
            curve = [asdict(Checkpoint(run.every, run.tests // 2, run.tests, 0.05, 1.0))]
            atomic.write_json(run.path, {"run": run.settings(), "curve": curve})
            on_done(run, "")

    monkeypatch.setattr("pilqr_ros.cli.peers_command.do_all", do_all)


def table_of(figure):
    rows = (Measured("mdgps-pilqr", 0, "test", figure.test, 480, 300, 0.9, 0.05, 1.0),)
    return LearningTable(figure.task, "distance [m]", rows)


def run(command):
    program, *arguments = shlex.split(command)
    assert program == "pilqr"
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("name", "samples"), [("figure4", 1200), ("figure5", 1600)])
def test_the_commands_that_are_told_make_what_the_figure_lacks(
    name, samples, kept_at_once, tmp_path
):
    figure, directory = PAPER_FIGURES[name], tmp_path / "all peers"
    table = table_of(figure)
    for command, (peer, times) in zip(
        peer_commands(table, figure, directory), figure.peers.items(), strict=True
    ):
        assert f"--methods {peer} --seeds 3 --episodes {times * samples} " in command
        run(command)
    complete = joined(table, figure, directory)
    assert complete.of("test").variants == ["mdgps-pilqr", "ddpg", "trpo"]
    assert complete.places == [figure.test]
    assert peer_commands(complete, figure, directory) == []


def test_commands_are_told_for_peers_without_results_alone(tmp_path, monkeypatch):
    figure = PAPER_FIGURES["figure4"]
    table = table_of(figure)
    rows = (*table.rows, table.rows[0]._replace(variant="trpo"))
    (command,) = peer_commands(LearningTable("reacher", "d", rows), figure, tmp_path)
    assert "--methods ddpg" in command
    assert peer_commands(table, PAPER_FIGURES["figure3"], tmp_path) == []


def test_results_that_do_not_fit_are_named_in_one_line(kept_at_once, tmp_path, capsys):
    figure = PAPER_FIGURES["figure4"]
    run(f"pilqr peers reacher --methods 'sac trpo' --seeds 1 --directory {tmp_path}")
    table = table_of(figure)
    assert joined(table, figure, tmp_path) == table
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("than the networks: sac/seed_0, trpo/seed_0")
