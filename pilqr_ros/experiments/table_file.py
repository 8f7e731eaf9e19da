"""The table of a comparison as a Parquet file, which pandas, polars, R and DuckDB read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pilqr_ros.errors import PilqrError
from pilqr_ros.experiments.learning_table import LearningTable, Measured, Phase
from pilqr_ros.foreign_file import decoding, read_foreign
from pilqr_ros.runs import atomic

MAX_BYTES = 64 * 2**20
"""Larger files than this are not read: ten thousand runs come to less."""


class TableError(PilqrError):
    """A table cannot be read or written."""


def write_table(table: LearningTable, path: Path) -> Path:
    """Write a table.

    Raises:
        TableError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    columns = {name: [getattr(row, name) for row in table.rows] for name in Measured._fields}
    made = arrow.table(columns, schema=_schema(arrow))
    about = {"task": table.task, "distance_label": table.distance_label}
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_atomically(
        path, lambda file: parquet.write_table(made.replace_schema_metadata(about), file)
    )
    return path


def read_table(path: Path) -> LearningTable:
    """Read a table.

    Raises:
        TableError: pyarrow is not installed, or the file is no such table.
    """
    arrow, parquet = _pyarrow()
    with decoding(path, TableError):
        made = parquet.read_table(io.BytesIO(read_foreign(path, MAX_BYTES)))
        about = made.schema.metadata or {}
        if made.schema.remove_metadata() != _schema(arrow) or not {
            b"task",
            b"distance_label",
        } <= set(about):
            raise TableError(f"{path} is not a table of a comparison: {made.schema.names}")
        rows = tuple(Measured(**row) for row in made.to_pylist())
        task, label = (about[name].decode() for name in (b"task", b"distance_label"))
    unknown = {row.phase for row in rows} - set(get_args(Phase))
    if unknown:
        raise TableError(f"{path}: phase is {unknown.pop()!r}, allowed: {get_args(Phase)}")
    return LearningTable(task, label, rows)


def _schema(arrow: Any) -> Any:  # noqa: ANN401
    """Return the columns' names and types."""
    types = {int: arrow.int64(), float: arrow.float64()}
    return arrow.schema(
        [(name, types.get(kind, arrow.string())) for name, kind in get_type_hints(Measured).items()]
    )


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise TableError("tables need pyarrow: pip install 'pilqr_ros[tables]'") from error
    return pyarrow, pyarrow.parquet
