"""The documentation builds into a site without a warning, and its examples are valid files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.robot.robot_config import RobotConfig

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the built site."""
    built = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
        + ["-d", str(built / "doctrees"), str(DOCS), str(built / "html")],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert made.returncode == 0, made.stderr
    return built / "html"


def test_each_document_is_a_page_that_the_index_leads_to(site):
    index = (site / "index.html").read_text()
    for document in DOCS.rglob("*.md"):
        page = document.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / page).is_file()
        assert page == "index.html" or f'href="{page}"' in index


def test_the_reference_of_commands_has_every_command_with_its_options(site):
    text = re.sub("<[^>]*>", "", (site / "reference" / "commands.html").read_text())
    listed = subprocess.run(
        [sys.executable, "-m", "pilqr_ros.cli", "--help"], capture_output=True, text=True, cwd=ROOT
    ).stdout
    names = re.findall(r"^│ ([a-z][a-z0-9-]*)  ", listed, re.MULTILINE)
    assert "train" in names
    for name in names:
        assert f"pilqr {name}" in text


def test_the_reference_of_interfaces_has_every_definition(site):
    text = (site / "reference" / "interfaces.html").read_text()
    definitions = [
        path for kind in ("msg", "srv", "action") for path in (ROOT / "msg" / kind).iterdir()
    ]
    assert definitions
    for path in definitions:
        assert f">{path.stem}<" in text


def test_the_reference_of_interfaces_tells_every_error_code(site):
    text = re.sub("<[^>]*>", "", (site / "reference" / "interfaces.html").read_text())
    for code in ErrorCode:
        assert re.search(rf"\b{code.value}\s+{code.name}\s", text), code


def robot_files():
    text = (DOCS / "robots.md").read_text()
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("text", robot_files(), ids=lambda text: yaml.safe_load(text)["name"])
def test_each_robots_file_of_the_documents_is_valid(text):
    assert RobotConfig.model_validate(yaml.safe_load(text)).effort.command_timeout <= 0.1
