"""What stands out in a run."""

from __future__ import annotations

from dataclasses import dataclass


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
