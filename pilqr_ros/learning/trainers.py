"""Which trainer a run needs; torch is imported only where a global policy is trained."""

from __future__ import annotations

from pilqr_ros.learning.errors import TrainingError
from pilqr_ros.learning.training import Trainer
from pilqr_ros.runs.run_store import RunStore


def trainer_class(store: RunStore) -> type[Trainer]:
    """Return the trainer of local policies, or that of a global one with them.

    Raises:
        TrainingError: A global policy is to be trained, and torch is not installed.
    """
    if not store.config.guided:
        return Trainer
    try:
        from pilqr_ros.learning.guided_training import GuidedTrainer
    except ModuleNotFoundError as error:
        method = store.config.method
        raise TrainingError(f"{method} needs torch: pip install 'pilqr_ros[torch]'") from error
    return GuidedTrainer
