"""Writes the pages of the reference that are generated, before Sphinx reads the sources.

`reference/commands.md` is what the command `pilqr` says of itself; `reference/interfaces.md` holds
the definitions of messages, services and actions.
"""

import subprocess
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
KINDS = {"action": "Actions", "srv": "Services", "msg": "Messages"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", lambda _: write_pages(REFERENCE))
    return {"parallel_read_safe": True}


def write_pages(folder: Path) -> None:
    """Write both pages; a page that says the same already is left alone."""
    folder.mkdir(exist_ok=True)
    for name, text in (("commands", commands()), ("interfaces", interfaces())):
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text() != text:
            page.write_text(text)


def commands() -> str:
    """Return the page of all commands with their arguments."""
    made = subprocess.run(
        [sys.executable, "-m", "typer", "pilqr_ros.cli.command", "utils", "docs"]
        + ["--name", "pilqr", "--title", "Commands"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "COLUMNS": "100", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if made.returncode:
        raise RuntimeError(f"the reference of the commands was not made: {made.stderr}")
    return made.stdout


def interfaces() -> str:
    """Return the page of the definitions in `msg/`, each with its comments."""
    lines = [
        "# Interfaces",
        "",
        "The package `pilqr_msgs`. Everything else on the wire is a standard type of ROS.",
    ]
    for folder, heading in KINDS.items():
        lines += ["", f"## {heading}"]
        for path in sorted((ROOT / "msg" / folder).glob(f"*.{folder}")):
            lines += ["", f"### {path.stem}", "", "```text", path.read_text().rstrip(), "```"]
    return "\n".join(lines) + "\n"
