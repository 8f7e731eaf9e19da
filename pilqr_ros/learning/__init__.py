"""Learning from rollouts: collecting, updating, and the run on disk."""
