"""A bag is one that rosbag2 reads, stays within its bounds, and is continued after a kill."""

import shutil
from collections import namedtuple

import pytest
import yaml
from rosbags.rosbag2 import Reader

from pilqr_ros.recording.bag import BagWriter, Bounds, repair
from pilqr_ros.recording.errors import BagFull
from pilqr_ros.recording.recorder import Recorder

# What rosbag2's parser (rosbag2_storage/yaml.hpp) reads of a bag's metadata, and as what.
NUMBER, TEXT = int, str
FIELDS = {
    "version": NUMBER,
    "storage_identifier": TEXT,
    "duration": {"nanoseconds": NUMBER},
    "starting_time": {"nanoseconds_since_epoch": NUMBER},
    "message_count": NUMBER,
    "compression_format": TEXT,
    "compression_mode": TEXT,
    "relative_file_paths": list,
    "custom_data": dict,
    "ros_distro": TEXT,
}
FILE = {
    "path": TEXT,
    "starting_time": {"nanoseconds_since_epoch": NUMBER},
    "duration": {"nanoseconds": NUMBER},
    "message_count": NUMBER,
}
TOPIC = {
    "name": TEXT,
    "type": TEXT,
    "serialization_format": TEXT,
    "offered_qos_profiles": list,
    "type_description_hash": TEXT,
}
PROFILE = {
    "history": TEXT,
    "depth": NUMBER,
    "reliability": TEXT,
    "durability": TEXT,
    "deadline": {"sec": NUMBER, "nsec": NUMBER},
    "lifespan": {"sec": NUMBER, "nsec": NUMBER},
    "liveliness": TEXT,
    "liveliness_lease_duration": {"sec": NUMBER, "nsec": NUMBER},
    "avoid_ros_namespace_conventions": bool,
}


def check(node, fields):
    for name, kind in fields.items():
        if isinstance(kind, dict):
            check(node[name], kind)
        else:
            assert type(node[name]) is kind, name


def fill(bag, part, first, count=10, size=20):
    bag.begin(part)
    for time in range(first, first + count):
        bag.write(time % 2, time, time, bytes(size))


def read(directory):
    with Reader(directory) as reader:
        return [time for _, time, _ in reader.messages()]


@pytest.fixture
def bag(tmp_path, topics, bounds):
    return BagWriter(tmp_path / "bag", topics, bounds)


def test_metadata_has_what_rosbag2_reads(bag, tmp_path, topics):
    fill(bag, "iteration_000", 100)
    fill(bag, "iteration_001", 200)
    bag.close()
    metadata = yaml.safe_load((tmp_path / "bag" / "metadata.yaml").read_text())
    information = metadata["rosbag2_bagfile_information"]
    check(information, FIELDS)
    assert information["version"] == 9
    assert information["message_count"] == 20
    assert information["starting_time"]["nanoseconds_since_epoch"] == 100
    assert information["duration"]["nanoseconds"] == 109
    assert information["relative_file_paths"] == ["iteration_000.mcap", "iteration_001.mcap"]
    for file, start in zip(information["files"], (100, 200), strict=True):
        check(file, FILE)
        assert file["starting_time"]["nanoseconds_since_epoch"] == start
        assert file["message_count"] == 10
    entries = information["topics_with_message_count"]
    assert [entry["message_count"] for entry in entries] == [10, 10, 0]
    for entry, topic in zip(entries, topics, strict=True):
        check(entry["topic_metadata"], TOPIC)
        assert entry["topic_metadata"]["name"] == topic.name
        check(entry["topic_metadata"]["offered_qos_profiles"][0], PROFILE)


def test_a_bag_is_read_while_it_is_written(bag, tmp_path):
    fill(bag, "iteration_000", 0)
    bag.flush()
    assert read(tmp_path / "bag") == list(range(10))
    fill(bag, "iteration_001", 10)
    assert read(tmp_path / "bag") == list(range(10))
    bag.flush()
    assert read(tmp_path / "bag") == list(range(20))


