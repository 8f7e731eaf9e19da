"""Time of one policy update, part by part: ``python -m pilqr_ros.benchmarks.bench``.

On real rollouts, in one thread, in CPU seconds and in *floor passes*: the bare matrix products of
one backward and one forward pass (per time step V F, F'(V F), F S, (F S)F'), timed in the same
run through the same BLAS. So the figures mean the same on every machine.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.tasks import load_task
from pilqr_ros.trajopt import dynamics, lqr_flm, model, pilqr, prior
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.cost import CostTerm, TrajectoryCost
from pilqr_ros.trajopt.dynamics import MeanDynamics
from pilqr_ros.trajopt.pi2 import pi2_update
from pilqr_ros.trajopt.policy_update import update
from pilqr_ros.trajopt.problem import Problem
from pilqr_ros.trajopt.sample_history import SampleRecord, join
from pilqr_ros.trajopt.settings import Settings
from pilqr_ros.trajopt.tvlg import TVLGPolicy
from pilqr_ros.trajopt.typing import Array

ROUNDS = 25
ITERATIONS = 3
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Case:
    """What one update is timed on: a policy, its history of samples, their cost."""

    name: str
    policy: TVLGPolicy
    batches: tuple[Batch, ...]
    cost: TrajectoryCost
    sample_records: tuple[SampleRecord, ...]

    @property
    def sizes(self) -> str:
        """The dimensions, in words."""
        p = self.policy
        return f"dX={p.dX} dU={p.dU} T={p.T} N={self.batches[-1].N}"


def main() -> None:
    """Print the tables."""
    console = Console(width=100)
    cases = hockey_case(), pusher_case()
    for case in cases:
        for name, settings in (("default", Settings.default()), ("paper", Settings.paper())):
            console.print(parts_table(case, name, settings))
    for case in cases:
        console.print(growth_table(case))


def hockey_case() -> Case:
    """Return hockey with 10 rollouts an iteration."""
    return collect("hockey", 10)


def pusher_case() -> Case:
    """Return the pusher with 20 rollouts an iteration, in the authors' 36 state variables."""
    return authors_pusher_state(collect("pusher", 20))


def collect(task_name: str, rollouts: int) -> Case:
    """Train for a few iterations and return the last policy with all rollouts."""
    task = load_task(task_name)
    collector, cost, policy = InProcessCollector(task), task.cost(0), task.initial_policy(0)
    batches: list[Batch] = []
    sample_records: list[SampleRecord] = []
    multiplier = np.ones(task.T)
    while True:
        samples = [collector.collect(policy, 0, seed, True, True) for seed in range(rollouts)]
        states = np.stack([sample.states for sample in samples])
        actions = np.stack([sample.applied for sample in samples])
        noise = np.stack([sample.noise for sample in samples])
        batches.append(Batch(states, actions, noise, cost.evaluate(states, actions)))
        if len(batches) == ITERATIONS:
            return Case(task_name, policy, tuple(batches), cost, tuple(sample_records))
        result = update(
            "pilqr", Problem(policy, batches, cost, Settings(), multiplier, history=sample_records)
        )
        assert result.samples is not None
        sample_records.append(result.samples)
        policy, multiplier = result.policy, result.step_multiplier


def authors_pusher_state(case: Case) -> Case:
    """Rewrite the pusher's state as the authors': all joints, and four sites in three dimensions.

    The redundant coordinates (a constant goal, positions across the plane) are theirs too.
    """
    labels = load_task("pusher").layout.labels
    joints, speeds = labels[:4], labels[4:8]
    chosen = [*joints, "block.x", "block.z", *speeds, "block_velocity.x", "block_velocity.z"]
    sites = [f"{site}.{axis}" for site in ("left_tip", "right_tip", "block") for axis in "xyz"]
    sites += [""] * 3
    columns = [*chosen, *sites]
    back = np.zeros((len(labels), 36))
    back[range(len(labels)), [columns.index(label) for label in labels]] = 1.0
    kept, known = [labels.index(label) for label in chosen], set(labels)
    shown = [labels.index(label) if label in known else len(labels) for label in sites]

    def rewrite(batch: Batch) -> Batch:
        x = np.concatenate([batch.states, np.zeros((*batch.states.shape[:2], 1))], axis=-1)
        positions = x[..., shown]
        velocities = np.gradient(positions, 0.05, axis=1)
        return replace(batch, states=np.concatenate([x[..., kept], positions, velocities], -1))

    policy = replace(case.policy, K=case.policy.K @ back)
    terms = tuple(replace(term, A=term.A @ back) for term in case.cost.terms)
    cost = replace(case.cost, terms=terms)
    batches = tuple(rewrite(batch) for batch in case.batches)
    return replace(case, policy=policy, batches=batches, cost=cost)


def floor(dX: int, dU: int, T: int) -> Callable[[], None]:
    """Return the products of one backward and one forward pass, as a function to time."""
    rng = np.random.default_rng(0)
    F = rng.standard_normal((T, dX, dX + dU))
    V, S = rng.standard_normal((dX, dX)), rng.standard_normal((dX + dU, dX + dU))

    def products() -> None:
        for f in F[::-1]:
            f.T @ (V @ f)
        for f in F:
            (f @ S) @ f.T

    return products


