from pathlib import Path

from pilqr_ros.authoring.task_reference import reference

DOCUMENT = Path(__file__).parents[2] / "docs" / "task_file.md"


def test_the_document_is_what_the_schema_says():
    """`python -m pilqr_ros.authoring.task_reference > docs/task_file.md` writes it again."""
    assert DOCUMENT.read_text() == reference()


def test_shape_default_bound_unit_and_example_of_a_key_stand_in_its_row():
    rows = {line.split("`")[1]: line for line in reference().splitlines() if line.startswith("| `")}
    assert rows["mount"].startswith("| `mount` | 3 of: number or section | `[0.0, 0.0, 0.0]` |")
    assert "[m]" in rows["mount"]
    assert "| ≥ 1, ≤ 10000 |" in rows["steps"]
    assert rows["steps"].endswith("| `100` |")
    assert "text or list of: text" in rows["of"]
