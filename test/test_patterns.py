"""Each snippet of the patterns makes a task that loads and starts."""

import re
from pathlib import Path

import pytest
import yaml

from pilqr_ros.authoring.starts import look_at_starts
from pilqr_ros.tasks import Task

ROOT = Path(__file__).parents[1]
PATTERNS = (ROOT / "docs" / "patterns.md").read_text()


def snippets():
    return re.findall(r"```yaml\n(# in (\S+)\n.*?)```", PATTERNS, re.DOTALL)


def changed(given, changes):
    """Return content with changes: sections by key, lists of named entries by name."""
    if isinstance(given, dict) and isinstance(changes, dict):
        return given | {key: changed(given.get(key), value) for key, value in changes.items()}
    if is_named(given) and is_named(changes):
        by_name = {one["name"]: one for one in given}
        return list(changed(by_name, {one["name"]: one for one in changes}).values())
    return changes


def is_named(value):
    return isinstance(value, list) and all(isinstance(e, dict) and "name" in e for e in value)


def task_of(text, path):
    base = ROOT / path
    changes = yaml.safe_load(text)
    content = yaml.safe_load(base.read_text())
    for key in ("success",):  # one section as a whole: its forms exclude each other
        if key in changes:
            content[key] = {}
    content = changed(content, changes)
    return Task.from_text(yaml.safe_dump(content), folder=base.parent, origin=path)


def test_every_snippet_is_looked_at():
    assert len(snippets()) == PATTERNS.count("```yaml") > 0


@pytest.mark.parametrize(("text", "path"), snippets())
def test_each_snippet_is_a_task_whose_starts_can_be_placed(text, path):
    task = task_of(text, path)
    assert [start.refusal for start in look_at_starts(task)] == [""] * len(task.conditions)
