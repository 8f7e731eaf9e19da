import pytest

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
