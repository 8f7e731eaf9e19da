import os
import resource
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

from pilqr_ros.runs import atomic
from pilqr_ros.runs.errors import RunError


def test_arrays_come_back_as_they_were_written(tmp_path):
    arrays = {"x": np.arange(6.0).reshape(2, 3), "seed": np.uint64(2**64 - 1), "why": "too late"}
    atomic.write_arrays(tmp_path / "a.npz", arrays)
    read = atomic.read_arrays(tmp_path / "a.npz")
    np.testing.assert_array_equal(read["x"], arrays["x"])
    assert int(read["seed"]) == 2**64 - 1
    assert str(read["why"]) == "too late"


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")

    def fail(file):
        file.write(b"half of the new")
        raise OSError("disk full")

    with pytest.raises(RunError, match=r"a\.txt cannot be written: disk full; .* is kept"):
        atomic.write_atomically(path, fail)
    assert path.read_text() == "old"


def test_a_writer_that_fails_leaves_no_temporary_file(tmp_path):
    def fail(file):
        raise OSError("disk full")

    with pytest.raises(RunError, match="disk full"):
        atomic.write_atomically(tmp_path / "a.txt", fail)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def no_room(bytes_left):
    """Let no file grow beyond a size, as a disk that fills up within it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_without_room_the_error_names_the_file_and_nothing_is_lost(tmp_path):
    path = tmp_path / "a.npz"
    atomic.write_arrays(path, {"x": np.arange(1000.0)})
    expected = r"a\.npz cannot be written: File too large; everything stored before is kept"
    with no_room(2000), pytest.raises(RunError, match=expected):
        atomic.write_arrays(path, {"x": np.arange(2000.0)})
    assert len(atomic.read_arrays(path)["x"]) == 1000
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(RunError, match="it is not a file"):
        atomic.read_json(tmp_path / "run.json")


def test_python_objects_are_neither_written_nor_read(tmp_path):
    with pytest.raises(RunError, match="holds Python objects"):
        atomic.write_arrays(tmp_path / "a.npz", {"x": np.array([object()])})
    np.savez(tmp_path / "b.npz", x=np.array([{"code": 1}], dtype=object))
    with pytest.raises(RunError, match=r"b\.npz cannot be read"):
        atomic.read_arrays(tmp_path / "b.npz")


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.npz"
    atomic.write_arrays(path, {"x": np.arange(1000.0)})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(RunError, match=r"a\.npz cannot be read"):
        atomic.read_arrays(path)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(10_000_000))
    monkeypatch.setattr(atomic, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(RunError, match="unpacks to 10000000 bytes"):
        atomic.read_arrays(path)


def test_json_that_is_no_object_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2]")
    with pytest.raises(RunError, match="holds list, expected a JSON object"):
        atomic.read_json(tmp_path / "a.json")
