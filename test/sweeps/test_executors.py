"""Every executor does the same with the same jobs, whatever happens to its processes."""

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
import sweep_jobs
from sweep_jobs import note

from pilqr_ros.sweeps.executor import MAX_DEATHS, SweepError
from pilqr_ros.sweeps.process_pool import ProcessPool
from pilqr_ros.sweeps.ray_cluster import RayCluster


@pytest.fixture(scope="module")
def cluster():
    """The address of a Ray cluster of two cores; what does the jobs is as if it were installed."""
    skip_without_ray()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = [str(Path(sweep_jobs.__file__).parent), *filter(None, sys.path)]
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    own["RAY_USAGE_STATS_ENABLED"] = "0"
    start = ["-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}"]
    options = ["--num-cpus=2", "--include-dashboard=false", "--node-ip-address=127.0.0.1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
            environment[name] = value
        head = subprocess.Popen(
            [sys.executable, *start, *options], env=environment, start_new_session=True
        )
        try:
            wait_for(lambda: is_listening(port) or head.poll() is not None, 60.0)
            yield f"127.0.0.1:{port}"
        finally:
            head.terminate()
            with suppress(subprocess.TimeoutExpired):
                head.wait(60.0)
            with suppress(ProcessLookupError):
                os.killpg(head.pid, signal.SIGKILL)


@pytest.fixture(params=["pool", "ray"])
def executor(request):
    """Return each executor, of two processes."""
    if request.param == "pool":
        return ProcessPool(2)
    return RayCluster(request.getfixturevalue("cluster"))


def skip_without_ray():
    if importlib.util.find_spec("ray") is None:  # it reads its token as it is imported
        pytest.skip("ray is not installed")


def is_listening(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def done(executor, folder, *names):
    with closing(executor.do(note, [(folder, name) for name in names])) as ended:
        return {name: problem for (_, name), problem in ended}


def begun(folder):
    return Counter({path.name: len(path.read_text().split()) for path in folder.iterdir()})


def test_every_job_is_done_once_and_what_went_wrong_is_told(executor, tmp_path):
    names = ["wrong", *"abcdefg"]
    assert done(executor, tmp_path, *names) == {name: "" for name in names} | {
        "wrong": "ValueError: it went wrong"
    }
    assert begun(tmp_path) == Counter(names)


def test_a_job_whose_process_dies_is_done_again_and_no_other_is(executor, tmp_path):
    names = ["a", "unlucky", "b", "c", "d"]
    assert done(executor, tmp_path, *names) == dict.fromkeys(names, "")
    assert begun(tmp_path) == Counter(names) + Counter(["unlucky"])


def test_a_job_that_kills_its_process_is_given_up_and_the_others_are_done(executor, tmp_path):
    found = done(executor, tmp_path, "deadly", "a", "b")
    assert found == {"deadly": f"its process died {MAX_DEATHS} times", "a": "", "b": ""}
    assert begun(tmp_path) == Counter({"deadly": MAX_DEATHS, "a": 1, "b": 1})


def test_who_stops_early_leaves_no_process_behind(executor, tmp_path):
    jobs = [(tmp_path, name) for name in ("a", "endless", "endless too", "never begun")]
    with closing(executor.do(note, jobs)) as ended:
        assert next(ended) == (jobs[0], "")
        wait_for(lambda: begun(tmp_path)["endless too"] == 1 or begun(tmp_path)["endless"] == 1)
    pids = [int(path.read_text()) for path in tmp_path.glob("endless*")]
    wait_for(lambda: not any(map(is_alive, pids)))
    assert "never begun" not in begun(tmp_path)


def wait_for(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("executor", [ProcessPool(2), RayCluster("127.0.0.1:1")])
def test_without_jobs_nothing_is_started_and_nobody_is_asked(executor):
    assert list(executor.do(note, [])) == []


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SweepError, match=r"pilqr_ros\[ray\]"):
        next(RayCluster("auto").do(note, ["any"]))


def test_where_no_cluster_answers_the_address_is_named():
    skip_without_ray()
    with pytest.raises(SweepError, match=r"at '127\.0\.0\.1:1'"):
        next(RayCluster("127.0.0.1:1").do(note, ["any"]))
