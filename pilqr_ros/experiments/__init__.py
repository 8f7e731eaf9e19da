"""Comparisons, ablations and benchmarks."""
