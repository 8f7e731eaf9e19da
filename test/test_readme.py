"""What the documents promise, and where they lead, can be checked by a machine."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SAFETY = (ROOT / "docs" / "safety.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def promises():
    (block,) = re.findall(r"```yaml\n(- promise:.*?)```", SAFETY, re.DOTALL)
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


def links():
    """Return each document with the files that it links to; a target is no text of mathematics."""
    for document in DOCUMENTS:
        for target in sorted(set(re.findall(r"\]\(((?!http)[\w./-]+)", document.read_text()))):
            yield pytest.param(document, target, id=f"{document.name}-{target}")


@pytest.mark.parametrize(("document", "target"), links())
def test_each_link_leads_to_a_file(document, target):
    assert (document.parent / target).exists()


def anchors(path):
    """Return the anchors of a document's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_each_link_into_a_document_leads_to_a_heading():
    for document in DOCUMENTS:
        for target, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", document.read_text()):
            path = document.parent / target if target else document
            assert anchor in anchors(path), f"{document.name}: {target}#{anchor}"
