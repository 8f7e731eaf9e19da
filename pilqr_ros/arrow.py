"""pyarrow, which is imported only by whoever writes or reads a Parquet file."""

from __future__ import annotations

from typing import Any

from pilqr_ros.errors import PilqrError


def arrow_and_parquet(refusal: type[PilqrError]) -> tuple[Any, Any]:
    """Return the modules `pyarrow` and `pyarrow.parquet`.

    Args:
        refusal: The error to raise where they are not installed.

    Raises:
        PilqrError: The refusal; the message says what to install.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise refusal("tables need pyarrow: pip install 'pilqr_ros[tables]'") from error
    return pyarrow, pyarrow.parquet
