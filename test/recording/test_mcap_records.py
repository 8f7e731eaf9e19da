"""What a record says of its parts must fit into it; a torn record ends a file."""

import tracemalloc
from io import BytesIO

import pytest
from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, DataEnd, Message, Schema

from pilqr_ros.recording.mcap_records import RECORD_HEADER, decode, encode, records

SCHEMA = Schema(id=1, name="a/msg/B", encoding="ros2msg", data=b"int8 c\n")
CHANNEL = Channel(id=2, schema_id=1, topic="/a", message_encoding="cdr", metadata={"qos": "best"})
CHUNK = Chunk(
    compression="",
    data=b"messages",
    message_start_time=1,
    message_end_time=2,
    uncompressed_crc=3,
    uncompressed_size=8,
)


@pytest.mark.parametrize("record", [SCHEMA, CHANNEL, CHUNK])
def test_a_record_that_lacks_its_end_is_refused(record):
    content = encode(record)[RECORD_HEADER.size :]
    assert decode(type(record), content) == record
    for length in range(len(content)):
        with pytest.raises(EndOfFile):
            decode(type(record), content[:length])


def test_a_message_without_data_is_one_and_one_without_times_is_not():
    message = Message(channel_id=1, sequence=2, log_time=3, publish_time=4, data=b"")
    content = encode(message)[RECORD_HEADER.size :]
    assert decode(Message, content, len(content)) == message
    with pytest.raises(EndOfFile):
        decode(Message, content[:-1], len(content) - 1)


def test_a_part_that_says_it_is_gigabytes_takes_no_memory():
    content = encode(CHUNK)[RECORD_HEADER.size :]
    length = content.rindex(b"\x08" + bytes(7))
    content = content[:length] + (2**32).to_bytes(8, "little") + CHUNK.data
    tracemalloc.start()
    try:
        with pytest.raises(EndOfFile):
            decode(Chunk, content)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_records_end_with_the_last_whole_one():
    whole = encode(SCHEMA) + encode(DataEnd(5))
    for length in range(len(whole) + 1):
        found = [op for op, _, _ in records(BytesIO(whole), 0, length)]
        ends = [(Opcode.SCHEMA, len(encode(SCHEMA))), (Opcode.DATA_END, len(whole))]
        assert found == [op for op, end in ends if end <= length]
