import base64
from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure

from pilqr_ros.report.picture import Picture, some_of


@pytest.fixture
def picture():
    figure = Figure()
    figure.subplots().plot([1, 2], [3, 4])
    return Picture("line", "A line", "It rises.", figure)


def test_a_picture_is_saved_by_its_name(picture, tmp_path):
    path = picture.save(tmp_path)
    assert path == tmp_path / "line.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_an_address_holds_the_whole_figure_as_a_vector_graphic(picture):
    kind, _, data = picture.data_address().partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert ET.fromstring(base64.b64decode(data)).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_figure_has_the_same_address(picture):
    assert picture.data_address() == picture.data_address()


@pytest.mark.parametrize(
    ("count", "shown"), [(1, [0]), (3, [0, 1, 2]), (26, [0, 5, 10, 15, 20, 25])]
)
def test_some_iterations_are_the_first_the_last_and_a_few_between(count, shown):
    assert some_of(count) == shown
