"""Text that a stranger may have written, made fit for where it is shown.

A name in a file or a message can hold anything: an escape that moves a terminal's cursor, a new
line that passes for another line of a log, a mark that a figure or a document takes as its own.
Errors and the places that show text call these functions; whoever makes up a message need not.
"""

from __future__ import annotations

import html
import re

MAX_LENGTH = 4000
"""Of longer text the middle is left out [characters]."""

_MARKDOWN = re.compile(r"([\\`*\[\]|#~!])")


def printable(text: str, keep: str = "", max_length: int = MAX_LENGTH) -> str:
    r"""Return text with everything that does not print written out, ESC as ``\x1b``.

    Args:
        text: The text; if it is too long, its middle is left out, and how much that was is said.
        keep: Characters to leave as they are.
        max_length: How much of it is shown [characters].
    """
    if len(text) > max_length:
        half, left_out = max_length // 2, len(text) - max_length
        text = f"{text[:half]} ... ({left_out} more characters) ... {text[-half:]}"
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in keep else one.encode("unicode_escape").decode()
        for one in text
    )


def in_markdown(text: str) -> str:
    """Return text that a reader of Markdown shows as it is: no markup, no HTML, in one line."""
    plain = html.escape(printable(" ".join(text.split())), quote=False)
    return _MARKDOWN.sub(r"\\\1", plain)


def in_figure(text: str) -> str:
    """Return text that matplotlib shows as it is: a dollar begins no formula."""
    return printable(text).replace("$", r"\$")
