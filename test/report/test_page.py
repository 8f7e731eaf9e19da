import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from pilqr_ros.diagnosis import Judgement
from pilqr_ros.report import page
from pilqr_ros.report.page import render, write_report
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_store import RunStore

NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Reader(HTMLParser):
    """Reads a page: its addresses, its texts, and whether its elements are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.anchors, self.texts, self.open = [], [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in {"src", "href", "action", "data", "srcset"}:
                self.addresses.append(value)
            if name == "id":
                self.anchors.add(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def text(run):
    return render(run, NOW)


@pytest.fixture(scope="module")
def read(text):
    return Reader(text)


@pytest.fixture
def few(monkeypatch):
    """Let pages have no pictures, which take long to draw."""
    monkeypatch.setattr(page, "pictures_of", lambda store: iter(()))


def test_a_page_asks_nobody_for_anything(read, text):
    assert all(re.match(r"data:image/svg\+xml;base64,|#", one) for one in read.addresses)
    assert not {"script", "link", "iframe", "object"} & set(read.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_a_page_is_well_formed_and_its_links_lead_somewhere(read):
    assert read.open == []
    inner = {one[1:] for one in read.addresses if one.startswith("#")}
    assert inner == read.anchors


def test_a_page_holds_every_picture_of_the_run(read):
    assert read.tags.count("img") == 9


def test_a_page_holds_the_task_file_and_the_versions(read, run):
    shown = "".join(read.texts)
    assert (run.directory / "task.yaml").read_text() in shown
    assert "mujoco" in shown
    assert "27 November 2026, 06:30 UTC" in shown


def test_a_page_has_a_row_for_each_iteration_and_condition(read):
    assert "6 rows" in read.texts


def test_what_stands_out_is_told_with_what_to_try(run, few, monkeypatch):
    one = Judgement("two_modes", "left", "5 of 10 < 6", "less `noise` & <b>rest</b>")
    monkeypatch.setattr(page, "diagnose", lambda store: (one,))
    text = render(run, NOW)
    assert "<strong>two_modes</strong> (left): 5 of 10 &lt; 6." in text
    assert "Try: less <code>noise</code> &amp; &lt;b&gt;rest&lt;/b&gt;." in text
    assert "Nothing stands out" not in text


def test_a_run_of_which_nothing_stands_out_says_so(run, few, monkeypatch):
    monkeypatch.setattr(page, "diagnose", lambda store: ())
    assert "Nothing stands out." in Reader(render(run, NOW)).texts


def test_a_name_is_a_name_whatever_it_holds(run, few, monkeypatch):
    card = {**page.describe(run), "description": "<script>x</script>\x1b[2J"}
    monkeypatch.setattr(page, "describe", lambda store: card)
    text = render(run, NOW)
    assert "&lt;script&gt;x&lt;/script&gt;\\x1b[2J" in text
    assert "<script" not in text


def test_a_run_that_started_from_another_says_from_where_and_how_to_do_so_again(run, few):
    origin = Origin("a run", iteration=7, noise_scale=0.25, prior_iterations=1)
    started = RunStore(run.directory, run.task, replace(run.config, origin=origin))
    texts = Reader(render(started, NOW)).texts
    assert str(origin) in texts[texts.index("started from") :]
    assert any(origin.options in each for each in texts)
    assert "started from" not in Reader(render(run, NOW)).texts


def test_a_report_goes_into_the_run_or_where_it_is_asked_for(own_run, few, tmp_path):
    assert write_report(own_run) == own_run.directory / "report.html"
    path = write_report(own_run, tmp_path / "other.html")
    assert path.read_text().startswith("<!DOCTYPE html>")
