"""Which files a model's file names: included ones, attached models and assets.

Where MuJoCo looks for them depends on the kind of reference and on MuJoCo's version: beside the
model's own file or beside the included one that names it, below a directory that the compiler's
section gives or not. All these places are looked at, and whatever lies in one of them is kept: a
file too many does no harm, for the model is then compiled from the files that were kept alone.
"""

from __future__ import annotations

import os.path
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

import mujoco

from pilqr_ros.tasks.errors import TaskError

_DIRECTORIES = ("meshdir", "texturedir", "assetdir")


class NamedFile(NamedTuple):
    """A file that a text of a model names.

    Attributes:
        file: Its name as it stands there.
        beside: Folder of the text.
        is_asset: Whether it is a mesh, a texture or the like, and no text.
    """

    file: str
    beside: str
    is_asset: bool = True


@dataclass
class ModelTexts:
    """A model's file and all that it includes.

    Attributes:
        folder: Folder of the model's own file.
        included: Files that are included.
        attached: Models that can be attached: models of their own.
        assets: Meshes, height fields, textures and the like.
        directories: Where the compiler's sections say that assets are.
        strips: Whether assets are named with paths that do not count.
    """

    folder: str
    included: list[NamedFile] = field(default_factory=list)
    attached: list[NamedFile] = field(default_factory=list)
    assets: list[NamedFile] = field(default_factory=list)
    directories: set[str] = field(default_factory=set)
    strips: bool = False

    def add(self, path: str, content: bytes) -> None:
        """Add what one text names.

        Raises:
            ElementTree.ParseError: It is no XML.
        """
        beside = os.path.dirname(path)  # noqa: PTH120
        for element in ElementTree.fromstring(content).iter():
            of_texts = {"include": self.included, "model": self.attached}
            named = of_texts.get(element.tag, self.assets)
            for key, file in element.attrib.items():
                if key.startswith("file"):
                    named.append(NamedFile(file, beside, element.tag not in of_texts))
            if element.tag == "compiler":
                self.directories |= {element.get(name, "") for name in _DIRECTORIES}
                self.strips = element.get("strippath", str(self.strips)).lower() == "true"

    def add_meshes(self, spec: mujoco.MjSpec) -> None:
        """Add the meshes of a parsed model that is no MJCF and names them in its own way."""
        self.assets += [NamedFile(mesh.file, self.folder) for mesh in spec.meshes]
        self.directories.add(spec.meshdir)
        self.strips = bool(spec.strippath)


def existing(root: Path, texts: ModelTexts, reference: NamedFile, key: str) -> Iterator[str]:
    """Yield the files in a folder that a reference may mean, by their paths in it.

    Raises:
        TaskError: It may mean one outside the folder.
    """
    stripped = reference.is_asset and texts.strips
    file = PurePath(reference.file).name if stripped else reference.file
    directories = {"", *texts.directories} if reference.is_asset else {""}
    places = {
        os.path.normpath(os.path.join(beside, directory, file))  # noqa: PTH118
        for beside in (texts.folder, reference.beside)
        for directory in directories
    }
    inside = {place for place in places if is_inside(place)}
    found = sorted(place for place in inside if (root / place).is_file())
    for place in sorted(places - inside):
        if not found or (root / place).is_file():
            raise outside(root, place, key)
    yield from found


def is_inside(path: str) -> bool:
    """Tell whether a normal path does not lead out of its folder."""
    return not PurePath(path).is_absolute() and PurePath(path).parts[:1] != ("..",)


def outside(root: Path, path: str, key: str) -> TaskError:
    """Return the error that refuses a path that leads out of a folder."""
    return TaskError(key, f"uses {path!r}; every file of a model must lie in its folder, {root}")
