"""A MuJoCo world for a task."""
