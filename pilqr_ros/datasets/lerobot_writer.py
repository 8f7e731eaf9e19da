"""Episodes as a LeRobot data set of version 3.0, without LeRobot.

::

    meta/info.json                                 features, rate, counts, where files are
    meta/stats.json                                statistics of each feature
    meta/tasks.parquet                             what is to be done, in words, by index
    meta/episodes/chunk-000/file-000.parquet       a row an episode
    meta/run.json                                  the run's description, as the run has it
    data/chunk-000/file-000.parquet                a row a frame, a row group an episode

Numbers are of single precision, as LeRobot's learners have them; the exact ones stay in the run.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilqr_ros.arrow import arrow_and_parquet
from pilqr_ros.datasets.episodes import EpisodeSet
from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.datasets.features import (
    Feature,
    Numbered,
    features_of,
    instructions_of,
    numbered,
)
from pilqr_ros.datasets.statistics import statistics
from pilqr_ros.runs import atomic

VERSION = "v3.0"
"""Of the format."""

FILE_MEGABYTES, FILES_OF_A_CHUNK = 100, 1000
"""How large a data file gets before the next one is begun, and how many a folder has."""

PATH_IN_CHUNK = "chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
DATA, EPISODES = f"data/{PATH_IN_CHUNK}", f"meta/episodes/{PATH_IN_CHUNK}"
INFO, STATS, TASKS, RUN = "meta/info.json", "meta/stats.json", "meta/tasks.parquet", "meta/run.json"

OF_AN_EPISODE = ("condition", "iteration", "noise_free", "success", "distance", "source")
"""What is known of an episode as a whole, beside what LeRobot itself has there."""

Columns = Mapping[str, NDArray[Any]]
"""The frames of one episode by feature, ``(T, width)`` each."""


class _File(NamedTuple):
    """Which data file an episode is in."""

    chunk_index: int
    file_index: int


class _Written(NamedTuple):
    """An episode on its way to the disk."""

    numbered: Numbered
    columns: Columns
    file: _File


def write_lerobot(episodes: EpisodeSet, description: Mapping[str, Any], directory: Path) -> None:
    """Write a data set; it is there when it is whole, and not before.

    Args:
        episodes: What it holds.
        description: Of the run that they are from.
        directory: Where it goes; it may not hold anything yet.

    Raises:
        DataSetError: pyarrow is not installed, or the directory is taken.
        RunError: A file cannot be written.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise DataSetError(f"{directory} is taken: a data set is written into a new directory")
    features = features_of(episodes)
    written = _in_files(
        [(one, {each.name: each.of(one) for each in features}) for one in numbered(episodes)]
    )
    with _whole(directory) as folder:
        _write_data(folder, features, written)
        _write_episodes(folder, written)
        _write_tasks(folder, instructions_of(episodes))
        names = [one.name for one in features]
        stats = {
            name: statistics(np.concatenate([one.columns[name] for one in written]))
            for name in names
        }
        atomic.write_json(folder / STATS, stats)
        atomic.write_json(folder / RUN, description)
        atomic.write_json(folder / INFO, _info(episodes, features))


