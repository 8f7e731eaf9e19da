"""Whatever a kill leaves of a file, mending keeps every whole chunk; `rosbags` judges."""

import os

import pytest
from rosbags.rosbag2 import Reader

from pilqr_ros.recording.bag import repair
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap_file import read_summary
from pilqr_ros.recording.mcap_recovery import mend
from pilqr_ros.recording.mcap_writer import McapWriter

CHUNKS, IN_A_CHUNK = 3, 4


def times(path):
    with Reader(path) as reader:
        return [time for _, time, _ in reader.messages()]


@pytest.fixture
def file(tmp_path, topics):
    """A file, its bytes after each flush, and where its data ended before the last one."""
    writer, states, ends = McapWriter(tmp_path / "whole.mcap", topics), [], []
    for chunk in range(CHUNKS):
        for step in range(IN_A_CHUNK):
            writer.write(step % 2, chunk * IN_A_CHUNK + step, 0, os.urandom(50))
        ends.append(writer._end)
        writer.flush()
        states.append(writer.path.read_bytes())
    writer.close()
    return tmp_path / "torn.mcap", states, ends


def test_a_write_torn_at_any_byte_loses_nothing_that_was_there(file):
    path, states, ends = file
    before, after, end = states[-2], states[-1], ends[-1]
    kept_all = 0
    for cut in range(end, len(after), 31):
        path.write_bytes(after[:cut] + before[cut:])
        mend(path)
        found = times(path)
        assert found == list(range(len(found)))
        assert len(found) in ((CHUNKS - 1) * IN_A_CHUNK, CHUNKS * IN_A_CHUNK)
        assert not mend(path)
        kept_all += len(found) == CHUNKS * IN_A_CHUNK
    assert kept_all > 0


def test_a_file_cut_off_anywhere_keeps_its_whole_chunks(file):
    path, states, _ = file
    fewest = []
    for cut in range(len(states[-1]) - 1, 2000, -331):
        path.write_bytes(states[-1][:cut])
        try:
            mend(path)
        except BagError as error:
            assert "torn before its first topic" in str(error)
            continue
        fewest.append(len(times(path)))
    assert fewest == sorted(fewest, reverse=True)
    assert fewest[0] == CHUNKS * IN_A_CHUNK
    assert fewest[-1] == 0


def test_a_damaged_chunk_ends_what_is_kept(file):
    path, states, ends = file
    content = bytearray(states[-1][:-8])
    content[ends[-1] + 60] ^= 0xFF
    path.write_bytes(content)
    assert mend(path)
    assert len(times(path)) == (CHUNKS - 1) * IN_A_CHUNK


def test_a_whole_file_is_left_as_it_is(file):
    path, states, _ = file
    path.write_bytes(states[-1])
    assert not mend(path)
    assert path.read_bytes() == states[-1]


def test_a_bag_that_is_being_written_is_left_alone(tmp_path, topics):
    writer = McapWriter(tmp_path / "busy.mcap", topics)
    writer.path.write_bytes(writer.path.read_bytes()[:-5])
    assert repair(tmp_path) == []
    writer.close()
    assert repair(tmp_path) == [writer.path]


def test_a_summary_tells_what_the_file_holds(file, topics):
    path, states, _ = file
    path.write_bytes(states[-1])
    summary = read_summary(path)
    assert list(summary.topics.values()) == topics
    assert summary.counts == {0: 6, 1: 6}
    assert (summary.start_ns, summary.end_ns) == (0, 11)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.mcap"
    path.write_bytes(bytes(1000))
    with pytest.raises(BagError, match="is no MCAP file"):
        mend(path)
