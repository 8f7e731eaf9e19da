"""What annotations allow, in words."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from pilqr_ros.tasks.annotations import Allowed


class Arm(BaseModel):
    """A record."""

    mass: Annotated[float, Field(gt=0)]
    places: dict[str, tuple[float, ...]] = {}
    tool: str | None = None


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool, "true or false"),
        (int | None, "a whole number"),
        (Annotated[float, Field(gt=0)], "a number more than 0"),
        (Annotated[float, Field(ge=0, le=1)], "a number from 0 to 1"),
        (Annotated[int, Field(ge=1)] | None, "a whole number at least 1"),
        (Annotated[str, Field(pattern="^a$")], "text of the form ^a$"),
        (Annotated[str, Field(pattern="^a$", description="an a")], "an a"),
        (Literal["x", "y"], "one of x, y"),
        (tuple[float, float], "a list of 2 numbers"),
        (
            Annotated[tuple[int, ...], Field(min_length=3, max_length=3)],
            "a list of 3 whole numbers",
        ),
        (tuple[Literal["x", "y"], ...], "a list of some of x, y"),
        (tuple[Arm, ...], "a list of sections"),
        (float | tuple[float, ...] | None, "a number or a list of numbers"),
        (dict[str, bool], "names, each with true or false"),
        (dict[str, Any], "names, each with a value"),
        (Arm, "a section with the keys mass, places, tool"),
    ],
)
def test_what_is_allowed_is_said_in_words(annotation, words):
    assert str(Allowed.by(annotation)) == words


def test_a_path_is_followed_to_what_is_allowed_there():
    assert str(Allowed.by(Arm).followed(("places", "here", 2))[1]) == "a number"
    assert Allowed.by(Arm).followed(("places", "here", 2, "more"))[1] is None
    assert Allowed.by(Arm).followed(("nothing",))[1] is None


def test_a_path_ends_where_a_value_may_be_of_several_kinds():
    followed, allowed = Allowed.by(dict[str, float | Arm]).followed(("a", "Arm", "mass"))
    assert followed == ("a",)
    assert str(allowed) == "a number or a section with the keys mass, places, tool"
