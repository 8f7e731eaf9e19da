"""Which of a run's policies is meant."""

POLICY_KINDS = ("best", "local", "global")
"""The local policies or the global one; ``best`` is the global one where there is one."""
