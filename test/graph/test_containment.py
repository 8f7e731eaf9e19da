"""Who reaches a node over a network: two network namespaces stand for two machines.

Another machine names this one as its peer, which ROS 2's limit of discovery does not keep out.
"""

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from pilqr_ros.graph import discovery
from pilqr_ros.tasks.config_files import shipped_file

HERE, THERE = "10.77.0.1", "10.77.0.2"
READY = 10.0
"""For the kernel to make a namespace, and for a process to end [s]."""

LISTENER = """
import sys
from functools import partial
from rclpy.node import Node
from pilqr_ros.nodes.runtime.running import run
sys.exit(run(partial(Node, "listener")))
"""

SEEKER = """
import sys, time, rclpy
wanted, seconds = set(sys.argv[1].split()), float(sys.argv[2])
rclpy.init()
node = rclpy.create_node("seeker")
end = time.monotonic() + seconds
while not wanted <= set(node.get_node_names()) and time.monotonic() < end:
    time.sleep(0.05)
time.sleep(1.0)  # whoever else is reached has as long as this to show up
print(*node.get_node_names())
"""


@contextmanager
def ended(process):
    try:
        yield process
    finally:
        process.kill()
        process.wait(READY)


def network(pid):
    """Return what the kernel calls the network of a process."""
    return Path(f"/proc/{pid}/ns/net").readlink()


def enter(pid):
    """Return the beginning of a command line that runs the rest on a process's machine."""
    return ["nsenter", "-t", str(pid), "-U", "-n", "-m", "--preserve-credentials"]


def connect(here, there):
    """Join two machines by a cable; the memory that they share is taken away."""
    commands = [
        (here, f"ip link add cable type veth peer name plug netns {there}"),
        (here, f"ip addr add {HERE}/24 dev cable"),
        (here, "ip link set cable up"),
        (there, f"ip addr add {THERE}/24 dev plug"),
        (there, "ip link set plug up"),
    ]
    for pid in (here, there):
        commands += [(pid, "ip link set lo up"), (pid, "mount -t tmpfs tmpfs /dev/shm")]
    for pid, line in commands:
        subprocess.run([*enter(pid), *line.split()], check=True, capture_output=True, text=True)


def is_connected(pid, end):
    """Tell whether the kernel has seen that the other end of the cable is up, too."""
    line = [*enter(pid), "ip", "-o", "link", "show", "dev", end]
    return "LOWER_UP" in subprocess.run(line, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def machines(wait_until):
    """Two machines on one cable, as what runs a command line there."""
    apart = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sleep", "600"]
    with ExitStack() as stack:
        try:
            here = stack.enter_context(ended(subprocess.Popen(apart))).pid
            wait_until(lambda: network(here) != network("self"), "its own network", READY)
            line = [*enter(here), "unshare", "--net", "--mount", "sleep", "600"]
            there = stack.enter_context(ended(subprocess.Popen(line))).pid
            known = {network("self"), network(here)}
            wait_until(lambda: network(there) not in known, "a second network", READY)
            connect(here, there)
            for pid, end in ((here, "cable"), (there, "plug")):
                wait_until(partial(is_connected, pid, end), "a cable", READY)
        except (OSError, AssertionError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or error
            pytest.skip(f"this machine makes no network namespaces: {said}")
        yield SimpleNamespace(here=enter(here), there=enter(there))


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    """Files of profiles of a user's own: one that limits nothing, and the shipped one for a net."""
    folder = tmp_path_factory.mktemp("profiles")
    anything, network = folder / "anything.xml", folder / "network.xml"
    anything.write_text('<dds xmlns="http://www.eprosima.com"/>')
    shipped = shipped_file("dds/robot_network.xml").read_text()
    assert "<address>192.168.1.10</address>" in shipped
    network.write_text(shipped.replace("192.168.1.10", HERE))
    return SimpleNamespace(anything=str(anything), network=str(network))


def environment(**said):
    """Return this one's without what is said of discovery, but for what is given."""
    ours = {discovery.VARIABLE, *discovery.PROFILES}
    return {name: value for name, value in os.environ.items() if name not in ours} | said


@pytest.fixture(scope="module")
def listeners(machines, profiles):
    """Nodes on one machine: by default, let loose by a user's file, and on a robot's network."""
    variable = discovery.PROFILES[0]
    kinds = {
        "contained": environment(ROS_STATIC_PEERS=THERE),
        "loose": environment(**{variable: profiles.anything}),
        "on_net": environment(**{variable: profiles.network}),
    }
    with ExitStack() as stack:
        for name, said in kinds.items():
            line = [sys.executable, "-c", LISTENER, "--ros-args", "-r", f"__node:={name}"]
            stack.enter_context(ended(subprocess.Popen([*machines.here, *line], env=said)))
        yield set(kinds)


def seen(machine, wanted, seconds, said):
    """Return the nodes that a bare ROS 2 process on a machine finds."""
    line = [*machine, sys.executable, "-c", SEEKER, " ".join(wanted), str(seconds)]
    done = subprocess.run(line, env=said, check=True, capture_output=True, text=True, timeout=60)
    return set(done.stdout.split())


def test_another_machine_that_names_this_one_reaches_no_node_unless_it_is_let(machines, listeners):
    here = seen(machines.here, listeners, 20, environment())
    assert here >= listeners  # they run, and this machine's own processes find them
    there = seen(machines.there, {"loose", "on_net"}, 20, environment(ROS_STATIC_PEERS=HERE))
    assert there == {"seeker", "loose", "on_net"}
