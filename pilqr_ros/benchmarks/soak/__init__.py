"""Faults injected into the running graph, and what came of them: `make soak`."""
