"""The table of compared runs is read in any terminal: no cell goes on in its next line."""

from pathlib import Path

import pytest

from pilqr_ros.cli import console
from pilqr_ros.cli.compared_runs import show_compared_runs
from pilqr_ros.report.comparison import ComparedRow
from pilqr_ros.runs.last_policy import LastPolicy


def row(number):
    last = LastPolicy(number > 0, 17, 20, 12.345, 0.0123)
    name = Path(f"runs/reach/2026-11-27T11-52-{number:02d}")
    return ComparedRow(name, "pilqr", number, 15, 150, 90, last, (0.64, 0.95), 61.0)


@pytest.fixture
def shown(capsys, monkeypatch):
    """Return a function that shows so many runs in a terminal so wide, and returns the lines."""

    def show(count, width):
        monkeypatch.setattr(console.console, "_width", width)
        show_compared_runs([row(number) for number in range(count)], "distance [m]")
        return capsys.readouterr().out.splitlines()

    return show


def test_where_there_is_room_each_run_has_one_line(shown):
    lines = shown(3, 200)
    (second,) = [line for line in lines if "2026-11-27T11-52-01" in line]
    assert "17/20" in second
    assert "64% to 95%" in second
    assert "0.012" in second


@pytest.mark.parametrize("width", [60, 80, 100])
def test_in_a_narrow_terminal_runs_stand_beside_one_another_and_nothing_is_cut(shown, width):
    lines = shown(5, width)
    assert max(map(len, lines)) <= width
    whole = "\n".join(lines)
    for number in range(5):
        assert f"2026-11-27T11-52-{number:02d}" in whole
    assert whole.count("64% to 95%") == 5
    assert whole.count("17/20 noisy") == 1
    beside = max(line.count("2026-11-27T11-52") for line in lines)
    assert beside == {60: 1, 80: 2, 100: 3}[width]
