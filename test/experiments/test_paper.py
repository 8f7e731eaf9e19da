import pytest

from pilqr_ros.experiments.paper import PAPER_FIGURES
from pilqr_ros.experiments.variants import parse_variant
from pilqr_ros.peers.peer_run import PEERS
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.tasks import load_task


def trained_conditions(task):
    return RunConfig.for_task(task, "pilqr", seed=0).conditions


@pytest.mark.parametrize("name", PAPER_FIGURES)
def test_a_figure_names_what_there_is(name):
    figure = PAPER_FIGURES[name]
    task = load_task(figure.task)
    for method in figure.methods:
        parse_variant(method).apply(task)
    trained = {task.conditions[i].name for i in trained_conditions(task)}
    assert set(figure.places) <= trained
    assert set(figure.peers) <= set(PEERS)
    assert not figure.peers or figure.test in task.guided.tests


def test_the_pushers_two_figures_show_all_of_its_conditions_once():
    places = PAPER_FIGURES["figure3"].places + PAPER_FIGURES["figure10"].places
    task = load_task("pusher")
    assert sorted(places) == sorted(task.conditions[i].name for i in trained_conditions(task))
