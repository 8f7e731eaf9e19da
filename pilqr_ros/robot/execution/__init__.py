"""Executing a policy once: the runner, the rollout and its records, its cost."""
