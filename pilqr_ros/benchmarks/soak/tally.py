"""What a soak counts, and its table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Tally:
    """Counts of a soak.

    Attributes:
        kills: SIGKILLs, by node.
        stops: Emergency stops whose guard was killed right after.
        launches: Launches that were killed while they trained, by what started them and signal.
        inputs: Malformed or foreign messages, requests and goals, by kind.
        faults: Other faults, by kind.
        answers: Errors that were told to strangers, by whom.
        trainings: Trainings that ran to their end.
        resumed_by_hand: Trainings that ended with an error and were resumed.
        judged: Rollouts of finished trainings in lock-step.
        wrong: Samples that are not the undisturbed training's.
        equal: Finished trainings in lock-step whose samples and policies all equal the undisturbed
            ones, bit for bit.
        in_lockstep: Finished trainings in lock-step.
        finished: Rollouts that were stored.
        lost: Of these, the ones that were gone or changed later.
        interrupted: Attempts that were broken off and repeated.
        ticks: Torques of the robot that were watched.
        unsafe: Unsafe ones, by kind.
        problems: What should not have happened, in words.
    """

    kills: Counter[str] = field(default_factory=Counter)
    stops: int = 0
    launches: Counter[str] = field(default_factory=Counter)
    inputs: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    trainings: int = 0
    resumed_by_hand: int = 0
    judged: int = 0
    wrong: int = 0
    equal: int = 0
    in_lockstep: int = 0
    finished: int = 0
    lost: int = 0
    interrupted: int = 0
    ticks: int = 0
    unsafe: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        unequal = self.in_lockstep - self.equal
        return not (
            self.problems or self.wrong or self.lost or unequal or sum(self.unsafe.values())
        )

    def rows(self) -> list[tuple[str, str]]:
        """Return what was counted, in words."""
        unsafe = ", ".join(f"{count} {kind}" for kind, count in self.unsafe.items())
        return [
            ("nodes killed (SIGKILL)", str(self.kills.total())),
            *((f"  {name}", str(count)) for name, count in sorted(self.kills.items())),
            ("emergency stops, then the guard killed", str(self.stops)),
            ("launches killed in training", str(self.launches.total())),
            *((f"  {how}", str(count)) for how, count in sorted(self.launches.items())),
            ("malformed or foreign inputs", str(self.inputs.total())),
            *((f"  {kind}", str(count)) for kind, count in sorted(self.inputs.items())),
            ("other faults", str(self.faults.total())),
            *((f"  {kind}", str(count)) for kind, count in sorted(self.faults.items())),
            ("errors told to strangers", str(self.answers.total())),
            *((f"  by {name}", str(count)) for name, count in sorted(self.answers.items())),
            ("rollouts finished", str(self.finished)),
            ("rollouts interrupted and repeated", str(self.interrupted)),
            ("finished rollouts lost", str(self.lost)),
            ("trainings finished", str(self.trainings)),
            ("  resumed by hand after an error", str(self.resumed_by_hand)),
            ("samples compared bit for bit", str(self.judged)),
            ("wrong samples", str(self.wrong)),
            ("trainings equal to undisturbed ones", f"{self.equal} of {self.in_lockstep}"),
            ("ticks of the robot watched", str(self.ticks)),
            ("unsafe ticks", unsafe or "0"),
        ]

    def show(self) -> None:
        """Print the table."""
        table = Table("", "count", title="soak")
        for name, count in self.rows():
            table.add_row(name, count)
        console = Console()
        console.print(table)
        for problem in self.problems:
            console.print(f"problem: {problem}", soft_wrap=True, highlight=False)
