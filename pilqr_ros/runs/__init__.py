"""A run on disk: its configuration, rollouts, policies and reports, complete after any kill."""
