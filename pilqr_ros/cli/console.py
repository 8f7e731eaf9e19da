"""The console: text and tables as the command line shows them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.segment import Segments
from rich.table import Table
from rich.text import Text

from pilqr_ros.plain_text import printable

_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "bold red", "SKIP": "dim"}

MAX_WIDTH = 10_000
"""Longest line of a table where there is no terminal [characters]."""

_TEXT = (
    "condition",
    "task",
    "method",
    "directory",
    "measure",
    "test",
    "verdict",
    "what",
    "found",
    "topic",
    "type",
    "word",
    "seen",
    "try",
    "run",
)


class PlainConsole(Console):
    """Shows text as it is: brackets are no markup, and what does not print is written out."""

    def __init__(self, *, stderr: bool = False) -> None:
        """Write to standard output, or to standard error."""
        super().__init__(stderr=stderr, markup=False, emoji=False)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = MAX_WIDTH  # nothing is cut

    def render_str(self, text: str, **style: Any) -> Text:  # noqa: ANN401
        """Return text that a stranger may have written, fit for a terminal."""
        return super().render_str(printable(text, keep="\n"), **style)

    def print_whole(self, shown: Table) -> None:
        """Print a table with each row in one line, however narrow the terminal is."""
        lines = self.render(shown, self.options.update_width(MAX_WIDTH))
        self.print(Segments(lines), soft_wrap=True, end="")


console = PlainConsole()
errors = PlainConsole(stderr=True)


def styled(*parts: tuple[str, str]) -> Text:
    """Return texts, each with its style, put together."""
    return Text.assemble(*((printable(text, keep="\n"), style) for text, style in parts))


def warn(text: str) -> None:
    """Print a problem that ends nothing, on stderr."""
    errors.print(styled((text, "yellow")), soft_wrap=True, highlight=False)


def picture(path: Path) -> None:
    """Say where a picture is."""
    console.print(f"figure: {path}", soft_wrap=True)


def fits(shown: Table) -> bool:
    """Tell whether a table is shown without a cell that goes on in its next line."""
    wanted = console.measure(shown, options=console.options.update_width(MAX_WIDTH)).maximum
    return wanted <= console.width


def table(title: str, *columns: str) -> Table:
    """Return a table without rows; what is too long for a cell goes on in its next line.

    Args:
        title: What stands above it; empty for nothing.
        columns: Their names; text stands left, figures right.
    """
    made = Table(title=title, title_justify="left")
    for name in columns:
        text = name in _TEXT
        made.add_column(name, justify="left" if text else "right", overflow="fold")
    return made


def show_findings(findings: Sequence[Any], title: str = "doctor") -> None:
    """Print one row a `Finding`, and how many there are of each kind; SKIP only if there is any."""
    shown = table(title, "verdict", "what", "found")
    for finding in findings:
        verdict = finding.verdict.value
        advice = f"\n{finding.advice}" if finding.advice else ""
        shown.add_row(
            styled((verdict, _COLOURS[verdict])),
            finding.subject,
            styled((finding.message, ""), (advice, "italic")),
        )
    console.print(shown)
    counts = Counter(finding.verdict.value for finding in findings)
    told = [verdict for verdict in _COLOURS if verdict != "SKIP" or counts[verdict]]
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in told))
