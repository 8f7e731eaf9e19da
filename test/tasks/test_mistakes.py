"""What is said of mistakes in a task file: where, what is there, what is allowed, and that once."""

import re
import time

import pytest
import yaml

from pilqr_ros.tasks import Task, TaskError, load_task
from pilqr_ros.tasks.errors import ConfigError
from pilqr_ros.tasks.schema import Guard, Start, Success, TaskFile
from pilqr_ros.tasks.validation import validated
from pilqr_ros.trajopt.settings import Settings

JARGON = re.compile(
    r"[Ii]nput should|[Tt]uple|constrained|validation|Behind|valid dict|\bstr\b|None"
)


def said_of(old: str, new: str) -> tuple[str, str]:
    """Return what is said of the shipped hockey task with one edit, and the line of the edit."""
    text = load_task("hockey").source
    assert text.count(old) == 1, old
    with pytest.raises(TaskError) as refused:
        Task.from_text(text.replace(old, new), origin="hockey.yaml")
    line = text[: text.index(old)].count("\n") + 1
    return str(refused.value), f"hockey.yaml:{line}: "


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "&puck [0.85, -0.188, 0.025]",
            "&puck [0.85, -0.188, 0.025, 1, 0, 0, 0]",
            "conditions[0].bodies.puck: is [0.85, -0.188, 0.025, 1, 0, 0, 0], must have 3 entries,"
            " has 7",
        ),
        (
            "within: [0.12, 0.15, 0.05]",
            "within: wide",
            "success.within: is 'wide', must be a number more than 0 or a list of numbers more"
            " than 0",
        ),
        ("within: [0.12, 0.15, 0.05]", "within: -1", "success.within: is -1, must be more than 0"),
        (
            "within: [0.12, 0.15, 0.05]",
            "within: [0.1, -2]",
            "success.within[1]: is -2, must be more than 0",
        ),
        (
            "mount: [0.0, 0.0, 0.0]",
            "mount: {rpy: [0, 0, 1]}",
            "models.mount: is {'rpy': [0, 0, 1]}, must be a list of 3 numbers or a section with the"
            " keys position, quaternion, euler",
        ),
        (
            "control: {rate: 20, steps: 100}",
            "control:",
            "control: is empty, must be a section with the keys rate, steps",
        ),
        (
            "control: {rate: 20, steps: 100}",
            "control: {rate: 20}",
            "control.steps: is missing, must be a whole number from 1 to 10000",
        ),
        (
            "control: {rate: 20, steps: 100}",
            "control: {rate: 20, stepps: 100}",
            "control.stepps: is not a known key; did you mean 'steps'?",
        ),
        (
            "control: {rate: 20, steps: 100}",
            "control: {rate: 20, steps: 100, colour: red}",
            "control.colour: is not a known key; there are: rate, steps",
        ),
        (
            "kind: point_position, of: blade}",
            "kind: point_position, of: goal}",
            "state[2].of: 'goal' is a body of the scene; a point_position block needs a site of"
            " robot or tool: tool_mount, blade",
        ),
        (
            "kind: body_position,  of: puck}",
            "kind: body_position,  of: blade}",
            "state[4].of: 'blade' is a site of the tool; a body_position block needs a body of the"
            " models: ",
        ),
        (
            "kind: point_position, of: blade}",
            "kind: point_position, of: blad}",
            "state[2].of: 'blad' is no site of robot or tool; did you mean 'blade'? there are:"
            " tool_mount, blade",
        ),
        (
            "name: r_elbow_flex_joint,",
            "name: puck,",
            "joints[3].name: 'puck' is a body of the scene; an actuated joint needs a joint of the"
            " robot: r_shoulder_pan_joint, ",
        ),
        (
            "{name: goal, of: puck,  minus: goal,",
            "{name: goal, of: pukc,  minus: goal,",
            "cost.terms[0].of[0]: 'pukc' is neither a state block nor a target; did you mean"
            " 'puck'? there are: ",
        ),
        (
            "control: {rate: 20, steps: 100}",
            "control: {rate: 30, steps: 100}",
            "control.rate: 30.0 Hz is 16.67 physics steps of 0.002 s a control period, must be a"
            " whole number",
        ),
    ],
)
def test_a_mistake_is_told_once_with_its_line_and_what_is_allowed(old, new, message):
    said, line = said_of(old, new)
    assert said.startswith(line + message)
    assert said == line + message or message.endswith((", ", ": "))


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            Start,
            {"name": "a", "joints": [0], "targets": {"goal": {"where": "goal"}}},
            "targets.goal: is {'where': 'goal'}, must be a list of numbers or a section with the"
            " keys behind, facing, distance, height or a section with the keys site, axis",
        ),
        (
            Start,
            {
                "name": "a",
                "joints": [0],
                "targets": {"goal": {"behind": "b", "facing": "c", "distanze": 1, "height": 0}},
            },
            "targets.goal.distanze: is not a known key; did you mean 'distance'?",
        ),
        (
            Start,
            {"name": "a", "joints": [0], "bodies": {1: [0, 0, 0]}},
            "bodies[1]: 1 is a key and must be text",
        ),
        (
            Start,
            {
                "name": "a",
                "joints": [0],
                "bodies": {"b": {"position": [0, 0, 0], "euler": [0] * 3, "quaternion": [1] * 4}},
            },
            "bodies.b: takes quaternion or euler, not both",
        ),
        (
            Start,
            {"name": "a", "joints": [0], "targets": {"goal": {"site": "tip", "axes": "x"}}},
            "targets.goal.axes: is not a known key; did you mean 'axis'?",
        ),
        (
            Success,
            {"any": [{"of": "a", "at_least": 1}, {"of": "b", "at_leats": 1}]},
            "any[1].at_leats: is not a known key; did you mean 'at_least'?",
        ),
        (
            Success,
            {"all": [{"of": "a", "at_most": "b"}]},
            "all[0].at_most: is 'b', must be a number or a list of numbers",
        ),
        (Success, {"of": "a", "within": float("nan")}, "within: is nan, must be a finite number"),
        (Success, {"of": "a", "within": True}, None),
        (Success, {"of": 3, "within": 1}, "of: is 3, must be text or a list of names"),
        (Guard, {"most_limited": 3}, "most_limited: is 3, must be from 0 to 1"),
        (Settings, {"pi2": 3}, None),
        (TaskFile, None, None),
    ],
)
def test_a_record_tells_one_flaw_for_one_mistake(kind, given, message):
    with pytest.raises(ConfigError) as refused:
        validated(kind, given)
    assert len(refused.value.flaws) == 1
    assert not JARGON.search(str(refused.value))
    assert message is None or str(refused.value) == message


