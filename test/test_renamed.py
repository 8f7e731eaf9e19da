import pytest
import yaml

from pilqr_ros import renamed
from pilqr_ros.nodes.errors import UnknownParameterError
from pilqr_ros.nodes.runtime.parameter_names import OF_NODES, refuse_unknown
from pilqr_ros.tasks import Task, TaskError, load_task

HOCKEY = load_task("hockey")


def with_key(path, value):
    """Return the text of hockey's file with one more key."""
    content = yaml.safe_load(HOCKEY.source)
    section = content
    *sections, name = path
    for part in sections:
        section = section[part]
    section[name] = value
    return yaml.safe_dump(content)


def present(path):
    """Tell whether hockey's sections have a key."""
    keys = HOCKEY.keys()
    *sections, name = path.split(".")
    for part in sections:
        keys = keys[part]
    return name in keys


@pytest.mark.parametrize(("old", "new"), renamed.NAMES.items())
def test_an_old_key_is_refused_with_its_present_name(old, new):
    with pytest.raises(TaskError, match=rf"{old}: is not a known key: it is called {new} now"):
        Task.from_text(with_key(old.split("."), 0.5), folder=HOCKEY.folder)
    assert present(new)
    assert not present(old)


def test_the_old_name_of_a_key_in_a_list_is_known_wherever_it_stands(monkeypatch):
    monkeypatch.setitem(renamed.NAMES, "cost.terms.gain", "cost.terms.weight")
    with pytest.raises(TaskError, match=r"terms\[1\]\.gain: .* called cost\.terms\.weight now"):
        Task.from_text(with_key(("cost", "terms", 1, "gain"), 1.0), folder=HOCKEY.folder)


def test_the_old_name_of_a_parameter_is_refused_with_its_present_one(monkeypatch):
    monkeypatch.setitem(renamed.NAMES, "puck_age", "pose_age")
    assert "puck_age" not in OF_NODES
    with pytest.raises(UnknownParameterError, match=r"'puck_age' .*: it is called pose_age now$"):
        refuse_unknown("state_estimator", ["puck_age"], ("task", "pose_age"))
