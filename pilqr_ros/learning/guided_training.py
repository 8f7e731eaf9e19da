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
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pilqr_ros.guided.examples import Guide
from pilqr_ros.guided.linearisation import linearise
from pilqr_ros.guided.network import Network, initial_network
from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.guided.reference import coupling, reference
from pilqr_ros.guided.settings import GuidedSettings
from pilqr_ros.guided.supervised import Fitted, fit
from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.learning.seeds import Stream
from pilqr_ros.learning.training import Samples, Trainer
from pilqr_ros.trajopt.policy import Policy
from pilqr_ros.trajopt.tvlg import TVLGPolicy

FIRST_FIT = 3
"""The first fit, from random weights, goes over the data so many times as often as later ones."""


@dataclass
class GuidedTrainer(Trainer):
    """Trains the local policies of one run together with the global policy that they guide."""

    _linearised: dict[int, TVLGPolicy] = field(default_factory=dict, init=False)
    _coupling: float = field(default=1.0, init=False)

    @property
    def _settings(self) -> GuidedSettings:
        plan = self.store.task.global_plan
        if plan is None:
            raise TrainingError(f"{self.store.task.name} has no section global_policy")
        return plan.settings

    def _improve(self, iteration: int, collected: Mapping[int, Samples]) -> None:
        """Update the local policies against the global one, and this one to them."""
        self._coupling = coupling(self._settings, iteration, self.store.config.iterations)
        network = self.store.network(iteration) or self._first_network()
        for condition in collected:
            policy = NeuralPolicy(network, self.store.task.observation(condition))
            states = self._batches[condition][-1].states
            self._linearised[condition] = linearise(policy, states, self._settings.linearisation)
        super()._improve(iteration, collected)
        self._teach(iteration, network)

    @property
    def _from_global(self) -> bool:
        return self._settings.sample_from == "global"

    def _policy(self, iteration: int, condition: int) -> Policy:
        """Return the policy whose rollouts an iteration learns from."""
        if not self._from_global or iteration == 0:
            return super()._policy(iteration, condition)
        network = self.store.network(iteration)
        if network is None:
            raise TrainingError(f"{self.store.directory} lacks the network of {iteration}")
        return NeuralPolicy(network, self.store.task.observation(condition))

    def _sampled(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy:
        first = len(self._batches[condition]) == 1
        return self._linearised[condition] if self._from_global and not first else policy

    def _reference(self, policy: TVLGPolicy, condition: int) -> TVLGPolicy:
        linearised = self._linearised[condition]
        if self._from_global:
            return linearised
        return reference(policy, linearised, self._coupling, self._settings)

    def _first_network(self) -> Network:
        """Fit random weights to the initial local policies, and store what comes of it."""
        settings, task = self._settings, self.store.task
        local = {c: self.store.policy(0, c)[0] for c in self.store.config.conditions}
        rng, first = self._generator(0), self.store.config.conditions[0]
        dO = task.observation(first).dO
        network = initial_network(dO, settings.hidden, local[first].L[0], rng)
        longer = replace(settings, epochs=FIRST_FIT * settings.epochs)
        fitted = self._fit(network, local, longer, rng)
        self.store.save_network(0, fitted.network)
        return fitted.network

    def _teach(self, iteration: int, network: Network) -> None:
        """Do the supervised step of an iteration; with it the iteration is finished."""
        self._check_stop()
        self._tell(phase="updating")
        began = time.monotonic()
        new = {c: self.store.policy(iteration + 1, c)[0] for c in self.store.config.conditions}
        fitted = self._fit(network, new, self._settings, self._generator(iteration + 1))
        record = {
            "loss_before": fitted.loss_before,
            "loss_after": fitted.loss_after,
            "seconds": time.monotonic() - began,
        }
        self.store.save_network(iteration + 1, fitted.network, record)

    def _fit(
        self,
        network: Network,
        local: dict[int, TVLGPolicy],
        settings: GuidedSettings,
        rng: np.random.Generator,
    ) -> Fitted:
        """Fit a network to local policies in the states that were visited last."""
        guides = [
            Guide(policy, self.store.task.observation(c), self._batches[c][-1].states)
            for c, policy in local.items()
        ]
        return fit(network, guides, settings, rng, self._check_stop)

    def _generator(self, iteration: int) -> np.random.Generator:
        return np.random.default_rng([Stream.SUPERVISED, self.store.config.seed, iteration])
