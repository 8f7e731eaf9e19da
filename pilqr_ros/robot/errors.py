"""Errors of a robot's file."""

from pilqr_ros.tasks.errors import ConfigError


class RobotConfigError(ConfigError):
    """A robot's file does not fit; the message names key, value and what is allowed."""