def parts(case: Case, settings: Settings) -> dict[str, Callable[[], object]]:
    """Return the parts of an update, as functions to time."""
    ones = np.ones(case.policy.T)
    problem = Problem(case.policy, case.batches, case.cost, settings, ones)
    fitted = model.fit_model(problem)
    folds = min(settings.dynamics.cross_fit_folds, problem.batch.N)
    all_samples, without_fold = dynamics.fit_with_folds(case.batches, settings, folds)
    noise = problem.noise
    newest = np.concatenate([batch.transitions for batch in case.batches[::-1]], axis=1)
    for_prior = newest[:, : settings.dynamics.prior_trajectories]
    pooled = newest[:, : problem.batch.N * len(settings.dynamics.history_weights)]

    def constrained(passes: int, expectation: Literal["old", "new"]) -> object:
        options = settings.changed(lqr={"kl_passes": passes, "kl_expectation": expectation})
        return lqr_flm.lqr_flm(
            case.policy,
            fitted.dynamics,
            fitted.cost,
            fitted.epsilon,
            options,
            update_covariance=settings.lqr.covariance == "update",
        )

    def weigh_and_fit() -> object:
        newest = SampleRecord(noise, case.policy.L, problem.batch.cost_to_go, fitted.residual)
        samples = join(newest, case.sample_records, settings.pi2.history_weights)
        weighted, _ = pilqr.residual_weights(newest, samples, settings)
        return pi2_update(
            case.policy,
            samples.noise,
            weighted.weights,
            settings,
            samples.unit_noise,
        )

    return {
        f"prior ({settings.dynamics.prior})": lambda: prior.fit_prior(for_prior, pooled, settings),
        "dynamics, prior included": lambda: dynamics.fit_with_folds(case.batches, settings, folds),
        "cost expansion": lambda: case.cost.expand_average(
            problem.batch.states, settings.lqr.cost_curvature
        ),
        "residuals": lambda: model.predict_cost_to_go(
            problem, all_samples, without_fold, fitted.cost
        ),
        "direct model": lambda: direct(problem, without_fold, fitted),
        "one backward and forward pass": lambda: constrained(1, "new"),
        "KL-constrained LQR": lambda: constrained(
            settings.lqr.kl_passes, settings.lqr.kl_expectation
        ),
        "PI2": weigh_and_fit,
        "the whole update": lambda: whole(case, settings),
    }


def direct(
    problem: model.Problem, without_fold: MeanDynamics | None, fitted: model.Model
) -> object:
    """Look for a direct model, where there can be one."""
    if without_fold is None:
        return None
    predicted = problem.batch.cost_to_go - fitted.residual
    return model.look_past(problem, without_fold, predicted)


def whole(case: Case, settings: Settings) -> object:
    """Do one PILQR update, for which the newest samples are new."""
    vars(case.batches[-1]).pop("transitions", None)
    ones = np.ones(case.policy.T)
    return update(
        "pilqr",
        Problem(case.policy, case.batches, case.cost, settings, ones, history=case.sample_records),
    )


def each(cases: Sequence[Case], settings: Settings) -> None:
    """Do one PILQR update of every case."""
    for case in cases:
        whole(case, settings)


def medians(functions: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median CPU seconds of each function; they take turns, so a slow spell hits all."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = time.thread_time()
            function()
            seconds[name].append(time.thread_time() - start)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def parts_table(case: Case, name: str, settings: Settings) -> Table:
    """Return the table of one case and setting."""
    p = case.policy
    taken = medians({"floor": floor(p.dX, p.dU, p.T), **parts(case, settings)})
    one = taken["floor"]
    mixture = taken[f"prior ({settings.dynamics.prior})"]
    taken["everything but the prior's fit"] = taken["the whole update"] - mixture
    table = Table(title=f"{case.name}, {case.sizes}, settings: {name}", title_justify="left")
    for column in ("part", "seconds", "floor passes"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for part, seconds in taken.items():
        table.add_row(part, f"{seconds:.5f}", f"{seconds / one:.1f}")
    return table


def growth_table(case: Case) -> Table:
    """Return how the time of an update grows with T and with the number of conditions."""
    settings = Settings.default()
    runs: dict[str, Callable[[], object]] = {}
    for T in (25, 50, 100):
        short = shorten(case, T)
        runs[f"T={T}"] = partial(whole, short, settings)
    for count in (1, 2, 4):
        runs[f"conditions={count}"] = partial(each, [case] * count, settings)
    table = Table(title=f"{case.name}: growth of the whole update", title_justify="left")
    for column in ("size", "seconds"):
        table.add_column(column, justify="right")
    for size, seconds in medians(runs).items():
        table.add_row(size, f"{seconds:.5f}")
    return table


def shorten(case: Case, T: int) -> Case:
    """Return a case that ends after T steps."""

    def cut(term: CostTerm) -> CostTerm:
        return replace(term, weight=term.weight[:T])

    def first(batch: Batch) -> Batch:
        arrays: list[Array] = [batch.states, batch.actions, batch.noise, batch.costs]
        return Batch(*(array[:, :T] for array in arrays))

    p, cost = case.policy, case.cost

    def begin(each: SampleRecord) -> SampleRecord:
        return SampleRecord(each.noise[:, :T], each.L[:T], each.total[:, :T], each.residual[:, :T])

    return Case(
        case.name,
        TVLGPolicy(p.K[:T], p.k[:T], p.L[:T]),
        tuple(first(batch) for batch in case.batches),
        replace(cost, terms=tuple(cut(term) for term in cost.terms)),
        tuple(begin(each) for each in case.sample_records),
    )


def single_threaded() -> None:
    """Start this program again with BLAS limited to one thread, unless it is already."""
    if any(os.environ.get(name) != "1" for name in THREADS):
        limits = dict.fromkeys(THREADS, "1")
        command = [sys.executable, "-m", "pilqr_ros.benchmarks.bench"]
        os.execve(sys.executable, command, {**os.environ, **limits})


if __name__ == "__main__":
    single_threaded()
    main()
