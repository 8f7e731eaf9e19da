"""Public names of a package whose modules are imported only when a name is asked for.

A node that needs one type of the mathematics does not wait for all of it, nor for scipy.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def listed(modules: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a package's ``__all__``: its public names, in order (arguments as `public_names`)."""
    return sorted(name for names in modules.values() for name in names)


def public_names(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__`` (PEP 562).

    Args:
        package: Its full name.
        modules: Public names by the full name of the module that they are in.
    """
    where = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:  # noqa: ANN401
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(where[name]), name)

    return get
