"""What LeRobot's own reader relies on, asked of the files as it does."""

import json

import numpy as np
import pytest

from pilqr_ros.datasets import lerobot_writer
from pilqr_ros.datasets.episodes import episodes_of
from pilqr_ros.datasets.errors import DataSetError
from pilqr_ros.datasets.lerobot_writer import write_lerobot

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


@pytest.fixture
def written(run, tmp_path):
    """Return what was written and where."""
    episodes = episodes_of(run)
    write_lerobot(episodes, {"method": "pi2"}, tmp_path / "set")
    return episodes.episodes, tmp_path / "set"


def frames(folder):
    paths = sorted(folder.glob("data/chunk-*/file-*.parquet"))
    return [row for path in paths for row in parquet.read_table(path).to_pylist()]


def rows(folder):
    return parquet.read_table(folder / "meta/episodes/chunk-000/file-000.parquet").to_pylist()


def test_the_description_counts_what_is_there_and_tells_the_types(written):
    episodes, folder = written
    info = json.loads((folder / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0"
    assert (info["fps"], info["total_tasks"]) == (20, 2)
    assert (info["total_episodes"], info["total_frames"]) == (len(episodes), 20 * len(episodes))
    assert info["features"]["action"] == {"dtype": "float32", "shape": [2], "names": ["j1", "j2"]}
    assert info["features"]["next.reward"] == {"dtype": "float32", "shape": [1], "names": None}
    assert set(info["features"]) == set(frames(folder)[0])
    schema = parquet.read_schema(folder / info["data_path"].format(chunk_index=0, file_index=0))
    assert str(schema.field("action").type) == "fixed_size_list<element: float>[2]" or (
        schema.field("action").type.list_size == 2
    )
    for name, feature in info["features"].items():
        kind = str(schema.field(name).type)
        assert feature["dtype"].replace("float32", "float") in kind


def test_frames_are_numbered_and_timed_as_they_were_executed(written):
    episodes, folder = written
    found = frames(folder)
    assert [row["index"] for row in found] == list(range(20 * len(episodes)))
    assert [row["frame_index"] for row in found[20:40]] == list(range(20))
    np.testing.assert_allclose([row["timestamp"] for row in found[20:40]], np.arange(20) / 20.0)
    assert {row["episode_index"] for row in found[20:40]} == {1}
    assert [row["next.done"] for row in found[:20]] == [False] * 19 + [True]
    for number, episode in enumerate(episodes):
        first, last = found[20 * number], found[20 * number + 19]
        np.testing.assert_array_equal(first["action"], np.float32(episode.commanded[0]))
        np.testing.assert_array_equal(first["observation.state"], np.float32(episode.states[0]))
        assert last["next.reward"] == -np.float32(episode.costs[-1])
        assert (last["next.success"], first["next.success"]) == (episode.success, False)
        known = (episode.iteration, episode.condition, episode.noise_free)
        assert (first["iteration"], first["condition"], first["noise_free"]) == known
        assert first["task_index"] == episode.condition


def test_success_is_told_at_the_last_frame(run, tmp_path):
    from dataclasses import replace

    episodes = episodes_of(run)
    won = replace(episodes, episodes=(replace(episodes.episodes[0], success=True),))
    write_lerobot(won, {}, tmp_path / "set")
    assert [row["next.success"] for row in frames(tmp_path / "set")] == [False] * 19 + [True]
    assert rows(tmp_path / "set")[0]["success"] is True


def test_the_words_of_the_tasks_are_the_index_that_pandas_takes(written):
    _, folder = written
    table = parquet.read_table(folder / "meta/tasks.parquet")
    assert json.loads(table.schema.metadata[b"pandas"])["index_columns"] == ["task"]
    assert table.to_pydict() == {
        "task_index": [0, 1],
        "task": ["Reach for the target (c)", "Reach for the target (low)"],
    }


def test_episodes_are_found_by_their_rows_in_whichever_file_they_are(run, tmp_path, monkeypatch):
    monkeypatch.setattr(lerobot_writer, "FILE_MEGABYTES", 1)
    monkeypatch.setattr(lerobot_writer, "FILES_OF_A_CHUNK", 2)
    episodes = episodes_of(run)
    many = episodes.episodes * 60  # some four megabytes
    write_lerobot(
        type(episodes)(20.0, episodes.state_names, episodes.joints, many), {}, tmp_path / "set"
    )
    places = set()
    for row in rows(tmp_path / "set"):
        place = f"chunk-{row['data/chunk_index']:03d}/file-{row['data/file_index']:03d}.parquet"
        places.add(place)
        assert row["dataset_to_index"] - row["dataset_from_index"] == row["length"] == 20
    assert len(places) > 2
    for place in places:
        file = parquet.ParquetFile(tmp_path / "set" / "data" / place)
        inside = [row for row in rows(tmp_path / "set") if _in(row, place)]
        assert file.metadata.num_row_groups == len(inside)
        column = file.read(columns=["index"])["index"].to_pylist()
        assert column == list(
            range(inside[0]["dataset_from_index"], inside[-1]["dataset_to_index"])
        )


def _in(row, place):
    return place == f"chunk-{row['data/chunk_index']:03d}/file-{row['data/file_index']:03d}.parquet"


def test_statistics_are_those_of_the_numbers_an_episode_and_all(written):
    episodes, folder = written
    whole = json.loads((folder / "meta/stats.json").read_text())
    states = np.concatenate([one.states for one in episodes])
    np.testing.assert_allclose(whole["observation.state"]["mean"], states.mean(axis=0), rtol=1e-5)
    assert whole["observation.state"]["count"] == [len(states)]
    row = rows(folder)[2]
    lowest = episodes[2].commanded.min(axis=0)
    np.testing.assert_allclose(row["stats/action/min"], lowest, rtol=1e-6)


def test_a_single_number_is_no_list(run, tmp_path):
    from dataclasses import replace

    episodes = episodes_of(run)
    narrow = [
        replace(
            one, **{name: getattr(one, name)[:, :1] for name in ("commanded", "applied", "noise")}
        )
        for one in episodes.episodes
    ]
    write_lerobot(replace(episodes, joints=("j1",), episodes=tuple(narrow)), {}, tmp_path / "set")
    assert frames(tmp_path / "set")[0]["action"] == np.float32(narrow[0].commanded[0, 0])


def test_nothing_is_written_over_and_a_failure_leaves_nothing(run, tmp_path, monkeypatch):
    episodes = episodes_of(run)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine").write_text("kept")
    with pytest.raises(DataSetError, match="taken"):
        write_lerobot(episodes, {}, taken)
    assert [path.name for path in taken.iterdir()] == ["mine"]
    monkeypatch.setattr(lerobot_writer, "_info", lambda *of: {"fps": object()})
    with pytest.raises(TypeError):
        write_lerobot(episodes, {}, tmp_path / "new" / "set")
    assert not list((tmp_path / "new").iterdir())
