"""All that is known of a run as one page of HTML, which needs nothing else to be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pilqr_ros import __version__
from pilqr_ros.diagnosis import diagnose, gathered
from pilqr_ros.evaluation.policy_card import describe
from pilqr_ros.plain_text import printable
from pilqr_ros.report.comparison import ComparedRow, compare_runs
from pilqr_ros.report.pictures import MAX_CONDITIONS, pictures_of
from pilqr_ros.runs import atomic
from pilqr_ros.runs.file_names import DESCRIPTION_FILE, TASK_FILE
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.tasks.yaml_text import read_text

_CODE = re.compile("`([^`]+)`")

MAX_TEXT = 200_000
"""Of a longer task file the middle is left out [characters]."""


def write_report(store: RunStore, path: Path | None = None) -> Path:
    """Write the page of a run and return its path.

    Args:
        store: The run.
        path: Where it goes; ``report.html`` in the run's folder by default.

    Raises:
        RunError: No iteration has finished, a file of the run is damaged, or the page cannot be
            written.
    """
    path = path or store.directory / "report.html"
    atomic.write_text(path, render(store, datetime.now(UTC)))
    return path


def render(store: RunStore, now: datetime) -> str:
    """Return the page of a run.

    Args:
        store: The run.
        now: When the page is made.
    """
    environment = Environment(
        loader=PackageLoader("pilqr_ros.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {"zip": zip, "code": _with_code}
    (summary,) = compare_runs([store])
    description = atomic.read_json(store.directory / DESCRIPTION_FILE)
    return environment.get_template("page.html").render(
        card=describe(store),
        summary=summary,
        facts=_facts(store, summary),
        verdict=_verdict(summary),
        judgements=gathered(diagnose(store)),
        pictures=list(pictures_of(store)),
        left_out=max(0, len(store.config.conditions) - MAX_CONDITIONS),
        iterations=_iterations(store),
        settings={name: value for name, value in description.items() if _is_plain(value)},
        task_text=printable(read_text(store.directory / TASK_FILE), "\n", MAX_TEXT),
        made=now.strftime("%d %B %Y, %H:%M UTC"),
        version=__version__,
        command=_command(store),
    )


def _finalize(value: Any) -> Any:  # noqa: ANN401
    """Write out what does not print in a text that a stranger may have written."""
    return printable(value, "\n", MAX_TEXT) if type(value) is str else value


def _with_code(text: str) -> Markup:
    """Return text as HTML in which what stands between backquotes is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(printable(text)))))


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _verdict(summary: ComparedRow) -> str:
    """Return in a sentence how the last policy does, or how the last iteration did."""
    (low, high), last = summary.interval, summary.last
    of = "the last policy, without noise," if last.evaluated else "the last iteration"
    return (
        f"{last.successes} of {last.of} rollouts of {of} succeeded "
        f"(95 % interval {low:.0%} to {high:.0%})"
    )


def _facts(store: RunStore, summary: ComparedRow) -> Mapping[str, str]:
    """Return the figures at the head of the page by name."""
    config = store.config
    after, last = summary.learned_after, summary.last
    whose = "last policy" if last.evaluated else "last iteration"
    origin = {} if config.origin is None else {"started from": str(config.origin)}
    return {
        "method": config.method,
        "iterations": f"{summary.iterations} of {config.iterations}",
        "rollouts": str(summary.rollouts),
        f"success, {whose}": f"{last.successes} of {last.of}",
        "nine of ten succeed after": "never" if after is None else f"{after} rollouts",
        f"mean {store.task.distance_label}": f"{last.distance:.3g}",
        "time": f"{summary.seconds / 60:.1f} min",
        "seed": str(config.seed),
        **origin,
    }


def _iterations(store: RunStore) -> list[Mapping[str, Any]]:
    """Return a row for each iteration and condition."""
    names = [condition.name for condition in store.task.conditions]
    return [{**report, "name": names[report["condition"]]} for report in store.reports()]


def _command(store: RunStore) -> str:
    """Return the command that trains alike from the task file within the page."""
    config = store.config
    names = ",".join(store.task.conditions[index].name for index in config.conditions)
    return (
        f"pilqr train task.yaml --method {config.method} --seed {config.seed} --iterations "
        f"{config.iterations} --rollouts {config.rollouts} --conditions '{names}'"
        f"{'' if config.origin is None else f' {config.origin.options}'}"
    )
