"""Text on a page."""

import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.page.text import Text, toned

HOSTILE = "<script>alert(1)</script>{1+1}\x1b[2J"


@pytest.mark.parametrize(
    "show",
    [
        lambda text: text.show(HOSTILE),
        lambda text: text.show_lines([HOSTILE, HOSTILE]),
        lambda text: text.show_table([{"a": toned(HOSTILE)}]),
    ],
)
def test_what_a_stranger_wrote_is_shown_as_it_is(gui, show):
    text = Text(gui)
    show(text)
    assert "<script" not in text._handle.content
    assert "&lt;script&gt;" in text._handle.content
    assert "\x1b" not in text._handle.content


def test_a_place_without_text_takes_no_room(gui):
    text = Text(gui)
    text.show("something")
    assert text._handle.visible
    text.show("")
    assert not text._handle.visible


def test_a_table_has_a_row_for_each_row(gui):
    text = Text(gui)
    text.show_table([{"input": "a", "age": "1"}, {"input": "b", "age": "2"}])
    assert text._handle.content.count("<tr>") == 2
    assert text._handle.content.count("<td>") == 4
