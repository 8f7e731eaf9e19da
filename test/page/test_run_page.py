"""The page of a run, and what a real browser shows of it."""

import json
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("viser", reason="viser is not installed")

from pilqr_ros.diagnosis import diagnose
from pilqr_ros.page.run_page import RunPage
from pilqr_ros.page.server import address, open_server
from pilqr_ros.runs.run_store import open_run


@contextmanager
def served(store):
    """Serve the page of a run and give its address."""
    server, ended = open_server(0, title="pilqr view"), threading.Event()
    page = RunPage(server, store)

    def work():
        while not ended.is_set():
            page.work()

    thread = threading.Thread(target=work)
    thread.start()
    yield address(server)
    ended.set()
    thread.join()
    server.stop()


@pytest.fixture(scope="module")
def page(run):
    with served(run) as where:
        yield where


@pytest.mark.parametrize("size", [{}, {"width": 390, "height": 844}], ids=["desktop", "phone"])
def test_scene_and_curves_are_seen_and_no_request_leaves_the_machine(page, run, visit, size):
    found = diagnose(run)
    said = found[0].kind if found else "nothing stands out"
    seen = visit(page, **size)
    seen.read("2 of 2 iterations finished")
    seen.read("rollout 0")
    assert seen.colors("canvas") > 50
    seen.tab("Learning")
    seen.read("cost: median and range")
    assert seen.colors(".uplot canvas") > 5
    seen.tab("Update")
    seen.read("KL step of LQR-FLM")
    seen.tab("Diagnosis")
    seen.page.get_by_role("button", name="what stands out so far?").click()
    seen.read(said)
    assert seen.hosts == {"127.0.0.1"}
    assert seen.errors == []


def test_another_rollout_is_shown_when_it_is_chosen_and_plays(page, visit):
    seen = visit(page)
    seen.read("rollout 0")
    seen.box(1).fill("2")
    seen.page.keyboard.press("Enter")
    seen.read("rollout 2")
    seen.page.get_by_role("button", name="play").click()
    step = seen.box(2)
    seen.page.wait_for_function("box => Number(box.value) > 3", arg=step.element_handle())
    seen.page.get_by_role("button", name="pause").click()


def test_a_run_that_goes_on_is_followed_and_a_damaged_file_of_it_is_told(run, visit, tmp_path):
    own = tmp_path / "run"
    shutil.copytree(run.directory, own, ignore=shutil.ignore_patterns("iteration_002"))
    late = own / "iteration_001" / "condition_0" / "report.json"
    report = late.read_text()
    for path in own.glob("iteration_001/*/report.json"):
        path.unlink()
    with served(open_run(own)) as where:
        seen = visit(where)
        seen.read("1 of 2 iterations finished")
        seen.box(0).fill("0")
        seen.box(1).fill("1")
        seen.read("rollout 1")  # it is there, at its first step
        seen.box(2).fill("7")
        late.write_text(report)
        seen.read("2 of 2 iterations finished")
        assert [seen.box(n).input_value() for n in (0, 1, 2)] == [
            "0",
            "1",
            "7",
        ]  # what is looked at stays
        (own / "iteration_001" / "condition_2" / "report.json").write_text(json.dumps({}))
        seen.read("cannot be read")


def test_the_page_reads_each_report_once(run, monkeypatch):
    read, load = [], RunPage._read_reports.__globals__["load_report"]

    def counting(path: Path, conditions: int):
        read.append(path)
        return load(path, conditions)

    monkeypatch.setitem(RunPage._read_reports.__globals__, "load_report", counting)
    server = open_server(0)
    page = RunPage(server, run)
    for _ in range(3):
        page._follow()
    server.stop()
    assert len(read) == len(set(read)) == 4
