"""The table of a comparison as a Parquet file, which pandas, polars, R and DuckDB read."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pilqr_ros.arrow import arrow_and_parquet
from pilqr_ros.errors import PilqrError
from pilqr_ros.experiments.learning_table import LearningTable, Measured, Phase
from pilqr_ros.foreign_file import decoding, read_foreign
from pilqr_ros.runs import atomic

MAX_BYTES = 64 * 2**20
"""Larger files than this are not read: ten thousand runs come to less."""


MAX_ROWS = 1_000_000
"""Most rows: a few bytes can stand for any number of equal ones."""

MAX_PLACES = 100
"""Most conditions and tests: each is drawn."""

MAX_NAME = 1000
"""Longest text in a row [characters]."""

MAX_NUMBER = 1e100
"""Numbers are smaller: larger ones cannot be drawn."""

_UNTOLD_IN_TESTS = ("distance", "cost")
"""What may be nan in a test, see `Measured`."""


class TableError(PilqrError):
    """A table cannot be read or written."""


def write_table(table: LearningTable, path: Path) -> Path:
    """Write a table.

    Raises:
        TableError: pyarrow is not installed.
    """
    arrow, parquet = arrow_and_parquet(TableError)
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
    arrow, parquet = arrow_and_parquet(TableError)
    with decoding(path, TableError):
        file = parquet.ParquetFile(io.BytesIO(read_foreign(path, MAX_BYTES)))
        about, schema = file.schema_arrow.metadata or {}, file.schema_arrow.remove_metadata()
        if schema != _schema(arrow) or not {b"task", b"distance_label"} <= set(about):
            raise TableError(f"{path} is not a table of a comparison: {schema.names}")
        if file.metadata.num_rows > MAX_ROWS:
            count = file.metadata.num_rows
            raise TableError(f"{path} has {count} rows, more than the {MAX_ROWS} allowed")
        rows = tuple(Measured(**row) for row in file.read().to_pylist())
        task, label = (about[name].decode() for name in (b"task", b"distance_label"))
    _check(rows, path)
    return LearningTable(task, label, rows)


def _check(rows: Iterable[Measured], path: Path) -> None:
    """Refuse rows that nobody can have measured.

    Raises:
        TableError: There is one; the message names the value, and what is allowed.
    """
    allowed = get_args(Phase)
    for number, row in enumerate(rows):
        if row.phase not in allowed:
            raise TableError(f"{path}: phase is {row.phase!r}, allowed: {allowed}")
        for name, value in row._asdict().items():
            untold = row.phase == "test" and name in _UNTOLD_IN_TESTS
            if not _is_value(value) and not (untold and _is_nan(value)):
                wanted = f"text of at most {MAX_NAME} characters, or a number below {MAX_NUMBER:g}"
                raise TableError(f"{path}: row {number}: {name} is {value!r}, expected {wanted}")
        for name in ("seed", "trained_on", "judged"):
            if getattr(row, name) < 0:
                value = getattr(row, name)
                raise TableError(f"{path}: row {number}: {name} is {value}, expected at least 0")
    places = {row.place for row in rows}
    if len(places) > MAX_PLACES:
        raise TableError(f"{path} has {len(places)} places, more than the {MAX_PLACES} allowed")


def _is_value(value: object) -> bool:
    """Tell whether a row may have a value: nothing is missing, and no number out of reach."""
    if isinstance(value, str):
        return len(value) <= MAX_NAME
    return isinstance(value, int | float) and abs(value) < MAX_NUMBER


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _schema(arrow: Any) -> Any:  # noqa: ANN401
    """Return the columns' names and types."""
    types = {int: arrow.int64(), float: arrow.float64()}
    return arrow.schema(
        [(name, types.get(kind, arrow.string())) for name, kind in get_type_hints(Measured).items()]
    )
