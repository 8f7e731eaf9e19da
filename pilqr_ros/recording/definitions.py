"""Definitions of message types as rosbag2 stores them: with the definitions that they need.

Types of ROS come from the `rosbags` library, those of other packages from their installed files,
comments included, because these tell the units.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rosbags.typesys import Stores, get_types_from_msg, get_typestore

SEPARATOR = "=" * 80 + "\nMSG: "


class Definitions:
    """Knows message types by name, as ``pilqr_msgs/msg/State``."""

    def __init__(self, packages: Mapping[str, Path]) -> None:
        """Read the definitions of packages that are no part of ROS.

        Args:
            packages: Folder with the `.msg` files of each package, by its name.
        """
        self._store = get_typestore(Stores.ROS2_KILTED)
        self._texts: dict[str, str] = {}
        types = {}
        for package, folder in packages.items():
            for path in sorted(folder.glob("*.msg")):
                text = path.read_text()
                self._texts[f"{package}/{path.stem}"] = text
                types.update(get_types_from_msg(text, f"{package}/msg/{path.stem}"))
        self._store.register(types)

    def definition(self, name: str) -> str:
        """Return a type's definition, followed by those that it needs."""
        generated, _ = self._store.generate_msgdef(name, ros_version=2)
        first, *others = generated.split(SEPARATOR)
        sections = [self._texts.get(name.replace("/msg/", "/"), first)]
        for other in others:
            kind, _, text = other.partition("\n")
            sections.append(f"{kind}\n{self._texts.get(kind, text)}")
        return SEPARATOR.join(section.rstrip("\n") + "\n" for section in sections)

    def type_hash(self, name: str) -> str:
        """Return a type's hash (REP 2016)."""
        return self._store.hash_rihs01(name)
