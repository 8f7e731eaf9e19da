"""What each node may say and hear, as an SROS2 policy; without ROS, so that it is printed anywhere.

``pilqr sros2-policy`` prints the shipped one, for nodes in a namespace if asked.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from pilqr_ros.graph.naming import check_namespace, full_name
from pilqr_ros.tasks.config_files import shipped_file

POLICY = "sros2/policy.xml"
"""The policy that comes with the package, for nodes without a namespace."""

ABSOLUTE = frozenset({"/clock", "/diagnostics", "/parameter_events", "/rosout", "/tf"})
"""Names that are the same in every namespace."""

_ELEMENTS = {
    "publishes": ("topic", "publish"),
    "subscribes": ("topic", "subscribe"),
    "serves": ("service", "reply"),
    "calls": ("service", "request"),
    "executes": ("action", "execute"),
    "commands": ("action", "call"),
}
"""Element and attribute of the policy for each field of `Access`."""


@dataclass(frozen=True)
class Access:
    """Full names of what a node uses: topics, services, actions."""

    publishes: frozenset[str] = frozenset()
    subscribes: frozenset[str] = frozenset()
    serves: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    executes: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()

    def beyond(self, allowed: Access) -> dict[str, frozenset[str]]:
        """Return what is used and not allowed, by field."""
        extra = {f.name: getattr(self, f.name) - getattr(allowed, f.name) for f in fields(self)}
        return {name: names for name, names in extra.items() if names}

    def within(self, namespace: str) -> Access:
        """Return what a node in a namespace uses, for one that uses this without any."""
        return Access(
            **{
                f.name: frozenset(
                    name if name in ABSOLUTE else full_name(namespace, name)
                    for name in getattr(self, f.name)
                )
                for f in fields(self)
            }
        )


def policy_in(namespace: str) -> str:
    """Return the text of the shipped policy for nodes in a namespace; without one, as it is.

    Raises:
        GraphError: The namespace is none.
    """
    check_namespace(namespace)
    nodes = read_policy(shipped_file(POLICY))
    moved = {name: access.within(namespace) for name, access in nodes.items()}
    return policy_text(moved, namespace)


def read_policy(path: Path) -> dict[str, Access]:
    """Return what a policy allows, by node."""
    policy = ElementTree.parse(path).getroot()
    return {profile.get("node", ""): _access(profile) for profile in policy.iter("profile")}


def policy_text(accesses: Mapping[str, Access], namespace: str = "") -> str:
    """Return a policy with an enclave for each node, named as the node in its namespace."""
    policy = ElementTree.Element("policy", version="0.2.0")
    enclaves = ElementTree.SubElement(policy, "enclaves")
    for name, access in accesses.items():
        enclave = ElementTree.SubElement(enclaves, "enclave", path=full_name(namespace, name))
        profiles = ElementTree.SubElement(enclave, "profiles")
        profile = ElementTree.SubElement(profiles, "profile", ns=full_name(namespace), node=name)
        for field, (kind, right) in _ELEMENTS.items():
            names = sorted(getattr(access, field))
            if not names:
                continue
            group = ElementTree.SubElement(profile, f"{kind}s", {right: "ALLOW"})
            for one in names:
                ElementTree.SubElement(group, kind).text = one
    ElementTree.indent(policy)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(policy, 'unicode')}\n"


def _access(profile: ElementTree.Element) -> Access:
    """Return what a profile allows."""
    allowed: dict[str, set[str]] = {field: set() for field in _ELEMENTS}
    for field, (kind, right) in _ELEMENTS.items():
        for group in profile.iter(f"{kind}s"):
            if group.get(right) == "ALLOW":
                allowed[field] |= {one.text or "" for one in group.iter(kind)}
    return Access(**{field: frozenset(names) for field, names in allowed.items()})
