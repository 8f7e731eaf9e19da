"""Bringing the arm to a start: the check of a start and the slow motion towards it."""
