"""Names of what is at the top of a run's directory."""

DESCRIPTION_FILE = "run.json"
"""What the run was asked to do, and what it was begun with."""

TASK_FILE = "task.yaml"
"""The frozen task file; its models lie in ``models`` beside it."""

EVALUATIONS = "evaluations"
"""The folder of the evaluations."""
