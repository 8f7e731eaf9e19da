"""Writes the pages of the reference that are generated, before Sphinx reads the sources.

`reference/commands.md` is what the command `pilqr` says of itself; `reference/interfaces.md` holds
the definitions of messages, services and actions.
"""

import re
import subprocess
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
KINDS = {"action": "Actions", "srv": "Services", "msg": "Messages"}

ERROR_CODES = """\
## Error codes

Each result and response says what went wrong twice: `message` is for people, `error_code` is for
programs. A goal that cannot be done is rejected before it is accepted; ROS's answer to a goal has
no place for the reason, so both are published first, with the goal's identity, on the action's
topic `rejection` (`learner/train_local/rejection`: `GoalRejection`). Services of standard types
have no place for a code either: after `effort_guard/enable`, `estop` and `reset_estop` it is in
`guard_state`.
"""


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
        "",
        *error_codes(),
    ]
    for folder, heading in KINDS.items():
        lines += ["", f"## {heading}"]
        for path in sorted((ROOT / "msg" / folder).glob(f"*.{folder}")):
            lines += ["", f"### {path.stem}", "", "```text", path.read_text().rstrip(), "```"]
    return "\n".join(lines) + "\n"


def error_codes() -> list[str]:
    """Return the lines of the section on error codes, its table from the definition."""
    definition = (ROOT / "msg" / "msg" / "ErrorCode.msg").read_text()
    found = re.findall(r"^uint16 (\w+)=(\d+) +# (.*)$", definition, re.MULTILINE)
    return [
        *ERROR_CODES.splitlines(),
        "",
        "| code | name | what it is |",
        "| --- | --- | --- |",
        *(f"| {code} | `{name}` | {meaning} |" for name, code, meaning in found),
    ]
