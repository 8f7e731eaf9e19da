"""Whose nodes are found."""

import os

import pytest

from pilqr_ros.nodes.graph import discovery


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
    monkeypatch.delenv(discovery.VARIABLE, raising=False)
    if said is not None:
        monkeypatch.setenv(discovery.VARIABLE, said)
    discovery.limit_discovery(choice)
    assert os.environ[discovery.VARIABLE] == expected
