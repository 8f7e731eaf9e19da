"""A bag that was damaged, or made to do harm, is an error that names it: never other numbers."""

import os
import random
import struct
import tracemalloc
import zlib

import lz4.frame
import pytest
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Header, Message, Schema

from pilqr_ros.recording import mcap_chunk, mcap_file, mcap_records
from pilqr_ros.recording.bag import BagWriter
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.mcap_file import read_summary
from pilqr_ros.recording.mcap_records import MAGIC, RECORD_HEADER, encode
from pilqr_ros.recording.mcap_recovery import mend
from pilqr_ros.recording.mcap_summary import Summary
from pilqr_ros.recording.reader import bag_info, find_bag, read_messages
from pilqr_ros.recording.topic import BagTopic

KIND = "std_msgs/msg/Int32"
TOPICS = [
    BagTopic("/a", KIND, "int32 data\n", "hash", ""),
    BagTopic("/b", KIND, "int32 data\n", "", ""),
]
DATA_END = RECORD_HEADER.pack(Opcode.DATA_END, 4)
LITTLE_ENDIAN = b"\x00\x01\x00\x00"


@pytest.fixture
def bag(tmp_path, bounds):
    """A bag of two chunks with the numbers 0 to 9."""
    writer = BagWriter(tmp_path / "bag", TOPICS, bounds)
    writer.begin("part")
    for number in range(10):
        writer.write(number % 2, number, number, LITTLE_ENDIAN + struct.pack("<i", number))
        if number == 4:
            writer.flush()
    writer.close()
    return tmp_path / "bag"


def numbers(bag):
    """Read a bag as the commands do."""
    bag_info(find_bag(bag))
    return [message.data for message in read_messages(bag, KIND)]


def outcome(bag):
    """Tell whether a bag is refused by name; else its numbers must be all that were written."""
    try:
        found = numbers(bag)
    except BagError as error:
        assert str(bag) in str(error)
        return "refused"
    assert found == list(range(10))
    return "whole"


def test_no_flipped_bit_is_another_number(bag):
    file, chance = bag / "part.mcap", random.Random(1)
    whole = file.read_bytes()
    outcomes = []
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << chance.randrange(8)
        file.write_bytes(content)
        outcomes.append(outcome(bag))
    # What lies behind the data is mended, but for the data's checksum itself.
    end = whole.rindex(DATA_END)
    checksum = range(end + len(DATA_END), end + len(DATA_END) + 4)
    refused = [place for place, each in enumerate(outcomes) if each == "refused"]
    assert refused == [*range(end), *checksum]


def test_no_flipped_bit_of_the_metadata_is_another_number(bag):
    file = bag / "metadata.yaml"
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x90]) + whole[place + 1 :])
        assert outcome(bag) == "whole"
        assert file.read_bytes() == whole


def test_a_bag_cut_off_anywhere_keeps_whole_chunks_or_is_refused(bag):
    file = bag / "part.mcap"
    whole = file.read_bytes()
    kept = []
    for length in range(0, len(whole), 3):
        file.write_bytes(whole[:length])
        try:
            kept.append(len(numbers(bag)))
        except BagError as error:
            assert str(bag) in str(error)
            kept.append(-1)
    assert kept == sorted(kept)
    assert set(kept) == {-1, 0, 5, 10}


def write_chunk(path, packed, size, compression="lz4", checksum=0, library="pilqr_ros 0"):
    """Write a file whose only chunk is as asked for."""
    schema = Schema(id=1, name=KIND, encoding="ros2msg", data=b"int32 data\n")
    channel = Channel(id=0, schema_id=1, topic="/a", message_encoding="cdr", metadata={})
    summary = Summary(schemas=[encode(schema)], channels=[encode(channel)], counts={0: 1})
    chunk = Chunk(
        compression=compression,
        data=packed,
        message_start_time=0,
        message_end_time=0,
        uncompressed_crc=checksum,
        uncompressed_size=size,
    )
    head = MAGIC + encode(Header(profile="ros2", library=library))
    head += summary.schemas[0] + summary.channels[0] + encode(chunk)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(head + summary.tail(len(head), 0))


