import json
from dataclasses import fields, replace

import numpy as np
import pytest

from pilqr_ros.datasets.episodes import episodes_of
from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.datasets.lerobot_reader import read_lerobot
from pilqr_ros.datasets.lerobot_writer import write_lerobot

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
DATA, EPISODES = "data/chunk-000/file-000.parquet", "meta/episodes/chunk-000/file-000.parquet"


@pytest.fixture
def folder(run, tmp_path):
    write_lerobot(episodes_of(run), {}, tmp_path / "set")
    return tmp_path / "set"


def test_a_run_is_read_back_in_single_precision(run, folder):
    wrote, read = episodes_of(run), read_lerobot(folder)
    assert (read.rate, read.state_names, read.joints) == (20.0, wrote.state_names, wrote.joints)
    assert len(read.episodes) == len(wrote.episodes)
    for before, after in zip(wrote.episodes, read.episodes, strict=True):
        for field in fields(before):
            value, again = getattr(before, field.name), getattr(after, field.name)
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(again, value.astype(np.float32))
            else:
                assert (type(again), again) == (type(value), value)


def test_a_single_joint_is_read_back(run, tmp_path):
    episodes = episodes_of(run)
    names = ("commanded", "applied", "noise")
    narrow = replace(
        episodes.episodes[0], **{name: getattr(episodes.episodes[0], name)[:, :1] for name in names}
    )
    write_lerobot(replace(episodes, joints=("j1",), episodes=(narrow,)), {}, tmp_path / "set")
    assert read_lerobot(tmp_path / "set").episodes[0].applied.shape == (20, 1)


def drop(column, file):
    def change(folder):
        table = parquet.read_table(folder / file)
        parquet.write_table(table.drop_columns([column]), folder / file)

    return change


def set_info(**keys):
    def change(folder):
        path = folder / "meta/info.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))

    return change


def truncate(folder):
    table = parquet.read_table(folder / DATA)
    parquet.write_table(table.slice(0, 30), folder / DATA)


def not_finite(folder):
    table = parquet.read_table(folder / DATA)
    rewards = np.full(table.num_rows, np.nan, np.float32)
    at = table.schema.get_field_index("next.reward")
    parquet.write_table(table.set_column(at, "next.reward", [rewards]), folder / DATA)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (set_info(codebase_version="v2.1"), r"info\.json.*codebase_version.*'v2\.1'"),
        (set_info(fps=0), r"info\.json.*fps"),
        (set_info(features={}), r"info\.json: features lacks 'observation\.state'"),
        (drop("exploration_noise", DATA), r"file-000\.parquet lacks the columns exploration_noise"),
        (drop("iteration", EPISODES), r"file-000\.parquet lacks the columns iteration"),
        (lambda folder: (folder / DATA).write_bytes(b"PAR1"), r"file-000\.parquet cannot be read"),
        (lambda folder: (folder / DATA).unlink(), "it has no data"),
        (truncate, "an episode ends at frame 40, the data has 30"),
        (not_finite, r"next\.reward is not finite"),
    ],
)
def test_what_is_no_such_data_set_is_refused_by_its_name(change, problem, folder):
    change(folder)
    with pytest.raises(DataSetError, match=problem):
        read_lerobot(folder)
