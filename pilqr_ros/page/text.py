"""Text on a page: shown as it is, whatever a stranger's file or message put in it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pilqr_ros.plain_text import printable

if TYPE_CHECKING:
    import viser

_STYLE = "padding: 0 0.75em 0.4em 0.75em; font-size: 0.85em; line-height: 1.45"
_LOG_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; font-family: monospace; margin: 0"

COLORS = {"good": "#009e73", "warning": "#b35900", "bad": "#d01c1c", "": "inherit"}
"""Colour of each tone of a text."""


def plain(text: str) -> str:
    """Return text as HTML that shows it."""
    return html.escape(printable(text))


def toned(text: str, tone: str = "") -> str:
    """Return text as bold HTML in the colour of a tone, a key of `COLORS`."""
    return f'<b style="color: {COLORS[tone]}">{plain(text)}</b>'


class Text:
    """A place for text, which is sent to browsers only when it changes."""

    def __init__(self, gui: viser.GuiApi) -> None:
        """Keep the place, empty."""
        self._handle = gui.add_html("", visible=False)

    def show(self, text: str) -> None:
        """Show plain text."""
        self.show_html(plain(text))

    def show_html(self, content: str) -> None:
        """Show HTML, whose parts `plain` and `toned` have made."""
        self._set(f'<div style="{_STYLE}">{content}</div>' if content else "")

    def show_lines(self, lines: Sequence[str]) -> None:
        """Show lines of a log."""
        body = plain_lines(lines)
        self._set(f'<div style="{_STYLE}"><pre style="{_LOG_STYLE}">{body}</pre></div>')

    def show_table(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Show rows of HTML by column; all have the same columns."""
        if not rows:
            self._set("")
            return
        head = "".join(f'<th align="left">{plain(name)}</th>' for name in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row.values()) + "</tr>" for row in rows
        )
        table = f'<table cellpadding="3" style="width: 100%">{head}{body}</table>'
        self._set(f'<div style="{_STYLE}">{table}</div>')

    def _set(self, content: str) -> None:
        if content != self._handle.content:
            self._handle.content = content
            self._handle.visible = bool(content)


def plain_lines(lines: Sequence[str]) -> str:
    """Return lines as HTML that shows them, one below the other."""
    return "\n".join(map(plain, lines))
