"""A number has the same bounds on the command line and in the record that it fills."""

import inspect
import typing

import pytest

from pilqr_ros.cli.learning_commands import evaluate, train
from pilqr_ros.cli.node_commands import up
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig
from pilqr_ros.graph.graph_options import GraphOptions
from pilqr_ros.runs.run_config import RunConfig

FILLED = [
    (train, (RunConfig, GraphOptions)),
    (up, (GraphOptions,)),
    (evaluate, (EvaluationConfig, GraphOptions)),
]


@pytest.mark.parametrize(("command", "records"), FILLED)
def test_each_number_of_a_record_has_its_bounds_as_an_option(command, records):
    hints = typing.get_type_hints(command, include_extras=True)
    options = {name: hints[name].__metadata__[0] for name in inspect.signature(command).parameters
               if hasattr(hints[name], "__metadata__")}  # fmt: skip
    for record in records:
        shared = record.BOUNDS.keys() & options.keys()
        assert shared
        for name in shared:
            assert (options[name].min, options[name].max) == record.BOUNDS[name]
