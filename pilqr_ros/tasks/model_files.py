"""The files that a task's models are made of, so that a run can keep them.

A model file may include others and name meshes, textures and height fields. All of them must lie in
the folder in which the model was found, so that they can be stored by their path in it.
"""

from __future__ import annotations

import os.path
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path, PurePath

import mujoco

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.schema import Models

_PACKAGE_FOLDER = Path(__file__).parent / "models"


def find_model(name: str, key: str, folder: Path | None) -> Path:
    """Return the folder in which a model file lies.

    Args:
        name: Path of the file in that folder.
        key: Key of the task file that names it, for errors.
        folder: Where the task file lies; this folder and its ``models`` come before the package's.

    Raises:
        TaskError: There is no such file.
    """
    own = [] if folder is None else [folder, folder / "models"]
    candidates = [*own, _PACKAGE_FOLDER]
    for candidate in candidates:
        if (candidate / name).is_file():
            return candidate
    looked = ", ".join(str(candidate / name) for candidate in candidates)
    raise TaskError(key, f"{name!r} not found; looked at {looked}")


def read_model_files(models: Models, folder: Path | None = None) -> dict[str, bytes]:
    """Return the content of every file of a task's models by its path in its folder.

    Args:
        models: The section of a task file.
        folder: Where the task file lies.

    Raises:
        TaskError: A file cannot be read or lies outside the folder of its model.
    """
    files = {}
    for role in ("scene", "robot", "tool"):
        name = getattr(models, role)
        if name is None:
            continue
        key = f"models.{role}"
        root = find_model(name, key, folder)
        for path in _paths(root, PurePath(name), key):
            files[path] = _read(root, path, key)
    return files


def _paths(root: Path, name: PurePath, key: str) -> Iterator[str]:
    """Yield the paths of a model and of all it uses; they are relative to the model's own."""
    for used in (name.name, *_included(root / name, name.name, key), *_assets(root / name)):
        yield os.path.normpath(name.parent / used)


def _included(model: Path, name: str, key: str) -> Iterator[str]:
    """Yield the files that a file of a model includes, and those that they include."""
    try:
        tree = ElementTree.parse(model.parent / name)
    except (OSError, ElementTree.ParseError) as error:
        raise TaskError(key, f"{model.parent / name} cannot be read: {error}") from error
    for element in tree.iter("include"):
        included = element.get("file", "")
        yield included
        yield from _included(model, included, key)


def _assets(model: Path) -> Iterator[str]:
    """Yield the meshes, height fields, skins and textures of a model."""
    spec = mujoco.MjSpec.from_file(str(model))
    meshes = [item.file for item in (*spec.meshes, *spec.hfields, *spec.skins)]
    textures = [name for item in spec.textures for name in (item.file, *item.cubefiles)]
    for directory, names in ((spec.meshdir, meshes), (spec.texturedir, textures)):
        for name in filter(None, names):
            yield os.path.join(directory, PurePath(name).name if spec.strippath else name)  # noqa: PTH118


def _read(root: Path, path: str, key: str) -> bytes:
    """Return the content of a file after checking that it lies in the folder."""
    if PurePath(path).is_absolute() or PurePath(path).parts[0] == "..":
        problem = f"uses {path!r}; every file of a model must lie in its folder, {root}"
        raise TaskError(key, problem)
    try:
        return (root / path).read_bytes()
    except OSError as error:
        raise TaskError(key, f"{root / path} cannot be read: {error}") from error
