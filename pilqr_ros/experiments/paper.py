"""The paper's figures as comparisons: task, methods and budget of each, and what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOCAL = ("pilqr", "lqr-flm", "pi2")
NETWORKS = tuple(f"mdgps-{method}" for method in LOCAL)


@dataclass(frozen=True)
class PaperFigure:
    """One figure; rollouts and iterations are those of the task file.

    Attributes:
        task: The task's name.
        methods: What is compared.
        claim: What the paper says of it.
        seeds: How many are run unless told otherwise.
        places: Conditions that the figure shows; empty for all.
        iterations: Instead of the task file's.
        peers: Methods of `pilqr peers` that belong in it, each with how many times the samples of
            the networks it is given.
        test: The task's test that the peers are compared in.
    """

    task: str
    methods: tuple[str, ...]
    claim: str
    seeds: int = 10
    places: tuple[str, ...] = ()
    iterations: int | None = None
    peers: Mapping[str, int] = field(default_factory=dict)
    test: str = ""


PAPER_FIGURES: Mapping[str, PaperFigure] = {
    "figure3": PaperFigure(
        "pusher",
        LOCAL,
        "only PILQR reaches the block of the hardest condition and pushes it to the goal",
        places=("far to the right",),
    ),
    "figure4": PaperFigure(
        "reacher",
        NETWORKS,
        "with PILQR or LQR-FLM as good as DDPG and TRPO, from 25 and 150 times fewer samples",
        seeds=3,
        peers={"ddpg": 25, "trpo": 150},
        test="test",
    ),
    "figure5": PaperFigure(
        "door",
        NETWORKS,
        "with PILQR the door opens from new positions; TRPO needs 20 times more samples, the "
        "others fail",
        seeds=3,
        peers={"ddpg": 20, "trpo": 20},
        test="square",
    ),
    "figure6": PaperFigure(
        "hockey",
        LOCAL,
        "PILQR hits the goal consistently, LQR-FLM hits the puck alone, PI2 hits nothing",
    ),
    "figure7": PaperFigure(
        "hockey",
        ("mdgps-pilqr",),
        "one network, trained on two goals, scores in 90 % of the rollouts at three",
        seeds=5,
    ),
    "figure8": PaperFigure(
        "plug",
        LOCAL,
        "PILQR plugs in in every rollout, LQR-FLM in 60 %, PI2 never reaches the socket",
    ),
    "figure10": PaperFigure(
        "pusher",
        LOCAL,
        "PILQR is best in two of the three other conditions, LQR-FLM as good in the easiest",
        places=("up and back", "down", "far back"),
    ),
    "figure11": PaperFigure(
        "door",
        ("mdgps-pilqr", "mdgps-pi2"),
        "PI2 does not open the door from ten times more samples either",
        seeds=3,
        iterations=200,
    ),
}
"""By name. Figures 1, 2 and 9 are photographs and drawings of the tasks."""