BOMB = lz4.frame.compress(bytes(20_000_000))
NUMBER = LITTLE_ENDIAN + struct.pack("<i", 2)
TWO = encode(Message(channel_id=0, sequence=0, log_time=0, publish_time=0, data=NUMBER))


LIES = {
    "bomb": (BOMB, 20_000_000, "lz4"),
    "bomb that denies it": (BOMB, 100, "lz4"),
    "promise of lz4": (TWO, 2**60, "lz4"),
    "promise of zstd": (TWO, 2**60, "zstd"),
    "no lz4": (TWO, len(TWO), "lz4"),
    "no zstd": (TWO, len(TWO), "zstd"),
    "unknown compression": (TWO, len(TWO), "\x1b[2J"),
    "record cut off": (TWO[:-1], len(TWO) - 1, ""),
    "record too many": (TWO + b"x", len(TWO) + 1, ""),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_chunk_that_lies_is_refused_in_little_memory(tmp_path, monkeypatch, lie):
    monkeypatch.setattr(mcap_records, "MAX_RECORD", 1_000_000)
    write_chunk(tmp_path / "bag" / "a.mcap", *LIES[lie])
    tracemalloc.start()
    try:
        with pytest.raises(BagError, match=r"a\.mcap") as refused:
            numbers(tmp_path / "bag")
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("compression", ["", "lz4", "zstd"])
def test_chunks_of_other_programs_are_read(tmp_path, compression):
    pack = {"": bytes, "lz4": lz4.frame.compress, "zstd": mcap_chunk.zstd.compress}[compression]
    write_chunk(tmp_path / "bag" / "a.mcap", pack(TWO), len(TWO), compression, zlib.crc32(TWO))
    assert numbers(tmp_path / "bag") == [2]


def test_a_torn_file_of_another_program_is_not_cut(tmp_path):
    path = tmp_path / "bag" / "a.mcap"
    write_chunk(path, TWO, len(TWO), "", library="another 1.0")
    path.write_bytes(path.read_bytes()[:-1])
    before = path.read_bytes()
    with pytest.raises(BagError, match=r"a\.mcap is torn, and 'another 1.0' wrote it"):
        mend(path)
    assert path.read_bytes() == before


def test_records_without_number_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mcap_file, "MAX_RECORDS", 100)
    many = RECORD_HEADER.pack(Opcode.MESSAGE_INDEX, 0) * 101
    write_chunk(tmp_path / "bag" / "a.mcap", many, len(many), "")
    with pytest.raises(BagError, match="holds more than the 100 records allowed"):
        numbers(tmp_path / "bag")


def test_a_definition_that_is_none_is_refused(tmp_path, bounds):
    for number, text in enumerate(("\x00", "int32[" * 1000, "x" * 100_000, "Unknown a\n")):
        writer = BagWriter(tmp_path / str(number), [BagTopic("/a", KIND, text, "", "")], bounds)
        writer.begin("part")
        writer.write(0, 0, 0, LITTLE_ENDIAN)
        writer.close()
        with pytest.raises(BagError, match=r"part\.mcap|is defined in"):
            numbers(tmp_path / str(number))


def test_what_is_no_file_is_no_bag(tmp_path):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / "a.mcap")
    (tmp_path / "b" / "b.mcap").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "c.mcap").symlink_to("/dev/zero")
    for name in "abc":
        with pytest.raises(BagError, match=r"\.mcap cannot be read: it is not a file"):
            find_bag(tmp_path / name)


def test_the_data_carry_a_checksum_that_any_reader_can_check(bag):
    content = (bag / "part.mcap").read_bytes()
    end = content.rindex(DATA_END)
    (stored,) = struct.unpack_from("<I", content, end + RECORD_HEADER.size)
    assert stored == zlib.crc32(content[:end])
    assert read_summary(bag / "part.mcap").message_count == 10
