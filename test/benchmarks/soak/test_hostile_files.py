"""Whatever is done to a run, a robot's file or a bag, an error of ours tells it, in time."""

from pathlib import Path

import pytest

from pilqr_ros.benchmarks.soak import hostile_files
from pilqr_ros.benchmarks.soak.hostile_files import SPOILS, examine, write_unreadable
from pilqr_ros.errors import PilqrError
from pilqr_ros.runs.run_store import open_run


def test_spoilt_files_are_told_or_read_within_bounds():
    outcomes, problems = examine(4 * len(SPOILS), seed=0)
    assert problems == []
    assert outcomes["told"] > len(SPOILS)
    assert outcomes.total() == 4 * len(SPOILS)


def test_an_error_of_another_kind_is_a_problem(monkeypatch):
    read = hostile_files.read_sample

    def leaks(folder: Path) -> None:
        try:
            read(folder)
        except PilqrError as error:
            raise KeyError from error

    monkeypatch.setattr(hostile_files, "read_sample", leaks)
    _, problems = examine(3, seed=0)
    assert problems
    assert "wrong: KeyError" in problems[0]


def test_no_unreadable_run_is_opened(tmp_path):
    for place in write_unreadable(tmp_path):
        with pytest.raises(PilqrError):
            open_run(place)
