import time
import tracemalloc
from contextlib import suppress

import pytest

from pilqr_ros.tasks import TaskError, load_task, yaml_text
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.yaml_text import MAX_BYTES, MAX_VALUES, parse_yaml, read_text

BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{name}: &{name} [*{before}, *{before}]"
    for before, name in zip("abcdefghijklmnopq", "bcdefghijklmnopqr", strict=True)
)


def test_plain_values_come_out():
    assert parse_yaml("a: [1, 2.5, yes]\nb: {c: text}").content == {
        "a": [1, 2.5, True],
        "b": {"c": "text"},
    }


def test_every_seed_that_a_run_may_have_comes_out():
    assert parse_yaml("[18446744073709551615, 0xFF, -3]").content == [2**64 - 1, 255, -3]


def test_an_alias_stands_for_its_value():
    assert parse_yaml("a: &x [1, 2]\nb: *x").content == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: !!python/object/apply:os.system [touch pwned]", "could not determine a constructor"),
        ("!!python/name:os.system", "could not determine a constructor"),
        (BOMB, "holds more than the 100000 values allowed"),
        ("a: &x {b: *x}", "holds more than"),
        ("[" * 10_000, "nested too deeply"),
        ("a: 1\na: 2", "key 'a' stands here twice"),
        ("a: [", "is not valid YAML"),
        ("\x00", "is not valid YAML"),
        (
            "a: 18446744073709551616",
            "18446744073709551616 is no integer of at most 184467440737095",
        ),
        ("a: -18446744073709551616", "is no integer of at most"),
        ("a:\n- 0x" + "f" * 5000, "0xf{25}[.]{3} is no integer of at most .*, column 3"),
        ("0b" + "1" * 900 + ": a", "is no integer of at most"),
        ("a: " + "9" * 5000, "is no integer of at most"),
        ("a: 1" + ":59" * 3000, "is no integer of at most"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_could_do_harm_is_refused(text, problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=problem):
        parse_yaml(text)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match=r"large\.yaml: cannot be read: it has 1048577"):
        read_text(path)
    with pytest.raises(TaskError, match="more than the 1048576 allowed"):
        load_task(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_is_no_text_is_refused(content, tmp_path):
    path = tmp_path / "file.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"file\.yaml: cannot be read"):
        read_text(path)


@pytest.mark.parametrize(
    "text", ["9" * 5000, "a: 0x" + "f" * 10, "2026-02-31", "? [a]\n: 1", "a: =", "\x00", "!!int x"]
)
def test_whatever_a_scalar_is_no_other_error_comes_out(text):
    with suppress(ConfigError):
        parse_yaml(text)


def test_a_date_is_text():
    assert parse_yaml("a: 2026-02-28").content == {"a": "2026-02-28"}


def test_what_is_wrong_is_said_in_one_line():
    with pytest.raises(ConfigError, match=r"line 2: is not valid YAML: .*, column 1$"):
        parse_yaml("a: [1,\n")


@pytest.mark.parametrize(
    "text",
    [
        "? " + "a" * 400_000 + "\n: [" + "1," * 90_000 + "]",
        "".join(" " * i + "a:\n" for i in range(150)) + " " * 150 + "a: [" + "1," * 90_000 + "]",
        "a: 1" + ":1" * 260_000,
    ],
    ids=["a long key", "deep and wide", "a number of many parts"],
)
def test_a_text_that_is_made_to_take_long_does_not(text):
    began = time.process_time()
    with suppress(ConfigError):
        parse_yaml(text)
    assert time.process_time() - began < 30.0


def test_values_without_number_are_refused_before_they_take_memory(monkeypatch):
    # Of the memory that so many take; the whole number is counted slowly while it is traced.
    share = 10
    monkeypatch.setattr(yaml_text, "MAX_VALUES", MAX_VALUES // share)
    text = "- a\n" * (MAX_BYTES // 4)
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError, match=f"more than the {MAX_VALUES // share} values"):
            parse_yaml(text)
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20 / share
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["x" * 5000, "a/" + "x" * 5000, "~nobody/a.yaml", "a\0/b.yaml"])
def test_a_name_that_no_file_can_have_is_no_task(name):
    with pytest.raises(TaskError, match=r"no task|does not exist"):
        load_task(name)
