import math

import pytest

from pilqr_ros.experiments import table_file
from pilqr_ros.experiments.learning_table import LearningTable, Measured
from pilqr_ros.experiments.table_file import TableError, read_table, write_table

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

TABLE = LearningTable(
    "hockey",
    "final distance [m]",
    (
        Measured("pilqr", 3, "training", "middle", 10, 10, 0.1, 1.5, 7000.0),
        Measured("pilqr@paper", 3, "final", "middle", 10, 20, 1.0, 1.0 / 3.0, 1e-9),
    ),
)


def test_a_table_is_read_as_it_was_written(tmp_path):
    assert read_table(write_table(TABLE, tmp_path / "new" / "table.parquet")) == TABLE


def test_what_peers_do_not_tell_of_their_tests_is_kept_as_nan(tmp_path):
    row = Measured("trpo", 0, "test", "goals", 517, 300, 0.0, math.nan, math.nan)
    path = write_table(LearningTable("reacher", "distance [m]", (row,)), tmp_path / "t.parquet")
    (kept,) = read_table(path).rows
    assert math.isnan(kept.distance)
    assert math.isnan(kept.cost)
    assert kept._replace(distance=0.0, cost=0.0) == row._replace(distance=0.0, cost=0.0)


def test_others_can_read_it(tmp_path):
    made = parquet.read_table(write_table(TABLE, tmp_path / "table.parquet")).to_pydict()
    assert made["success_rate"] == [0.1, 1.0]
    assert made["variant"] == ["pilqr", "pilqr@paper"]


def test_what_is_no_table_is_refused_by_its_name(tmp_path):
    path = tmp_path / "table.parquet"
    for content in (b"", b"PAR1 and no more", b"variant,seed\n"):
        path.write_bytes(content)
        with pytest.raises(TableError, match=r"table\.parquet"):
            read_table(path)
    write_table(TABLE, path)
    made = parquet.read_table(path)
    parquet.write_table(made.drop_columns(["seed"]), path)
    with pytest.raises(TableError, match="not a table of a comparison"):
        read_table(path)
    parquet.write_table(made.replace_schema_metadata({}), path)
    with pytest.raises(TableError, match="not a table of a comparison"):
        read_table(path)
    odd = [row._replace(phase="dreamt") for row in TABLE.rows]
    write_table(LearningTable(TABLE.task, TABLE.distance_label, tuple(odd)), path)
    with pytest.raises(TableError, match="'dreamt'"):
        read_table(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"trained_on": None}, "row 1: trained_on is None"),
        ({"place": None}, "row 1: place is None"),
        ({"distance": float("nan")}, "row 1: distance is nan"),
        ({"cost": float("nan")}, "row 1: cost is nan"),
        ({"phase": "test", "success_rate": float("nan")}, "row 1: success_rate is nan"),
        ({"phase": "test", "distance": float("inf")}, "row 1: distance is inf"),
        ({"cost": 1e308}, r"row 1: cost is 1e\+308, expected .* number below 1e\+100"),
        ({"seed": -1}, "row 1: seed is -1, expected at least 0"),
        ({"place": "a" * 1001}, "expected text of at most 1000 characters"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_row_that_nobody_measured_is_refused(change, problem, tmp_path):
    rows = (TABLE.rows[0], TABLE.rows[1]._replace(**change))
    path = write_table(
        LearningTable(TABLE.task, TABLE.distance_label, rows), tmp_path / "t.parquet"
    )
    with pytest.raises(TableError, match=problem):
        read_table(path)


def test_more_rows_or_places_than_any_comparison_has_are_refused(tmp_path, monkeypatch):
    path = write_table(TABLE, tmp_path / "table.parquet")
    monkeypatch.setattr(table_file, "MAX_ROWS", 1)
    with pytest.raises(TableError, match="has 2 rows, more than the 1 allowed"):
        read_table(path)
    monkeypatch.undo()
    many = tuple(TABLE.rows[0]._replace(place=str(n)) for n in range(101))
    write_table(LearningTable(TABLE.task, TABLE.distance_label, many), path)
    with pytest.raises(TableError, match="has 101 places"):
        read_table(path)
