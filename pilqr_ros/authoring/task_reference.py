"""docs/task_file.md, made from the schema: every key of a task file, and an example of each.

``python -m pilqr_ros.authoring.task_reference > docs/task_file.md`` writes it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from pilqr_ros.authoring.json_schema import task_schema
from pilqr_ros.tasks.config_files import config_names, shipped_file

_HEAD = """# The task file

Generated from the schema by `python -m pilqr_ros.authoring.task_reference > docs/task_file.md`; do
not edit. A key without default must be given. SI units and radians; a joint that slides has N for
N m and m for rad. Examples are from the shipped files in `config/`.

`pilqr new` writes a first file for your arm ([tutorial](tutorial.md)), and `pilqr check` looks at
one. `pilqr schema > task.schema.json` prints the same for your editor, which reads it where a task
file begins with `# yaml-language-server: $schema=task.schema.json`.
"""

_ROW = "| `{key}` | {kind} | {default} | {bounds} | {text} | {example} |"
_COLUMNS = "| key | is | default | bounds | means | example |\n|---|---|---|---|---|---|"
_WORDS = {
    "number": "number",
    "integer": "whole number",
    "string": "text",
    "boolean": "true or false",
}
_BOUNDS = {"exclusiveMinimum": "> {}", "minimum": "≥ {}", "exclusiveMaximum": "< {}",
           "maximum": "≤ {}", "pattern": "`{}`"}  # fmt: skip
_MAX_EXAMPLE_LENGTH = 45


def reference() -> str:
    """Return the text of the document."""
    return "\n".join([_HEAD, *_Reference().lines()])


class _Reference:
    """Walks through the schema, section by section."""

    def __init__(self) -> None:
        self._schema = task_schema()
        names = ["hockey", *(name for name in config_names() if name != "hockey")]
        self._files = [yaml.safe_load(shipped_file(f"{name}.yaml").read_text()) for name in names]
        self._seen: set[str] = set()

    def lines(self) -> Iterator[str]:
        """Yield the document's lines."""
        yield from self._section("", self._schema, self._files)

    def _section(self, path: str, section: dict[str, Any], given: list[Any]) -> Iterator[str]:
        """Yield a section, then those below it.

        Args:
            path: Of the section in a task file.
            section: Its schema.
            given: What shipped files have there.
        """
        yield f"## {f'`{path}`' if path else 'The file'}\n"
        yield f"{section['description'].replace('``', '`')}\n"
        yield _COLUMNS
        below = []
        for key, field in section["properties"].items():
            values = [one[key] for one in given if isinstance(one, dict) and key in one]
            yield self._row(key, field, key in section.get("required", ()), values)
            below += [(key, field, values)]
        yield ""
        for key, field, values in below:
            for name, suffix, inner in self._sections(field, values):
                if name not in self._seen:
                    self._seen.add(name)
                    where = f"{path}.{key}{suffix}" if path else f"{key}{suffix}"
                    yield from self._section(where, self._schema["$defs"][name], inner)

    def _row(self, key: str, field: dict[str, Any], required: bool, values: list[Any]) -> str:
        default = "" if required else _default(field)
        text = field.get("description", "").replace("|", "\\|").replace("``", "`")
        return _ROW.format(
            key=key,
            kind=_kind(field),
            default=default,
            bounds=", ".join(_bounds(field)),
            text=text,
            example=_example(values),
        )

    def _sections(
        self, field: dict[str, Any], values: list[Any], suffix: str = ""
    ) -> Iterator[tuple[str, str, list[Any]]]:
        """Yield the sections that a field holds: name, how they are reached, what files have."""
        if "$ref" in field:
            yield field["$ref"].rpartition("/")[2], suffix, values
        for option in field.get("anyOf", ()):
            yield from self._sections(option, values, suffix)
        if "items" in field:
            inner = [one for value in values if isinstance(value, list) for one in value]
            yield from self._sections(field["items"], inner, f"{suffix}[]")
        if isinstance(field.get("additionalProperties"), dict):
            named = [one for value in values if isinstance(value, dict) for one in value.values()]
            yield from self._sections(field["additionalProperties"], named, f"{suffix}.<name>")


def _kind(field: dict[str, Any]) -> str:
    """Return the type and shape of a field in words."""
    if "$ref" in field:
        return "section"
    if "enum" in field:
        return " \\| ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field:
        kinds = [_kind(option) for option in field["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if field.get("type") == "array":
        least, most = field.get("minItems"), field.get("maxItems")
        one = _kind(field["items"]) if "items" in field else _kind(field["prefixItems"][0])
        return f"{most} of: {one}" if least == most and most is not None else f"list of: {one}"
    if field.get("type") == "object":
        return f"name: {_kind(field['additionalProperties'])}"
    return _WORDS[field["type"]]


def _bounds(field: dict[str, Any]) -> Iterator[str]:
    """Yield the bounds of a field, or of what it is made of, each once."""
    found = [form.format(f"{field[key]:g}" if isinstance(field[key], float) else field[key])
             for key, form in _BOUNDS.items() if key in field]  # fmt: skip
    if field.get("type") == "array" and field.get("minItems") == 1 and "maxItems" not in field:
        found.append("not empty")
    inner = [*field.get("anyOf", ()), *field.get("prefixItems", ())]
    if "items" in field:
        inner.append(field["items"])
    for option in inner:
        found += _bounds(option)
    yield from dict.fromkeys(found)


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value is None:
        return "none"
    if "$ref" in field:
        return "its defaults"
    return f"`{_flow(value)}`"


def _example(values: list[Any]) -> str:
    """Return the first example that is short enough for a row."""
    texts = (_flow(value) for value in values if not isinstance(value, dict))
    return next((f"`{text}`" for text in texts if len(text) <= _MAX_EXAMPLE_LENGTH), "")


def _flow(value: Any) -> str:  # noqa: ANN401
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000).strip()
    return text.removesuffix("\n...").replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
