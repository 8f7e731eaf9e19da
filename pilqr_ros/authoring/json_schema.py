"""The JSON schema of a task file, for editors: keys, types, bounds and what each means."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from pilqr_ros.authoring.descriptions import attribute_descriptions, summary
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.tasks import schema
from pilqr_ros.trajopt.settings import Settings

SETTINGS = {"Learning": Settings, "Guided": Settings, "GlobalPolicy": GuidedSettings}
"""What `settings` of a section holds: the records that the methods validate it with."""


def task_schema() -> dict[str, Any]:
    """Return the schema of a task file."""
    document = schema.TaskFile.model_json_schema()
    definitions = document["$defs"]
    for name, record in SETTINGS.items():
        found = TypeAdapter(record).json_schema()
        definitions |= found.pop("$defs", {})
        definitions[record.__name__] = found
        reference = {"$ref": f"#/$defs/{record.__name__}"}
        definitions[name]["properties"]["settings"] = {**reference, "default": {}}
    _describe(document, schema.TaskFile)
    for name, section in definitions.items():
        _describe(section, described_class(name))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def described_class(name: str) -> type:
    """Return the class that a definition of the schema is made from."""
    records: dict[str, type] = {record.__name__: record for record in SETTINGS.values()}
    found: type = records[name] if name in records else getattr(schema, name)
    return found


def _describe(section: dict[str, Any], of: type) -> None:
    """Put the docstring of a class into its schema."""
    section["description"] = summary(of)
    for name, text in attribute_descriptions(of).items():
        section["properties"][name]["description"] = text


def schema_text() -> str:
    """Return the schema as JSON."""
    return json.dumps(task_schema(), indent=2) + "\n"
