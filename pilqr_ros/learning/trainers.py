"""Which trainer a run needs; torch is imported only where a global policy is trained."""

from __future__ import annotations

from pilqr_ros.learning.training import Trainer
from pilqr_ros.runs.run_store import RunStore


def trainer_class(store: RunStore) -> type[Trainer]:
    """Return the trainer of local policies, or that of a global one with them."""
    if not store.config.guided:
        return Trainer
    from pilqr_ros.learning.guided_training import GuidedTrainer

    return GuidedTrainer