@pytest.mark.parametrize("key", [1, 1.5, True, None, -0.0, 10**30, float("nan"), b"x", "[key]"])
def test_a_key_that_is_no_text_is_told_wherever_it_stands(key):
    for content in (
        {key: 1},
        {"name": "a", "joints": [0], key: {"x": 1}},
        {"name": "a", "joints": [0], "bodies": {key: {"x": 1}}},
        {"name": "a", "joints": [0], "targets": {key: {"site": 1}}},
        {"name": "a", "joints": [0], "targets": {key: {"behind": 1, key: 2}}},
        {"name": "a", "joints": [0], "targets": {"b": {key: 1, "behind": "b", "facing": "c"}}},
    ):
        with pytest.raises(ConfigError) as refused:
            validated(Start, content)
        assert not JARGON.search(str(refused.value).replace("None", ""))


def paths(content, at=()):
    """Yield the paths of all keys and entries of a parsed file."""
    inside = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inside:
        yield (*at, key)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*at, key))


WRONG = ["word", -3.5, True, [], ["word", -3.5], {"word": 1}, None, 10**12, [[1]]]


@pytest.mark.parametrize("name", ["hockey", "plug"])
def test_whatever_is_wrong_at_one_place_is_one_flaw_in_plain_words(name):
    content = yaml.safe_load(load_task(name).source)
    content = yaml.safe_load(yaml.dump(content, Dumper=NoAliases))
    judged = 0
    for path in paths(content):
        parent = content
        for part in path[:-1]:
            parent = parent[part]
        right = parent[path[-1]]
        for wrong in WRONG:
            parent[path[-1]] = wrong
            try:
                validated(TaskFile, content)
            except ConfigError as error:
                judged += 1
                text = str(error)
                entries = wrong if isinstance(wrong, (list, dict)) else [0]
                assert len(error.flaws) <= max(1, len(entries)), text
                assert not JARGON.search(text), text
                assert "not allowed here" not in text, text
                assert "something else" not in text, text
        parent[path[-1]] = right
    assert judged > 200


class NoAliases(yaml.SafeDumper):
    """Writes aliases out."""

    def ignore_aliases(self, data):
        return True


def test_many_mistakes_are_told_in_a_time_that_grows_no_faster_than_they_do():
    """Compared with one another they took minutes, of a file that is small enough to be read."""
    text = load_task("hockey").source + "".join(f"\nz{i}: 1" for i in range(20_000))
    began = time.process_time()
    with pytest.raises(TaskError, match="z0: is not a known key") as refused:
        Task.from_text(text, origin="hockey.yaml")
    assert len(refused.value.flaws) == 20_000
    assert time.process_time() - began < 20.0


@pytest.mark.parametrize(
    "key",
    ["cost.terms[0]", "cost.obstacles[0]", "state[0]", "joints[0]", "conditions[0]",
     "drawn_conditions[0]", "measures[0]"],
)  # fmt: skip
def test_an_empty_name_is_refused(key):
    content = yaml.safe_load(load_task("hockey").source)
    content["cost"]["obstacles"] = [{"name": "o", "of": "puck", "geom": "g", "distance": 0.1}]
    content["measures"] = [{"name": "m", "of": "puck"}]
    at = content
    for part in key.removesuffix("[0]").split("."):
        at = at[part]
    at[0]["name"] = ""
    with pytest.raises(
        TaskError, match=rf"{re.escape(key)}\.name: is '', must be text that is not"
    ):
        Task.from_text(yaml.safe_dump(content), folder=load_task("hockey").folder)


@pytest.mark.parametrize(
    ("key", "within"), [("mdgps.tests", ["mdgps", "tests"]),
                        ("conditions[0].targets", ["conditions", 0, "targets"])]
)  # fmt: skip
def test_an_empty_name_is_refused_as_a_key_too(key, within):
    content = yaml.safe_load(load_task("hockey").source)
    at = content
    for part in within[:-1]:
        at = at[part]
    named = at.setdefault(within[-1], {})
    named[""] = next(iter(named.values()), {"conditions": ["left"], "rollouts": 1})
    told = f"{key}.: '' is a key and must be text that is not empty"
    with pytest.raises(TaskError, match=re.escape(told)):
        Task.from_text(yaml.safe_dump(content), folder=load_task("hockey").folder)


def test_a_name_that_no_folder_of_runs_can_have_is_refused():
    said, line = said_of("name: hockey\n", f"name: {'a' * 101}\n")
    assert said.startswith(f"{line}name: is 'aaa")
    assert said.endswith("must have at most 100 characters")
