"""Which of a run's policies is meant."""

POLICY_KINDS = ("best", "local", "global")
"""The local policies or the global one; ``best`` is the global one where there is one."""


def means_global(kind: str, *, guided: bool) -> bool:
    """Tell whether a kind means the global policy of a run.

    Args:
        kind: One of `POLICY_KINDS`.
        guided: Whether the run trains a global policy.
    """
    return guided and kind != "local"
