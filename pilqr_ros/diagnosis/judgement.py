"""What stands out in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Judgement:
    """One thing that stands out.

    Attributes:
        kind: A word for it, see ``docs/diagnosis.md``.
        condition: Name of the condition that it is about.
        says: What was seen, with its number.
        advice: What to try.
    """

    kind: str
    condition: str
    says: str
    advice: str


def gathered(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Return one judgement of each kind, that of the first condition, with how many others say it.

    A run with many conditions says the same of most of them.
    """
    kinds: dict[str, list[Judgement]] = {}
    for one in judgements:
        kinds.setdefault(one.kind, []).append(one)
    return tuple(
        replace(found[0], condition=_conditions([one.condition for one in found]))
        for found in kinds.values()
    )


def _conditions(names: Sequence[str]) -> str:
    first, others = names[0], len(names) - 1
    return first if others == 0 else f"{first}, and {others} more"
