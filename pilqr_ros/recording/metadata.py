"""The file `metadata.yaml` that makes a folder of MCAP files a rosbag2 bag (version 9)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from pilqr_ros import __version__
from pilqr_ros.recording.mcap_summary import Summary, extreme
from pilqr_ros.recording.topic import BagTopic

VERSION = 9
FILE_NAME = "metadata.yaml"


def metadata_text(files: Mapping[str, Summary]) -> str:
    """Return the metadata of a bag.

    Args:
        files: What each file holds, by its name, in the order of time.
    """
    start_ns, end_ns = _span(list(files.values()))
    information = {
        "version": VERSION,
        "storage_identifier": "mcap",
        "duration": {"nanoseconds": end_ns - start_ns},
        "starting_time": {"nanoseconds_since_epoch": start_ns},
        "message_count": sum(summary.message_count for summary in files.values()),
        "topics_with_message_count": _topics(list(files.values())),
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": list(files),
        "files": [_file(name, summary) for name, summary in files.items()],
        "custom_data": {"recorder": f"pilqr_ros {__version__}"},
        "ros_distro": os.environ.get("ROS_DISTRO", "unknown"),
    }
    document = {"rosbag2_bagfile_information": information}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False))


def _span(summaries: Sequence[Summary]) -> tuple[int, int]:
    """Return when the first and the last message came [ns]; zeros without any."""
    start_ns: int | None = None
    end_ns: int | None = None
    for summary in summaries:
        if summary.start_ns is not None and summary.end_ns is not None:
            start_ns = extreme(min, start_ns, summary.start_ns)
            end_ns = extreme(max, end_ns, summary.end_ns)
    return (0, 0) if start_ns is None or end_ns is None else (start_ns, end_ns)


def _file(name: str, summary: Summary) -> dict[str, Any]:
    """Return the entry of one file."""
    start_ns, end_ns = _span([summary])
    return {
        "path": name,
        "starting_time": {"nanoseconds_since_epoch": start_ns},
        "duration": {"nanoseconds": end_ns - start_ns},
        "message_count": summary.message_count,
    }


def _topics(summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """Return the entry of each topic."""
    counts: dict[BagTopic, int] = {}
    for summary in summaries:
        for number, topic in summary.topics.items():
            counts[topic] = counts.get(topic, 0) + summary.counts.get(number, 0)
    return [_topic(topic, count) for topic, count in counts.items()]


def _topic(topic: BagTopic, count: int) -> dict[str, Any]:
    return {
        "topic_metadata": {
            "name": topic.name,
            "type": topic.type,
            "serialization_format": "cdr",
            "offered_qos_profiles": yaml.safe_load(topic.qos) or [],
            "type_description_hash": topic.type_hash,
        },
        "message_count": count,
    }
