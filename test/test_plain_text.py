"""What a stranger wrote is shown as text, whatever it tries to be."""

from matplotlib.figure import Figure

from pilqr_ros.errors import PilqrError
from pilqr_ros.plain_text import in_figure, in_markdown, printable

HOSTILE = "a\x1b[2J\n[ERROR] b\r\x07\x9b\u202ec\udc80"


def test_what_does_not_print_is_written_out():
    assert printable(HOSTILE) == r"a\x1b[2J\n[ERROR] b\r\x07\x9b\u202ec\udc80"
    assert printable("Grüße, λ=0.5, 日本") == "Grüße, λ=0.5, 日本"
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


def test_both_ends_of_a_long_text_are_kept():
    shown = printable("begin" + "x" * 10**6 + "end", max_length=100)
    assert shown.startswith("begin")
    assert shown.endswith("end")
    assert "(999908 more characters)" in shown


def test_an_error_is_one_line_that_prints():
    assert str(PilqrError(HOSTILE)).isprintable()


def test_markdown_shows_names_as_they_are():
    shown = in_markdown("<script>|# *x*\n[a](b)`")
    assert shown == r"&lt;script&gt;\|\# \*x\* \[a\](b)\`"


def test_a_dollar_begins_no_formula(tmp_path):
    figure = Figure()
    figure.suptitle(in_figure(r"$\no_such_command{$ \x1b"))
    figure.savefig(tmp_path / "a.png")
