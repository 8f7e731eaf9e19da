"""What tells a run's newest policy from others, and from itself before a further training."""

from __future__ import annotations

import hashlib

from pilqr_ros.runs import atomic
from pilqr_ros.runs.policy_kind import means_global
from pilqr_ros.runs.run_folder import RunFolder


def policy_digest(run: RunFolder, kind: str, condition: int) -> str:
    """Return the SHA-256 of the file of a run's newest policy.

    Args:
        run: The run.
        kind: Which of its policies (see `POLICY_KINDS`).
        condition: Index of the condition.

    Raises:
        RunError: The file cannot be read.
    """
    last = run.iterations_finished
    whole = means_global(kind, guided=run.config.guided)
    path = run.network_path(last) if whole else run.policy_path(last, condition)
    return hashlib.sha256(atomic.read_bytes(path)).hexdigest()
