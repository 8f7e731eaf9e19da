"""What a command imports, and how it ends while it does."""

import os
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pilqr_ros import __version__
from pilqr_ros.cli.command import app

RUN = """
import atexit, sys
atexit.register(lambda: print("imported", *sys.modules))
sys.argv = ["pilqr", *sys.argv[1:]]
from pilqr_ros.cli import main
main()
"""

INTERRUPTED_AT = """
import importlib.abc, os, signal, sys

_, module, number, *arguments = sys.argv

class Interrupter(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), getattr(signal, number))

sys.meta_path.insert(0, Interrupter())
from pilqr_ros.cli import main
sys.argv = ["pilqr", *arguments]
main()
"""

WITHOUT = """
import importlib, importlib.abc, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from pilqr_ros.cli.command import Commands
for module in sorted(set(Commands.MODULES.values())):
    importlib.import_module(module)
"""

OPTIONAL = (
    "rclpy", "torch", "gymnasium", "stable_baselines3", "sb3_contrib", "cmaes", "viser", "imageio",
    "pyarrow", "ray", "tensorboardX", "wandb",
)  # fmt: skip

HEAVY = {"matplotlib", "mujoco", "scipy", "rich.progress"}


def run(program, *arguments, **options):
    """Run a program in a ROS domain that nobody else uses, and return how it ended."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"ROS_DOMAIN_ID": "229"},
        **options,
    )


def imported(ended):
    """Return the names of all that a program had imported at its end."""
    return set(ended.stdout.rpartition("imported ")[2].split())


def test_each_command_is_there_without_ros_and_the_libraries_that_need_not_be_installed():
    ended = run(WITHOUT, *OPTIONAL)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        ["train", "hockey", "--in-process", "--runs"],
        ["peers", "reacher", "--directory"],
        ["experiment", "hockey", "--directory"],
    ],
)
def test_results_are_not_to_be_kept_where_a_file_is(command, tmp_path):
    (tmp_path / "notes").write_text("mine")
    result = CliRunner().invoke(app, [*command, str(tmp_path / "notes")])
    assert result.exit_code == 2
    assert "is a file" in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["guard", "halt"], "'halt' is nothing to do with the guard"),
        (["execute", "--stop", "--wait", "0"], "there is no policy_server"),
    ],
)
def test_what_stops_a_robot_waits_for_no_library_that_it_does_not_need(command, says):
    ended = run(RUN, *command)
    assert says in ended.stderr
    modules = imported(ended)
    assert "rclpy" in modules
    assert modules & HEAVY == set()


def test_what_confirms_a_reset_waits_for_none_either():
    told = run("import sys, pilqr_ros.clients.operator; print('imported', *sys.modules)")
    assert "rclpy" in imported(told)
    assert imported(told) & HEAVY == set()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_every_command_is_called_is_told_without_any_of_them(option):
    ended = run(RUN, option)
    assert ended.returncode == 0
    assert imported(ended) & (HEAVY | {"numpy", "rclpy"}) == set()


def test_the_version_is_told():
    assert f"pilqr_ros {__version__}\n" in run(RUN, "--version").stdout


def test_a_command_looks_for_no_window(monkeypatch, tmp_path):
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    modules = imported(run(RUN, "runs", tmp_path))
    assert "mujoco" in modules
    assert "glfw" not in modules


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("module", "command"),
    [("typer", ["--help"]), ("mujoco", ["runs", "."]), ("rclpy.node", ["guard", "halt"])],
)
def test_an_interruption_amid_the_imports_is_silent(module, command, number):
    ended = run(INTERRUPTED_AT, module, number, *command)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_an_interruption_that_the_shell_keeps_from_a_command_does_not_end_it():
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    ended = run(INTERRUPTED_AT, "typer", "SIGINT", "--version", preexec_fn=ignore)
    assert (ended.returncode, ended.stderr) == (0, "")
