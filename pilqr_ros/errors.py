"""The base of every error that this package raises on purpose."""

from pilqr_ros.error_code import ErrorCode
from pilqr_ros.plain_text import printable


class PilqrError(Exception):
    """Something went wrong that the message explains to the user.

    The message is one line and safe to show, whatever a stranger's file or message put in it.

    Attributes:
        code: What it is, for programs: by its class, unless an error says otherwise of itself.
    """

    code: ErrorCode = ErrorCode.INTERNAL

    @property
    def lines(self) -> list[str]:
        """The message, a line for each thing that is wrong."""
        return [str(self)]

    def __str__(self) -> str:
        """Return the message with everything that does not print written out."""
        return printable(super().__str__())
