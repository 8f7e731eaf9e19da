"""The base of every error that this package raises on purpose."""


class PilqrError(Exception):
    """Something went wrong that the message explains to the user."""
