import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from pilqr_ros.evaluation.figure_style import COLORS, figure_style, legend_below, line_look


def test_a_figure_has_the_colours_of_okabe_and_ito_and_leaves_others_alone():
    before = mpl.rcParams["axes.prop_cycle"]
    with figure_style():
        (line,) = Figure().subplots().plot([1, 2])
    assert line.get_color() == COLORS[0] == "#0072B2"
    assert mpl.rcParams["axes.prop_cycle"] == before


def test_no_two_of_many_lines_look_alike():
    looks = {tuple(line_look(index).items()) for index in range(32)}
    assert len(looks) == 32


@pytest.mark.parametrize(("lines", "legends"), [(1, 0), (2, 1)])
def test_a_legend_stands_below_where_there_is_more_than_one_line(lines, legends):
    figure = Figure(layout="constrained")
    axis = figure.subplots()
    for index in range(lines):
        axis.plot([1, 2], label=f"line {index}")
    legend_below(figure, axis)
    assert len(figure.legends) == legends
