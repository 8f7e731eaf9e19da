"""Seeds as a function of what they are for.

No random generator lives longer than the step it serves, so that a resumed run draws exactly what
the uninterrupted one would have drawn.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Purposes whose seeds never coincide."""

    TRAINING = 0
    EVALUATION = 1
    SUPERVISED = 2


def rollout_seed(
    run_seed: int,
    iteration: int,
    condition: int,
    sample: int,
    attempt: int = 0,
    stream: Stream = Stream.TRAINING,
) -> int:
    """Return the 64-bit seed of one rollout's noise and start jitter.

    Args:
        run_seed: Seed of the run.
        iteration: Iteration, counted from 0.
        condition: Index of the condition.
        sample: Index of the rollout within the iteration.
        attempt: How many invalid rollouts came before in its place.
        stream: What the rollout is for.
    """
    words = np.random.SeedSequence([stream, run_seed, iteration, condition, sample, attempt])
    return int(words.generate_state(1, np.uint64)[0])
