"""A run that a stranger made: it may be refused, never run code, nor take the machine down."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from pilqr_ros.runs import atomic
from pilqr_ros.runs.array_file import ArrayFile
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.report_file import load_report
from pilqr_ros.runs.rollout_files import load_rollout


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


def npz_bytes(tmp_path, **arrays):
    atomic.write_arrays(tmp_path / "whole.npz", arrays)
    return (tmp_path / "whole.npz").read_bytes()


def test_no_flipped_bit_of_an_array_file_is_another_number(tmp_path):
    arrays = {"x": np.arange(6.0).reshape(2, 3), "n": np.arange(3), "why": np.array("late")}
    whole, path = npz_bytes(tmp_path, **arrays), tmp_path / "flipped.npz"
    refused = 0
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        try:
            read = atomic.read_arrays(path)
        except RunError as error:
            assert "flipped.npz" in str(error)
            refused += 1
            continue
        assert list(read) == list(arrays), place
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array, strict=True)
    assert refused > len(whole) / 2


def test_an_array_file_cut_off_anywhere_is_refused(tmp_path):
    whole, path = npz_bytes(tmp_path, x=np.arange(3.0)), tmp_path / "cut.npz"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(RunError, match=r"cut\.npz cannot be read"):
            atomic.read_arrays(path)


FALSE_SHAPES = {
    "more than there is": header((10**12,), bytes(80)),
    "less than there is": header((2,), bytes(80)),
    "nothing times everything": header((0, 10**30)),
}


@pytest.mark.parametrize("kind", FALSE_SHAPES)
def test_a_shape_that_is_not_that_of_the_data_is_refused(kind, tmp_path):
    archive(tmp_path / "a.npz", x=FALSE_SHAPES[kind])
    with pytest.raises(RunError, match=r"a\.npz cannot be read"):
        atomic.read_arrays(tmp_path / "a.npz")


def test_a_name_that_stands_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file, pytest.warns(UserWarning):
        for value in (1.0, 2.0):
            file.writestr("x.npy", array(np.array([value])))
    with pytest.raises(RunError, match="it holds a name twice"):
        atomic.read_arrays(tmp_path / "a.npz")


def test_an_array_in_fortrans_order_is_read_as_it_is(tmp_path):
    value = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    archive(tmp_path / "a.npz", x=array(value))
    np.testing.assert_array_equal(atomic.read_arrays(tmp_path / "a.npz")["x"], value)


OTHER_KINDS = {
    "text": np.array([["a", "b"]]),
    "complex": np.zeros((1, 2), complex),
    "dates": np.zeros((1, 2), "datetime64[ns]"),
    "records": np.zeros((1, 2), [("a", "f8"), ("b", "f8")]),
    "bytes": np.zeros((1, 2), "S3"),
    "flags": np.zeros((1, 2), bool),
    "another shape": np.zeros(2),
    "not a number": np.full((1, 2), np.nan),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_arrays_of_another_kind_than_is_needed_are_refused(kind, tmp_path):
    np.savez(tmp_path / "a.npz", states=OTHER_KINDS[kind])
    with pytest.raises(RunError, match=r"a\.npz(:| cannot be read:) states"):
        ArrayFile.read(tmp_path / "a.npz").floats("states", 2)


def test_a_rollout_whose_arrays_do_not_fit_together_is_refused(tmp_path):
    arrays = dict.fromkeys(("states", "commanded", "applied", "noise"), np.zeros((3, 2)))
    arrays |= {"stamps": np.zeros(2, int), "interventions": np.zeros(3, int)}
    arrays |= {"ticks": np.zeros(0, int), "condition": 0, "seed": 1, "reason": ""}
    atomic.write_arrays(tmp_path / "a.npz", arrays | {"valid": True, "interrupted": False})
    with pytest.raises(RunError, match=r"a\.npz: stamps has shape \(2,\)"):
        load_rollout(tmp_path / "a.npz")


GOOD_REPORT = {
    "iteration": 0,
    "condition": 0,
    "rollouts": 2,
    "rollouts_invalid": 0,
    "total_costs": [1.0, 2.0],
    "successes": [True, False],
    "distances": [0.1, 0.2],
}
BAD_REPORTS = [
    {"iteration": "x\x1b"},
    {"condition": 1},
    {"condition": -1},
    {"rollouts": 1e400},
    {"total_costs": []},
    {"successes": "yes"},
    {"distances": [{}]},
]


@pytest.mark.parametrize("change", BAD_REPORTS)
def test_a_report_of_other_entries_is_refused(change, tmp_path):
    atomic.write_json(tmp_path / "report.json", GOOD_REPORT)
    assert load_report(tmp_path / "report.json", conditions=1) == GOOD_REPORT
    atomic.write_json(tmp_path / "report.json", GOOD_REPORT | change)
    with pytest.raises(RunError, match=r"report\.json: \w+"):
        load_report(tmp_path / "report.json", conditions=1)


def test_json_larger_than_allowed_is_not_parsed(tmp_path):
    (tmp_path / "run.json").write_text(" " * (atomic.MAX_JSON_BYTES + 1))
    with pytest.raises(RunError, match="more than the 4194304 allowed"):
        atomic.read_json(tmp_path / "run.json")


def test_an_integer_of_too_many_digits_is_refused(tmp_path):
    (tmp_path / "run.json").write_text(f'{{"seed": {"9" * 5000}}}')
    with pytest.raises(RunError, match=r"run\.json cannot be read"):
        atomic.read_json(tmp_path / "run.json")
