"""A file is whole at any time; `rosbags` judges, which shares no code with the writer."""

import os
from itertools import pairwise

import pytest
from rosbags.rosbag2 import Reader

from pilqr_ros.recording.mcap_writer import McapWriter


def read(path):
    with Reader(path) as reader:
        return [(one.topic, time, data) for one, time, data in reader.messages()]


@pytest.fixture
def writer(tmp_path, topics):
    return McapWriter(tmp_path / "one.mcap", topics)


def test_a_file_without_messages_is_whole(writer, topics):
    assert read(writer.path) == []
    with Reader(writer.path) as reader:
        assert [one.topic for one in reader.connections] == [topic.name for topic in topics]
        assert reader.connections[1].msgdef.data == topics[1].definition


def test_every_flush_leaves_a_whole_file_with_all_until_then(writer):
    written = []
    for chunk in range(5):
        for step in range(chunk + 1):
            data = bytes([chunk, step]) * (10 + 1000 * chunk)
            writer.write(step % 3, 1000 + len(written), 7, data)
            written.append((1000 + len(written), data))
        writer.flush()
        assert [(time, data) for _, time, data in read(writer.path)] == written
    writer.close()
    assert [(time, data) for _, time, data in read(writer.path)] == written


def test_messages_of_a_chunk_come_back_in_the_order_of_time(writer):
    for time in (5, 3, 4):
        writer.write(0, time, time, b"x")
    writer.flush()
    assert [time for _, time, _ in read(writer.path)] == [3, 4, 5]


def test_what_was_not_flushed_is_not_on_disk_but_in_the_size(writer):
    empty = writer.size
    writer.write(0, 1, 1, bytes(100))
    assert writer.size == empty + writer.pending_size
    assert writer.path.stat().st_size == empty
    writer.discard()
    assert writer.size == empty


def test_a_write_that_fails_leaves_the_file_as_it_was(writer, monkeypatch):
    writer.write(0, 1, 1, b"kept")
    writer.flush()
    before = writer.path.read_bytes()
    real, calls = os.pwrite, []

    def full_disk(file, data, offset):
        calls.append(len(data))
        if len(calls) == 1:
            return real(file, data[: len(data) // 2], offset)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(file, data, offset)

    monkeypatch.setattr(os, "pwrite", full_disk)
    writer.write(1, 2, 2, bytes(10_000))
    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    assert writer.path.read_bytes() == before


def test_a_file_is_not_written_over(writer, topics):
    with pytest.raises(FileExistsError):
        McapWriter(writer.path, topics)


def test_summaries_grow_by_little(writer):
    sizes = []
    for time in range(6):
        writer.write(0, time, time, b"x")
        writer.flush()
        sizes.append(writer.path.stat().st_size)
    assert max(after - before for before, after in pairwise(sizes)) < 400
