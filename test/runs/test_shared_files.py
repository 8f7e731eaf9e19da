"""Large files of runs, shared by content."""

import shutil
from pathlib import Path

import pytest

from pilqr_ros.runs.shared_files import FOLDER, MIN_SHARED_BYTES, delete_unused, write_shared

MESH = b"m" * MIN_SHARED_BYTES
TEXT = b"t" * (MIN_SHARED_BYTES - 1)


@pytest.fixture
def runs(tmp_path):
    """A folder with two runs that have the same files."""
    for run in ("a", "b"):
        for name, content in (("mesh.stl", MESH), ("arm.xml", TEXT)):
            write_shared(tmp_path, tmp_path / run / "models" / name, content)
    return tmp_path


def same_file(*paths):
    return len({path.stat().st_ino for path in paths}) == 1


def test_large_files_of_one_content_are_one_file_and_small_ones_copies(runs):
    a, b = (runs / run / "models" for run in "ab")
    assert same_file(a / "mesh.stl", b / "mesh.stl")
    assert not same_file(a / "arm.xml", b / "arm.xml")
    assert (b / "mesh.stl").read_bytes() == MESH
    assert (b / "arm.xml").read_bytes() == TEXT
    assert (a / "mesh.stl").stat().st_mode & 0o222 == 0
    assert (a / "arm.xml").stat().st_mode & 0o200


def test_other_content_is_another_file(runs):
    write_shared(runs, runs / "c" / "mesh.stl", MESH + b"n")
    assert (runs / "c" / "mesh.stl").read_bytes() == MESH + b"n"
    assert (runs / "a" / "models" / "mesh.stl").read_bytes() == MESH


def test_a_run_that_is_deleted_takes_nothing_from_the_others(runs):
    shutil.rmtree(runs / "a")
    delete_unused(runs)
    assert (runs / "b" / "models" / "mesh.stl").read_bytes() == MESH
    write_shared(runs, runs / "c" / "mesh.stl", MESH)
    assert same_file(runs / "b" / "models" / "mesh.stl", runs / "c" / "mesh.stl")


def test_what_no_run_has_is_deleted(runs):
    assert len(list((runs / FOLDER).iterdir())) == 1
    for run in "ab":
        shutil.rmtree(runs / run)
    other = runs / FOLDER / "somebody's notes"
    other.touch()
    delete_unused(runs)
    assert list((runs / FOLDER).iterdir()) == [other]


def test_a_kept_file_that_was_altered_is_not_given_to_the_next_run(runs):
    (kept,) = (runs / FOLDER).iterdir()
    kept.chmod(0o644)
    kept.write_bytes(b"x" * MIN_SHARED_BYTES)
    write_shared(runs, runs / "c" / "mesh.stl", MESH)
    write_shared(runs, runs / "d" / "mesh.stl", MESH)
    assert (runs / "c" / "mesh.stl").read_bytes() == MESH
    assert same_file(runs / "c" / "mesh.stl", runs / "d" / "mesh.stl")


def test_without_links_each_run_has_a_copy(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for run in "ab":
        write_shared(tmp_path, tmp_path / run / "mesh.stl", MESH)
        assert (tmp_path / run / "mesh.stl").read_bytes() == MESH


def test_a_file_that_is_there_is_replaced_and_the_others_keep_theirs(runs):
    write_shared(runs, runs / "a" / "models" / "mesh.stl", MESH + b"n")
    assert (runs / "a" / "models" / "mesh.stl").read_bytes() == MESH + b"n"
    assert (runs / "b" / "models" / "mesh.stl").read_bytes() == MESH
