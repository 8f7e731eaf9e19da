"""A data set of `lerobot_writer` read back into the arrays of a run."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pilqr_ros.arrow import arrow_and_parquet
from pilqr_ros.datasets.episodes import Episode, EpisodeSet
from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.datasets.features import ACTION, APPLIED, NOISE, REWARD, STATE
from pilqr_ros.datasets.lerobot_writer import INFO
from pilqr_ros.foreign_file import decoding, read_foreign
from pilqr_ros.runs import atomic
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.validation import validated
from pilqr_ros.trajopt.typing import Array

MAX_BYTES = 256 * 2**20
"""Larger files than this are not read."""

MAX_ROWS = 10_000_000
"""Most rows of a file: a few bytes can stand for any number of equal ones."""

COLUMNS = (STATE, ACTION, APPLIED, NOISE, REWARD)
"""What is read of the frames; the rest follows from it and from the episodes."""

Model = TypeVar("Model", bound=BaseModel)


class _Names(BaseModel):
    """What ``info.json`` says of a feature with named numbers."""

    model_config = ConfigDict(strict=True)

    names: Annotated[list[str], Field(min_length=1, max_length=10_000)]


class _Info(BaseModel):
    """What is relied upon of ``info.json``; it holds more."""

    model_config = ConfigDict(strict=True)

    codebase_version: Literal["v3.0"]
    fps: Annotated[float, Field(gt=0.0, le=1e6, allow_inf_nan=False)]
    features: dict[str, Any]


class _Row(BaseModel):
    """What is relied upon of an episode's row; it holds more."""

    model_config = ConfigDict(strict=True)

    tasks: Annotated[list[str], Field(min_length=1, max_length=1)]
    length: Annotated[int, Field(gt=0)]
    dataset_from_index: Annotated[int, Field(ge=0)]
    condition: Annotated[int, Field(ge=0)]
    iteration: Annotated[int, Field(ge=0)]
    noise_free: bool
    success: bool
    distance: float
    source: str


def read_lerobot(directory: Path) -> EpisodeSet:
    """Read a data set that `write_lerobot` wrote.

    Returns:
        Its episodes; numbers are of single precision, as they are there.

    Raises:
        DataSetError: pyarrow is not installed, or the directory holds no such data set, or a file
            of it is damaged; the message names the file.
        RunError: ``info.json`` is missing or damaged.
    """
    path = directory / INFO
    info = _checked(_Info, atomic.read_json(path), path)
    states, joints = (_names(info, name, path) for name in (STATE, ACTION))
    rows = [
        _checked(_Row, row, directory / "meta" / "episodes")
        for row in _table(directory, "meta/episodes", tuple(_Row.model_fields)).to_pylist()
    ]
    frames = _frames(directory, {STATE: len(states), ACTION: len(joints)})
    episodes = tuple(_episode(directory, row, frames) for row in rows)
    return EpisodeSet(info.fps, states, joints, episodes)


def _names(info: _Info, feature: str, path: Path) -> tuple[str, ...]:
    if not isinstance(info.features.get(feature), Mapping):
        raise DataSetError(f"{path}: features lacks {feature!r}")
    return tuple(_checked(_Names, info.features[feature], path).names)


def _checked(model: type[Model], value: Mapping[str, Any], path: Path) -> Model:
    try:
        return validated(model, value)
    except ConfigError as error:
        raise DataSetError(str(ConfigError.naming(error, str(path)))) from error


def _table(directory: Path, folder: str, columns: Sequence[str]) -> Any:  # noqa: ANN401
    """Return columns of all files of a folder's chunks, one after the other."""
    arrow, parquet = arrow_and_parquet(DataSetError)
    paths = sorted((directory / folder).glob("chunk-*/file-*.parquet"))
    if not paths:
        raise DataSetError(f"{directory} is not a data set of a run: it has no {folder}")
    tables = []
    for path in paths:
        with decoding(path, DataSetError):
            file = parquet.ParquetFile(io.BytesIO(read_foreign(path, MAX_BYTES)))
            if file.metadata.num_rows > MAX_ROWS:
                count = file.metadata.num_rows
                raise DataSetError(f"{path} has {count} rows, more than the {MAX_ROWS} allowed")
            missing = sorted(set(columns) - set(file.schema_arrow.names))
            if missing:
                raise DataSetError(f"{path} lacks the columns {', '.join(missing)}")
            tables.append(file.read(columns=list(columns)))
    with decoding(directory / folder, DataSetError):
        return arrow.concat_tables(tables)


def _frames(directory: Path, widths: Mapping[str, int]) -> dict[str, Array]:
    """Return the columns of all frames, ``(n, width)`` each."""
    table, joints = _table(directory, "data", COLUMNS), widths[ACTION]
    wanted = {REWARD: 1, APPLIED: joints, NOISE: joints, **widths}
    found = {}
    for name, width in wanted.items():
        with decoding(f"{directory / 'data'}: {name}", DataSetError):
            column = table.column(name).combine_chunks()
            flat = column if width == 1 else column.flatten()
            values = np.asarray(flat.to_numpy(zero_copy_only=False), dtype=np.float64)
            found[name] = values.reshape(table.num_rows, width)
        if not np.isfinite(found[name]).all():
            raise DataSetError(f"{directory / 'data'}: {name} is not finite")
    return found


def _episode(directory: Path, row: _Row, frames: Mapping[str, Array]) -> Episode:
    first, last = row.dataset_from_index, row.dataset_from_index + row.length
    if last > len(frames[REWARD]):
        raise DataSetError(
            f"{directory}: an episode ends at frame {last}, the data has {len(frames[REWARD])}"
        )
    cut = {name: values[first:last] for name, values in frames.items()}
    return Episode(
        instruction=row.tasks[0],
        condition=row.condition,
        iteration=row.iteration,
        noise_free=row.noise_free,
        success=row.success,
        distance=row.distance,
        source=row.source,
        states=cut[STATE],
        commanded=cut[ACTION],
        applied=cut[APPLIED],
        noise=cut[NOISE],
        costs=-cut[REWARD][:, 0],
    )