def test_a_bag_is_continued_in_files_of_its_own(bag, tmp_path, topics, bounds):
    fill(bag, "iteration_000", 0)
    bag.close()
    again = BagWriter(tmp_path / "bag", topics, bounds)
    assert again.message_count == 10
    fill(again, "iteration_000", 10)
    again.close()
    assert read(tmp_path / "bag") == list(range(20))
    assert sorted(path.name for path in (tmp_path / "bag").glob("*.mcap")) == [
        "iteration_000.mcap",
        "iteration_000_2.mcap",
    ]


def test_repair_mends_files_and_metadata(bag, tmp_path):
    fill(bag, "iteration_000", 0)
    bag.close()
    file, metadata = tmp_path / "bag" / "iteration_000.mcap", tmp_path / "bag" / "metadata.yaml"
    file.write_bytes(file.read_bytes()[:-20])
    metadata.unlink()
    assert repair(tmp_path / "bag") == [file]
    assert read(tmp_path / "bag") == list(range(10))
    assert repair(tmp_path / "bag") == []


def size_of(directory):
    return sum(path.stat().st_size for path in directory.glob("*.mcap"))


def test_a_bag_ends_before_it_grows_beyond_its_bound(tmp_path, topics):
    bag = BagWriter(tmp_path / "bag", topics, Bounds(max_bytes=60_000, min_free_bytes=0))
    flushed = 0
    with pytest.raises(BagFull, match="has reached its bound of 60000 bytes"):
        for part in range(1000):
            fill(bag, f"iteration_{part:03d}", 10 * part, size=100)
            bag.flush()
            flushed = 10 * (part + 1)
    bag.discard()
    bag.close()
    assert size_of(tmp_path / "bag") <= 60_000
    assert read(tmp_path / "bag") == list(range(flushed))


def test_a_bag_leaves_the_disk_some_room(tmp_path, topics, monkeypatch):
    bag = BagWriter(tmp_path / "bag", topics, Bounds(max_bytes=10**8, min_free_bytes=1000))
    fill(bag, "iteration_000", 0)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(999))
    with pytest.raises(BagFull, match=r"999 bytes are free .* 1000 are to stay free"):
        bag.flush()


class TestRecorder:
    """The recording ends, the program goes on."""

    @pytest.fixture
    def warnings(self):
        return []

    @pytest.fixture
    def recorder(self, topics, warnings):
        return Recorder(topics, Bounds(max_bytes=60_000, min_free_bytes=0), warnings.append)

    def record(self, recorder, first, count=100, size=100):
        for time in range(first, first + count):
            recorder.write(0, time, time, bytes(size))
        recorder.flush()

    def test_nothing_is_recorded_before_a_run(self, recorder, tmp_path):
        self.record(recorder, 0)
        assert not recorder.recording
        assert list(tmp_path.iterdir()) == []

    def test_each_part_has_its_file_and_the_end_closes_the_bag(self, recorder, tmp_path):
        for part in range(2):
            recorder.begin(tmp_path, f"iteration_{part:03d}")
            self.record(recorder, part * 100)
        recorder.end()
        assert not recorder.recording
        assert read(tmp_path / "bag") == list(range(200))

    def test_a_full_bag_warns_before_and_ends_the_recording_of_this_run(
        self, recorder, tmp_path, warnings
    ):
        recorder.begin(tmp_path / "first", "iteration_000")
        for count in range(1000):
            self.record(recorder, count * 10, count=10, size=10)
            if not recorder.recording:
                break
        assert "nearly full" in warnings[0]
        assert "recording ends" in warnings[1]
        assert "bound of 60000 bytes" in recorder.problem
        assert len(warnings) == 2
        assert size_of(tmp_path / "first" / "bag") <= 60_000
        kept = read(tmp_path / "first" / "bag")
        assert kept == list(range(len(kept)))
        recorder.begin(tmp_path / "first", "iteration_001")
        assert not recorder.recording
        recorder.begin(tmp_path / "second", "iteration_000")
        assert recorder.recording
        assert recorder.problem == ""

    def test_a_directory_that_cannot_be_written_is_a_warning(self, recorder, tmp_path, warnings):
        (tmp_path / "bag").write_text("a file in the way")
        recorder.begin(tmp_path, "iteration_000")
        self.record(recorder, 0)
        assert not recorder.recording
        assert "File exists" in recorder.problem
        recorder.end()
        assert len(warnings) == 1
