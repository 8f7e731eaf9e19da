"""The libraries in use are of versions that were tested."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

RUNTIME = Path(__file__).parents[1] / "requirements" / "runtime.txt"


def requirements():
    lines = (re.sub(r"#.*", "", line).strip() for line in RUNTIME.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda one: one.name)
def test_library_is_of_a_tested_version(requirement):
    version = metadata.version(requirement.name)
    assert requirement.specifier.contains(version), f"{requirement} is installed as {version}"
