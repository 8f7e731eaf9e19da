"""The robots of a graph: one in its own namespace, or several in namespaces of their own."""

from __future__ import annotations

from pilqr_ros.graph.errors import GraphError
from pilqr_ros.graph.naming import check_namespace

MAX_ROBOTS = 16
"""Most robots of one graph; each is four processes or more."""

ALONE = ("",)
"""The names where there is one robot, which needs none: its nodes are in the graph's namespace."""


def robot_names(choice: str) -> tuple[str, ...]:
    """Return the names of a graph's robots, which are their namespaces within its own.

    Args:
        choice: How many there are, or their names separated by commas; empty for one.

    Raises:
        GraphError: It is neither.
    """
    text = choice.strip()
    if not text:
        return ALONE
    if text.isdecimal():
        if not 1 <= int(text) <= MAX_ROBOTS:
            raise _refusal(choice)
        return ALONE if int(text) == 1 else tuple(f"robot_{n + 1}" for n in range(int(text)))
    names = tuple(name.strip() for name in text.split(","))
    if len(set(names)) < len(names) or len(names) > MAX_ROBOTS or not all(names):
        raise _refusal(choice)
    for name in names:
        check_namespace(name)
        if "/" in name:
            raise _refusal(choice)
    return names


def per_robot(choice: str, names: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Return the value of an option for each robot.

    Args:
        choice: One value for all robots, or one for each in their order, separated by commas.
        names: The robots' names.
        what: The option.

    Raises:
        GraphError: There is another number of values.
    """
    values = tuple(value.strip() for value in choice.split(",")) if len(names) > 1 else (choice,)
    if len(values) == 1:
        return values * len(names)
    if len(values) != len(names):
        raise GraphError(
            f"{what} has {len(values)} values, expected one for all robots or one for each of "
            f"{', '.join(names)}"
        )
    return values


def _refusal(choice: str) -> GraphError:
    return GraphError(
        f"robots is {choice!r}, allowed is a number from 1 to {MAX_ROBOTS}, or as many different "
        "names without slashes, separated by commas"
    )
