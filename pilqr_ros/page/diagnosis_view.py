"""What stands out in a run, when it is asked for: all of the run is read for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pilqr_ros.diagnosis import Judgement, diagnose
from pilqr_ros.errors import PilqrError
from pilqr_ros.page.text import Text, plain, toned
from pilqr_ros.runs.run_store import RunStore

if TYPE_CHECKING:
    import viser

LABEL = "what stands out so far?"


class DiagnosisView:
    """A button that judges a run, and the judgements."""

    def __init__(self, gui: viser.GuiApi, opened: Callable[[], RunStore]) -> None:
        """Add both to the present place on the page.

        Args:
            gui: The page's controls.
            opened: Opens the run that is meant then.
        """
        self._opened = opened
        self._button = gui.add_button(LABEL)
        self._said = Text(gui)
        self._button.on_click(lambda _: self.judge())

    def judge(self) -> None:
        """Judge the run as it is now."""
        self._button.disabled = True
        self._said.show("reading the run ...")
        try:
            self._said.show_html(judgement_html(diagnose(self._opened())))
        except (PilqrError, OSError) as error:
            self._said.show_html(toned(str(error), "bad"))
        finally:
            self._button.disabled = False


def judgement_html(judgements: Sequence[Judgement]) -> str:
    """Return judgements as HTML: what was seen, where, and what to try."""
    if not judgements:
        return plain("nothing stands out")
    return "<br><br>".join(
        f"{toned(one.kind, 'warning')} ({plain(one.condition)})<br>"
        f"{plain(one.says)}<br><i>{plain(one.advice)}</i>"
        for one in judgements
    )
