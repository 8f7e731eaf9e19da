"""A run that a stranger made: it may be refused, never run code, nor take the machine down."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from pilqr_ros.learning import atomic
from pilqr_ros.learning.errors import RunError


class Harmful:
    """Leaves a file behind where it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("harmed",)


def array(value):
    file = io.BytesIO()
    np.lib.format.write_array(file, value, allow_pickle=True)
    return file.getvalue()


def header(shape, rest=b""):
    file = io.BytesIO()
    fields = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(file, fields)
    return file.getvalue() + rest


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)


CODE = b"__import__('os').mkdir('harmed')"
HARMFUL = {
    "pickled object": array(np.array([Harmful()], dtype=object)),
    "bare pickle": pickle.dumps(Harmful()),
    "shape beyond the data": header((10**9, 10**9)),
    "negative shape": header((-1,), bytes(80)),
    "too short": header((100,), bytes(80)),
    "code in the header": b"\x93NUMPY\x01\x00\x40\x00" + CODE.ljust(64),
    "not an array": b"#!/bin/sh",
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_harmful_arrays_are_refused_and_do_nothing(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archive("a.npz", x=HARMFUL[kind])
    with pytest.raises(RunError, match=r"a\.npz (cannot be read|holds x)"):
        atomic.read_arrays(tmp_path / "a.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "MAX_FILE_BYTES", 10_000)
    archive(tmp_path / "a.npz", x=header((10**6,), bytes(8 * 10**6)))
    assert (tmp_path / "a.npz").stat().st_size < 10_000
    with pytest.raises(RunError, match="it unpacks to 8000128 bytes, more than the 10000 allowed"):
        atomic.read_arrays(tmp_path / "a.npz")


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    archive(path, x=header((10**6,), bytes(8 * 10**6)))
    content = path.read_bytes()
    size = (8_000_128).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (256).to_bytes(4, "little")))
    with pytest.raises(RunError, match="cannot be read"):
        atomic.read_arrays(path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "NaN", "[1]", "\x00"])
def test_harmful_json_is_refused(text, tmp_path):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"run\.json (cannot be read|holds)"):
        atomic.read_json(tmp_path / "run.json")
