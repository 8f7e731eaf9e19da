"""Only regular files of a bounded size are read, and nothing waits for a stranger's pipe."""

import os
import socket

import pytest

from pilqr_ros.errors import PilqrError
from pilqr_ros.foreign_file import FileRefused, decoding, read_foreign, read_foreign_text


def test_a_file_and_a_link_to_one_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    assert read_foreign(tmp_path / "b", 7) == b"content"


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/tty", "/dev/full", "pipe", ".", "to_pipe"])
def test_what_is_no_file_is_refused_at_once(place, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "to_pipe").symlink_to("pipe")
    with pytest.raises(OSError, match=r"it is not a file|No such device"):
        read_foreign(tmp_path / place, 100)


def test_a_socket_a_loop_and_a_nul_are_errors(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        (tmp_path / "loop").symlink_to("loop")
        for name in ("s", "loop", "a\0b", "x" * 5000):
            with pytest.raises(OSError, match=r"."):
                read_foreign(tmp_path / name, 100)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(FileRefused, match="it has 1099511627776 bytes, more than the 100 allowed"):
        read_foreign(tmp_path / "sparse", 100)


def test_a_file_that_lies_about_its_size_is_refused():
    with pytest.raises(FileRefused, match="its size changes"):
        read_foreign("/proc/self/status", 10**6)


@pytest.mark.parametrize("content", ["a".encode("utf-16"), "ü".encode("latin-1")])
def test_text_is_utf_8(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(FileRefused, match="it is not text in UTF-8"):
        read_foreign_text(tmp_path / "a", 100)


def test_whatever_a_decoder_raises_names_what_it_read():
    refused = pytest.raises(PilqrError, match="the file cannot be read: AssertionError")
    with refused, decoding("the file", PilqrError):
        raise AssertionError
