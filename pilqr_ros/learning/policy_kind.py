"""Which of a run's policies is meant."""

from typing import Literal, get_args

PolicyKind = Literal["best", "local", "global"]
"""The local policies or the global one; ``best`` is the global one where there is one."""

POLICY_KINDS: tuple[str, ...] = get_args(PolicyKind)
