"""Mirror descent guided policy search over a run on disk (section 5; Montgomery & Levine 2016).

An iteration: rollouts in every condition, from its local policy or from the global one; the global
policy linearised around them; each local policy updated under the constraint against that
linearisation (at first only in part, see `reference`); then the supervised step, which fits the
global policy to the new local ones in the states visited. Before the first update the global policy
is fitted to the initial local policies.

The supervised step is a function of what is on disk and of the run's seed: it starts from the
stored weights with a fresh optimiser, so an interrupted run continues bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from pilqr_ros.guided.examples import Teacher
from pilqr_ros.guided.linearisation import linearise
from pilqr_ros.guided.network import Network, initial_network
from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.guided.reference import branched, coupling, reference, shared
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.guided.supervised import Fitted, fit
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.learning.seeds import Stream
from pilqr_ros.learning.strategy import LocalStrategy
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.trajopt.batch import Batch
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.tvlg import TVLGPolicy

FIRST_FIT = 3
"""The first fit, from random weights, goes over the data so many times as often as later ones."""


class GuidedStrategy:
    """The local policies are the teachers of one global policy, and are held close to it."""

    def __init__(self, store: RunStore, check_stop: Callable[[], None]) -> None:
        """Train the policies of a run (arguments and errors as `strategy_for`)."""
        self._store, self._check_stop = store, check_stop
        self._local = LocalStrategy(store)
        if store.task.global_plan is None:
            raise TrainingError(f"{store.task.name} has no section mdgps")
        self._settings: GuidedSettings = store.task.global_plan.settings
        self._from_global = self._settings.sample_from == "global"
        self._iteration = 0
        self._coupling = 1.0
        self._linearised: dict[int, TVLGPolicy] = {}

    def policy_to_sample(self, iteration: int, condition: int) -> Policy:
        """Return the local policy, or the global one: in the first iteration there is none yet."""
        if not self._from_global or iteration == 0:
            return self._local.policy_to_sample(iteration, condition)
        network = self._store.network(iteration)
        if network is None:
            raise TrainingError(f"{self._store.directory} lacks the network of {iteration}")
        return NeuralPolicy(network, self._store.task.observation(condition))

    def begin_updates(self, iteration: int, batches: Mapping[int, Batch]) -> None:
        """Linearise the global policy around the rollouts of each condition, as far as branched."""
        settings = self._settings
        self._iteration = iteration
        self._coupling = coupling(settings, iteration, self._store.config.iterations)
        network = self._store.network(iteration) or self._first_network(batches)
        branching = not self._from_global and self._differ(batches)
        s = shared(settings, iteration, self._store.config.iterations) if branching else 0.0
        for condition, batch in batches.items():
            own = self._linearise(network, condition, batch)
            if s > 0.0:
                own = branched(own, [self._linearise(network, g, batch) for g in batches], s)
            self._linearised[condition] = own

    def sampled(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy:
        """Return the local policy, or the linearised global one where that was executed."""
        global_executed = self._from_global and self._iteration > 0
        return self._linearised[condition] if global_executed else policy

    def reference(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy:
        """Return the linearised global policy, or what lies between it and the local one."""
        linearised = self._linearised[condition]
        if self._from_global:
            return linearised
        return reference(policy, linearised, self._coupling, self._settings)

    def end_iteration(self, iteration: int, batches: Mapping[int, Batch]) -> None:
        """Do the supervised step."""
        self._check_stop()
        began = time.monotonic()
        network = self._store.network(iteration)
        if network is None:
            raise TrainingError(f"{self._store.directory} lacks the network of {iteration}")
        new = {c: self._store.policy(iteration + 1, c)[0] for c in batches}
        fitted = self._fit(network, new, batches, self._settings, self._generator(iteration + 1))
        record = {
            "loss_before": fitted.loss_before,
            "loss_after": fitted.loss_after,
            "seconds": time.monotonic() - began,
        }
        self._store.save_network(iteration + 1, fitted.network, record)

    def _differ(self, conditions: Iterable[int]) -> bool:
        """Tell whether conditions differ in the constants that are observed of them."""
        constants = [self._store.task.observation(c).constants for c in conditions]
        return any(not np.array_equal(one, constants[0]) for one in constants)

    def _linearise(self, network: Network, condition: int, batch: Batch) -> TVLGPolicy:
        """Return what a network does in a batch's states for what a condition observes."""
        policy = NeuralPolicy(network, self._store.task.observation(condition))
        return linearise(policy, batch.states, self._settings.linearisation)

    def _first_network(self, batches: Mapping[int, Batch]) -> Network:
        """Fit random weights to the initial local policies, and store what comes of it."""
        settings, task = self._settings, self._store.task
        local = {c: self._store.policy(0, c)[0] for c in batches}
        rng, first = self._generator(0), self._store.config.conditions[0]
        dO = task.observation(first).dO
        network = initial_network(dO, settings.network.hidden, local[first].L[0], rng)
        longer = settings.changed(supervised={"epochs": FIRST_FIT * settings.supervised.epochs})
        fitted = self._fit(network, local, batches, longer, rng)
        self._store.save_network(0, fitted.network)
        return fitted.network

    def _fit(
        self,
        network: Network,
        local: Mapping[int, TVLGPolicy],
        batches: Mapping[int, Batch],
        settings: GuidedSettings,
        rng: np.random.Generator,
    ) -> Fitted:
        """Fit a network to local policies in the states that were visited last."""
        teachers = [
            Teacher(policy, self._store.task.observation(c), batches[c].states)
            for c, policy in local.items()
        ]
        return fit(network, teachers, settings, rng, self._check_stop)

    def _generator(self, iteration: int) -> np.random.Generator:
        return np.random.default_rng([Stream.SUPERVISED, self._store.config.seed, iteration])
