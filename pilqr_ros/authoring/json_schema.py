"""The JSON schema of a task file, for editors: keys, types, bounds and what each means."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from pilqr_ros.authoring.descriptions import attribute_descriptions, summary
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.tasks import schema
from pilqr_ros.trajopt.setting import SettingSection
from pilqr_ros.trajopt.settings import Settings

SETTINGS = {
    ("Learning", "settings"): Settings,
    ("Mdgps", "local_settings"): Settings,
    ("Mdgps", "settings"): GuidedSettings,
}
"""What settings of a section hold: the records that the methods validate them with."""


def task_schema() -> dict[str, Any]:
    """Return the schema of a task file."""
    document = schema.TaskFile.model_json_schema()
    definitions = document["$defs"]
    for (name, key), record in SETTINGS.items():
        found = TypeAdapter(record).json_schema()
        definitions |= found.pop("$defs", {})
        definitions[record.__name__] = found
        reference = {"$ref": f"#/$defs/{record.__name__}"}
        definitions[name]["properties"][key] = {**reference, "default": {}}
    for name, record in setting_sections().items():
        _bound(definitions[name], record)
    _describe(document, schema.TaskFile)
    for name, section in definitions.items():
        _describe(section, described_class(name))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def described_class(name: str) -> type:
    """Return the class that a definition of the schema is made from."""
    records = setting_sections()
    found: type = records[name] if name in records else getattr(schema, name)
    return found


def setting_sections() -> dict[str, type]:
    """Return the records of settings and the sections that they are made of, by name."""
    found: dict[str, type] = {}
    for record in SETTINGS.values():
        hints = get_type_hints(record).values()
        for kind in (record, *(hint for hint in hints if isinstance(hint, type))):
            if issubclass(kind, SettingSection):
                found[kind.__name__] = kind
    return found


def _bound(section: dict[str, Any], record: type) -> None:
    """Put the bounds of settings into their schema; those of a list are each entry's."""
    for each in fields(record):
        target = section["properties"][each.name]
        target.get("items", target).update(each.metadata)


def _describe(section: dict[str, Any], of: type) -> None:
    """Put the docstring of a class into its schema."""
    section["description"] = summary(of)
    for name, text in attribute_descriptions(of).items():
        section["properties"][name]["description"] = text


def schema_text() -> str:
    """Return the schema as JSON."""
    return json.dumps(task_schema(), indent=2) + "\n"