@contextmanager
def _whole(directory: Path) -> Iterator[Path]:
    """Yield a folder that gets its name when the block ends, or goes if it fails."""
    folder = directory.with_name(f".{directory.name}.{os.getpid()}.tmp")
    try:
        yield folder
        folder.rename(directory)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_files(episodes: Sequence[tuple[Numbered, Columns]]) -> list[_Written]:
    """Return the episodes with the files that they go to, each begun when the last one is full."""
    size, written = 0, []
    for one, columns in episodes:
        file = _File(*divmod(size // (FILE_MEGABYTES * 2**20), FILES_OF_A_CHUNK))
        written.append(_Written(one, columns, file))
        size += sum(column.nbytes for column in columns.values())
    return written


def _write_data(folder: Path, features: Sequence[Feature], written: Sequence[_Written]) -> None:
    """Write a row a frame, a row group an episode."""
    arrow, parquet = arrow_and_parquet(DataSetError)
    schema = arrow.schema([(one.name, _arrow_type(arrow, one)) for one in features])
    for file, episodes in itertools.groupby(written, key=lambda one: one.file):
        tables = [
            arrow.Table.from_arrays(
                [_arrow_column(arrow, c) for c in one.columns.values()], schema=schema
            )
            for one in episodes
        ]

        def write(to: BinaryIO, tables: Sequence[Any] = tables) -> None:
            with parquet.ParquetWriter(to, schema) as writer:
                for table in tables:
                    writer.write_table(table)

        atomic.write_atomically(folder / DATA.format(**file._asdict()), write)


def _arrow_type(arrow: Any, feature: Feature) -> Any:  # noqa: ANN401
    kind = arrow.from_numpy_dtype(np.dtype(feature.dtype))
    return kind if feature.width == 1 else arrow.list_(kind, feature.width)


def _arrow_column(arrow: Any, column: NDArray[Any]) -> Any:  # noqa: ANN401
    """Return a column as LeRobot has it: a list a frame, or a number where there is only one."""
    if column.shape[1] == 1:
        return arrow.array(column[:, 0])
    return arrow.FixedSizeListArray.from_arrays(column.ravel(), column.shape[1])


def _write_episodes(folder: Path, written: Sequence[_Written]) -> None:
    """Write a row an episode."""
    arrow, parquet = arrow_and_parquet(DataSetError)
    table = arrow.Table.from_pylist([_episode_row(one) for one in written])
    path = folder / EPISODES.format(chunk_index=0, file_index=0)
    atomic.write_atomically(path, lambda file: parquet.write_table(table, file))


def _episode_row(written: _Written) -> dict[str, Any]:
    """Return an episode's place, what is known of it as a whole, and its statistics."""
    (episode, number, first, _), columns, file = written
    return {
        "episode_index": number,
        "tasks": [episode.instruction],
        "length": episode.T,
        "data/chunk_index": file.chunk_index,
        "data/file_index": file.file_index,
        "dataset_from_index": first,
        "dataset_to_index": first + episode.T,
        "meta/episodes/chunk_index": 0,
        "meta/episodes/file_index": 0,
        **{name: getattr(episode, name) for name in OF_AN_EPISODE},
        **{
            f"stats/{name}/{statistic}": value
            for name, column in columns.items()
            for statistic, value in statistics(column).items()
        },
    }


def _write_tasks(folder: Path, instructions: Sequence[str]) -> None:
    """Write what is to be done; pandas, by which LeRobot reads it, takes the words as the index."""
    arrow, parquet = arrow_and_parquet(DataSetError)
    kinds = {"task_index": ("int64", "int64"), "task": ("unicode", "object")}
    described = [
        {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": type_}
        for name, (kind, type_) in kinds.items()
    ]
    about = {"index_columns": ["task"], "column_indexes": [], "columns": described}
    table = arrow.table({"task_index": list(range(len(instructions))), "task": list(instructions)})
    table = table.replace_schema_metadata({"pandas": json.dumps(about)})
    atomic.write_atomically(folder / TASKS, lambda file: parquet.write_table(table, file))


def _info(episodes: EpisodeSet, features: Sequence[Feature]) -> dict[str, Any]:
    rate, count = episodes.rate, len(episodes.episodes)
    return {
        "codebase_version": VERSION,
        "fps": int(rate) if rate == int(rate) else rate,
        "features": {one.name: one.described() for one in features},
        "total_episodes": count,
        "total_frames": sum(one.T for one in episodes.episodes),
        "total_tasks": len(instructions_of(episodes)),
        "chunks_size": FILES_OF_A_CHUNK,
        "data_files_size_in_mb": FILE_MEGABYTES,
        "video_files_size_in_mb": 200,
        "data_path": DATA,
        "video_path": None,
        "robot_type": None,
        "splits": {"train": f"0:{count}"},
    }
