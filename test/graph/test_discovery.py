"""Whose nodes are found, and by whom nodes are reached."""

import os
import shutil

import pytest

from pilqr_ros.graph import discovery
from pilqr_ros.tasks.config_files import shipped_file


@pytest.fixture(autouse=True)
def silent_environment(monkeypatch):
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    for variable in (discovery.VARIABLE, *discovery.PROFILES):
        monkeypatch.setenv(variable, "")  # restored afterwards, whatever a test does to it
        monkeypatch.delenv(variable)


@pytest.mark.parametrize(
    ("said", "choice", "expected"),
    [
        (None, "auto", "LOCALHOST"),
        ("SUBNET", "auto", "SUBNET"),
        ("SUBNET", "localhost", "LOCALHOST"),
        (None, "subnet", "SUBNET"),
    ],
)
def test_nodes_of_other_machines_are_found_only_if_asked_for(said, choice, expected, monkeypatch):
    if said is not None:
        monkeypatch.setenv(discovery.VARIABLE, said)
    discovery.limit_discovery(choice)
    assert os.environ[discovery.VARIABLE] == expected
    ours = str(shipped_file("dds/this_machine.xml"))
    named = [os.environ[variable] for variable in discovery.PROFILES if variable in os.environ]
    assert named == ([ours] if expected == "LOCALHOST" else [])


def test_the_file_is_named_once_as_the_distribution_reads_it(monkeypatch):
    discovery.limit_discovery()
    assert "FASTRTPS_DEFAULT_PROFILES_FILE" not in os.environ
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    discovery.limit_discovery()
    assert "FASTDDS_DEFAULT_PROFILES_FILE" not in os.environ
    assert os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"].endswith("this_machine.xml")


def test_the_subnet_is_reached_from_a_shell_that_was_limited_to_this_machine(monkeypatch, tmp_path):
    copied = shutil.copy(shipped_file("dds/this_machine.xml"), tmp_path / "of_another_checkout.xml")
    for variable in discovery.PROFILES:
        monkeypatch.setenv(variable, str(copied))
    discovery.limit_discovery("subnet")
    assert not {*discovery.PROFILES} & {*os.environ}


@pytest.mark.parametrize("choice", ["localhost", "subnet"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_users_own_profiles_stay_alone_and_are_told(order, choice, monkeypatch, tmp_path):
    own = tmp_path / "own.xml"
    own.write_text("<dds/>")
    variable, other = discovery.PROFILES[::order]
    monkeypatch.setenv(variable, str(own))
    discovery.limit_discovery(choice)
    assert os.environ[variable] == str(own)
    assert other not in os.environ
    assert str(own) in discovery.describe_reach()
