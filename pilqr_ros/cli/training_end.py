"""What a training leaves in its run and on the console: card, curves, film, what stands out."""

from __future__ import annotations

import contextlib

from pilqr_ros.cli import console as show
from pilqr_ros.cli import tables
from pilqr_ros.cli.filming import film_evaluation_with_bar, remove_outdated_film
from pilqr_ros.diagnosis import diagnose
from pilqr_ros.evaluation.policy_card import write_card
from pilqr_ros.runs.errors import RunError
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.simulation.errors import RenderError


def leave_results(store: RunStore, *, video: bool) -> None:
    """Write card, curves and film of a run that was trained, and say where they are.

    Args:
        store: The run; an iteration of it has finished.
        video: Whether its evaluation is filmed.
    """
    leave_card(store)
    _draw(store)
    if video:
        try:
            film_evaluation_with_bar(store)
        except RenderError as error:
            show.warn(f"no video: {error}")
    remove_outdated_film(store)
    if judgements := diagnose(store):
        tables.show_judgements(judgements)
    show.console.print(f"run: {store.directory}", soft_wrap=True)


def leave_card(store: RunStore) -> None:
    """Write the card of a run, and say where it is."""
    show.console.print(f"card: {write_card(store)}", soft_wrap=True)


def _draw(store: RunStore) -> None:
    # Here, for a training shall not wait for what draws it.
    from pilqr_ros.evaluation.curves import plot_learning_curve
    from pilqr_ros.evaluation.success_curve import plot_success_curve

    show.console.print(f"learning curve: {plot_learning_curve(store)}", soft_wrap=True)
    if store.config.guided:
        with contextlib.suppress(RunError):
            show.console.print(f"success curve: {plot_success_curve(store)}", soft_wrap=True)
