"""What a class's docstring says of its attributes: the one place where a key is described."""

from __future__ import annotations

import inspect
import re

_ENTRY = re.compile(r"^    (\w+): (.*)$")


def attribute_descriptions(of: type) -> dict[str, str]:
    """Return the description of each attribute of a class, those that it inherits included."""
    found: dict[str, str] = {}
    for base in reversed(of.__mro__):
        if base.__module__.startswith("pilqr_ros."):
            found |= _own_descriptions(base)
    return found


def summary(of: type) -> str:
    """Return what a class's docstring says before its attributes, in one paragraph a line."""
    text = inspect.cleandoc(of.__doc__ or "").partition("\n\nAttributes:")[0]
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _own_descriptions(of: type) -> dict[str, str]:
    """Return what a class's own docstring says under ``Attributes:``, by name."""
    section = inspect.cleandoc(of.__dict__.get("__doc__") or "").partition("\nAttributes:\n")[2]
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        entry = _ENTRY.match(line)
        if entry is not None:
            name = entry[1]
            found[name] = entry[2].strip()
        elif line.startswith("        ") and name:
            found[name] += f" {line.strip()}"
        else:
            name = ""  # a blank line ends the section
    return found
