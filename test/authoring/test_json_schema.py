import json

import pytest
import yaml

from pilqr_ros.authoring.descriptions import attribute_descriptions
from pilqr_ros.authoring.json_schema import described_class, schema_text, task_schema
from pilqr_ros.tasks.config_files import config_names, shipped_file
from pilqr_ros.tasks.schema import TaskFile

TYPES = {"number": (int, float), "integer": int, "string": str, "boolean": bool, "null": type(None),
         "array": list, "object": dict}  # fmt: skip


def conforms(value, field, definitions):
    """Tell whether an editor would take a value, as far as types, keys, choices and bounds go."""
    if "$ref" in field:
        return conforms(value, definitions[field["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in field:
        return any(conforms(value, option, definitions) for option in field["anyOf"])
    if "enum" in field:
        return value in field["enum"]
    if not isinstance(value, TYPES[field["type"]]):
        return False
    if isinstance(value, dict):
        return in_object(value, field, definitions)
    if isinstance(value, list):
        kinds = field.get("prefixItems") or [field["items"]] * len(value)
        return len(value) >= field.get("minItems", 0) and all(
            conforms(one, kind, definitions) for one, kind in zip(value, kinds, strict=True)
        )
    return not (value <= field["exclusiveMinimum"] if "exclusiveMinimum" in field else False)


def in_object(value, field, definitions):
    known, other = field.get("properties", {}), field.get("additionalProperties", False)
    return set(field.get("required", ())) <= set(value) and all(
        conforms(one, known[key], definitions)
        if key in known
        else bool(other) and conforms(one, other, definitions)
        for key, one in value.items()
    )


def is_valid(document):
    schema = json.loads(schema_text())
    return conforms(document, schema, schema["$defs"])


def sections():
    document = task_schema()
    return {"TaskFile": (TaskFile, document)} | {
        name: (described_class(name), section) for name, section in document["$defs"].items()
    }


@pytest.mark.parametrize("name", sections())
def test_every_key_is_described_and_nothing_else_is(name):
    of, section = sections()[name]
    assert set(attribute_descriptions(of)) == set(section["properties"])
    assert all(field["description"] for field in section["properties"].values())
    assert section["description"]


@pytest.mark.parametrize("name", config_names())
def test_a_shipped_file_is_valid_for_an_editor(name):
    assert is_valid(yaml.safe_load(shipped_file(f"{name}.yaml").read_text()))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("control", "rate", 0),
        ("control", "pace", 1),
        ("initial_policy", "kind", "strong"),
        ("learning", "settings", {"pi2": {"kl": "much"}}),
        ("learning", "settings", {"no_such": 1}),
    ],
)
def test_a_wrong_value_is_one_for_an_editor_too(section, key, value):
    document = yaml.safe_load(shipped_file("hockey.yaml").read_text())
    document[section][key] = value
    assert not is_valid(document)
