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

from pilqr_ros.foreign_file import is_file, read_foreign
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.schema import Models

MAX_BYTES = 64 * 2**20
"""Larger files of a model than this are refused [bytes]."""

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
        if is_file(candidate / name):
            return candidate
    looked = ", ".join(str(candidate / name) for candidate in candidates)
    raise TaskError(key, f"{name!r} not found; looked at {looked}")


def parse_model(path: Path, key: str) -> mujoco.MjSpec:
    """Parse an MJCF file.

    Raises:
        TaskError: It is not valid.
    """
    try:
        return mujoco.MjSpec.from_file(str(path))
    except ValueError as error:
        raise TaskError(key, f"MuJoCo cannot read {path}: {error}") from error


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
    yield from _texts(root, name, key)
    for asset in _assets(root / name, key):
        yield os.path.normpath(name.parent / asset)


def _texts(root: Path, name: PurePath, key: str) -> list[str]:
    """Return the paths of a model's file and of all that it includes, directly or not."""
    found = [os.path.normpath(name)]
    for path in found:  # which grows meanwhile
        tree = _parse(root, path, key)
        included = [element.get("file", "") for element in tree.iter("include")]
        # As MuJoCo does it: relative to the model's own file, wherever the including one lies.
        paths = [os.path.normpath(name.parent / one) for one in included]
        found += [one for one in dict.fromkeys(paths) if one not in found]
    return found


def _parse(root: Path, path: str, key: str) -> ElementTree.ElementTree:
    """Parse a file of a model."""
    content = _read(root, path, key)
    try:
        return ElementTree.ElementTree(ElementTree.fromstring(content))
    except Exception as error:  # of an encoding, too, that nobody knows
        raise TaskError(key, f"{root / path} cannot be read: {error}") from error


def _assets(model: Path, key: str) -> Iterator[str]:
    """Yield the meshes, height fields, skins and textures of a model."""
    spec = parse_model(model, key)
    meshes = [item.file for item in (*spec.meshes, *spec.hfields, *spec.skins)]
    textures = [name for item in spec.textures for name in (item.file, *item.cubefiles)]
    for directory, names in ((spec.meshdir, meshes), (spec.texturedir, textures)):
        for name in filter(None, names):
            yield os.path.join(directory, PurePath(name).name if spec.strippath else name)  # noqa: PTH118


def _read(root: Path, path: str, key: str) -> bytes:
    """Return the content of a file after checking where it lies and how large it is."""
    _check_inside(root, path, key)
    try:
        return read_foreign(root / path, MAX_BYTES)
    except OSError as error:
        raise TaskError(key, f"{root / path} cannot be read: {error}") from error


def _check_inside(root: Path, path: str, key: str) -> None:
    """Refuse a path that leads out of the folder."""
    if PurePath(path).is_absolute() or PurePath(path).parts[:1] == ("..",):
        problem = f"uses {path!r}; every file of a model must lie in its folder, {root}"
        raise TaskError(key, problem)
