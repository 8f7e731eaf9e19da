"""Which trainer a run needs, and its global policy; torch is imported only where it is trained."""

from __future__ import annotations

from pilqr_ros.guided.network import Network
from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.learning.run_store import RunStore
from pilqr_ros.learning.training import Trainer
from pilqr_ros.tasks import Task


def trainer_class(store: RunStore) -> type[Trainer]:
    """Return the trainer of local policies, or that of a global one with them."""
    if not store.config.guided:
        return Trainer
    from pilqr_ros.learning.guided_training import GuidedTrainer

    return GuidedTrainer


def neural_policy(task: Task, network: Network, condition: int) -> NeuralPolicy:
    """Return the global policy as it acts in a condition."""
    return NeuralPolicy(network, task.observation(condition))
