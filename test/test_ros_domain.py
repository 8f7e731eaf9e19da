"""The ROS domain that the environment gives."""

import ctypes

import pytest

from pilqr_ros.ros_domain import DomainError, ros_domain


def as_c_reads(text):
    """Return an integer as ROS 2's own reader, the C library's, takes it."""
    strtoul = ctypes.CDLL(None).strtoul
    strtoul.restype = ctypes.c_ulong
    return strtoul(text.encode(), None, 0)


@pytest.mark.parametrize("text", ["0", "7", "101", "232", "0x10", "0XE8", "010", "00", "0350"])
def test_a_domain_is_read_as_ros_reads_it(monkeypatch, text):
    monkeypatch.setenv("ROS_DOMAIN_ID", text)
    assert ros_domain() == as_c_reads(text)


def test_no_domain_is_domain_0(monkeypatch):
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    assert ros_domain() == 0
    monkeypatch.setenv("ROS_DOMAIN_ID", "")
    assert ros_domain() == 0


@pytest.mark.parametrize(
    "text",
    [
        "233",
        "0xE9",
        "-1",
        "abc",
        "12abc",
        "08",
        "0x",
        "1.0",
        " 7",
        "7\n",
        "+7",
        "1_0",
        "٣",
        "9" * 30,
    ],
)
def test_what_is_no_domain_is_refused_with_what_is(monkeypatch, text):
    monkeypatch.setenv("ROS_DOMAIN_ID", text)
    with pytest.raises(
        DomainError, match=r"^ROS_DOMAIN_ID is .*, allowed is an integer from 0 to 232$"
    ):
        ros_domain()
