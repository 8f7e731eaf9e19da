"""What the README promises can be checked by a machine."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def promises():
    (block,) = re.findall(r"```yaml\n(- promise:.*?)```", README, re.DOTALL)
    return yaml.safe_load(block)


def functions(path):
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("promise", promises(), ids=lambda one: one["promise"][:20])
def test_each_promise_names_tests_that_exist_and_what_it_leaves_out(promise):
    assert promise["not_covered"]
    assert any(test.startswith("test/nodes/") for test in promise["tests"])
    for test in promise["tests"]:
        path, _, name = test.partition("::")
        assert name in functions(path), test


def test_all_eight_safety_promises_are_there():
    numbers = [re.match(r"(\d)\.", promise["promise"]) for promise in promises()]
    assert [int(number[1]) for number in numbers if number] == list(range(1, 9))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_each_link_leads_to_a_file(target):
    assert (ROOT / target).exists()
