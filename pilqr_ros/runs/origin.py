"""Where the first policies of a run come from, if not from its task file."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pilqr_ros.tasks.schema import MAX_ITERATIONS

NOISE_SCALE = 0.25
"""Usual part of the first noise: a trained policy has not as far to go, and more to lose.

Hockey's policies, on an arm 30 % heavier with twice the friction, reached nine successes of ten
after 10 to 70 rollouts with it, after 20 to 150 with a half, and after 50 or more, or never, with
all of it (three seeds).
"""

PRIOR_ITERATIONS = 0
"""Usual number of iterations whose samples are taken, too.

With two of them training took as many rollouts (``docs/transfer.md``), and samples of another robot
are none of this one.
"""

MAX_NOISE_SCALE = 10.0
"""Largest factor on the first noise: nobody wants as much, but limits hold the torque anyhow."""


@dataclass(frozen=True)
class Origin:
    """A trained run whose policies another one starts from.

    Attributes:
        run: Its directory.
        iteration: How many iterations they had been trained for; -1 for all.
        noise_scale: The first policies' noise is that of the new run's task file, its standard
            deviation times this.
        prior_iterations: Samples of so many of its newest iterations, up to the policies', help to
            fit the dynamics.
    """

    BOUNDS: ClassVar[dict[str, tuple[float, float]]] = {
        "iteration": (-1, MAX_ITERATIONS),
        "noise_scale": (0.001, MAX_NOISE_SCALE),
        "prior_iterations": (0, 10),
    }
    """Least and largest value of each number; options of the command line have the same."""

    run: str
    iteration: int = -1
    noise_scale: float = NOISE_SCALE
    prior_iterations: int = PRIOR_ITERATIONS

    @property
    def name(self) -> str:
        """The run's task and time, as its directory is called."""
        return "/".join(Path(self.run).parts[-2:])

    @property
    def options(self) -> str:
        """What the command line takes to start from there."""
        return (
            f"--from {shlex.quote(self.run)} --from-iteration {self.iteration} "
            f"--noise-scale {self.noise_scale:g} --from-samples {self.prior_iterations}"
        )

    def __str__(self) -> str:
        """Return in words what is taken."""
        when = "all" if self.iteration < 0 else str(self.iteration)
        return (
            f"policies after {when} iterations of {self.run}, noise x {self.noise_scale:g}, "
            f"samples of {self.prior_iterations} iterations"
        )
