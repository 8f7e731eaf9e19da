"""The files that a task's models are made of, so that a run can keep them.

A model's file may include others, attach models and name meshes, textures and height fields. All of
them must lie in the folder in which the model was found, so that they can be stored by their path
in it. A task's models are compiled from what is stored and nothing else: a run that is opened again
compiles the same bytes.
"""

from __future__ import annotations

import os.path
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import mujoco

from pilqr_ros.foreign_file import is_file, read_foreign
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.model_references import ModelTexts, NamedFile, existing, is_inside, outside
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


def parse_model(root: Path, name: str, key: str) -> mujoco.MjSpec:
    """Parse a model's file in a folder.

    Raises:
        TaskError: It is not valid.
    """
    try:
        return mujoco.MjSpec.from_file(str(root / name))
    except ValueError as error:
        raise TaskError(key, f"MuJoCo cannot read {name}: {told(error, root)}") from error


def told(error: ValueError, root: Path | None = None) -> str:
    """Return what MuJoCo says of a model, in one line.

    Args:
        error: What it raised.
        root: The folder that the files lie in; paths are told as they are in it.
    """
    text = str(error) if root is None else str(error).replace(f"{root}/", "")
    return ", ".join(line.strip() for line in text.splitlines() if line.strip())


def read_model_files(models: Models, folder: Path | None = None) -> dict[str, bytes]:
    """Return the content of every file of a task's models by its path in its folder.

    Args:
        models: The section of a task file.
        folder: Where the task file lies.

    Raises:
        TaskError: A file cannot be read, lies outside the folder of its model, or is another one
            than that which another of the models has under the same path.
    """
    files: dict[str, bytes] = {}
    for role in ("scene", "robot", "tool"):
        name = getattr(models, role)
        if name is None:
            continue
        key = f"models.{role}"
        root = find_model(name, key, folder)
        for path, content in _Reading(root, key).read(os.path.normpath(name)).items():
            if files.setdefault(path, content) != content:
                problem = f"{root / path} and a file that another of the models uses differ"
                raise TaskError(key, f"{problem}; a run keeps one file of the name {path!r}")
    return files


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield a folder for a while that holds these files and nothing else.

    Raises:
        TaskError: One cannot be written: there is no room, or the like.
    """
    with tempfile.TemporaryDirectory(prefix="pilqr-models-") as name:
        root = Path(name)
        for path, content in files.items():
            try:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
            except OSError as error:
                problem = f"{root / path} cannot be written to compile them: {error.strerror}"
                raise TaskError("models", problem) from error
        yield root


class _Reading:
    """Reads a model, all that it attaches, and all the files that these use."""

    def __init__(self, root: Path, key: str) -> None:
        """Read nothing yet of models in a folder, which a key of the task file names."""
        self._root = root
        self._key = key
        self._files: dict[str, bytes] = {}
        self._models: dict[str, ModelTexts] = {}

    def read(self, name: str) -> dict[str, bytes]:
        """Return the content of all files of a model by their paths.

        All texts come first: MuJoCo parses none of them before it is known where they lie.
        """
        self._read_model(name)
        for model, texts in self._models.items():
            if _is_robot(self._files[model]):
                texts.add_meshes(parse_model(self._root, model, self._key))
        parse_model(self._root, name, self._key)
        for texts in self._models.values():
            for reference in texts.assets:
                for path in existing(self._root, texts, reference, self._key):
                    self._read(path)
        return self._files

    def _read_model(self, name: str) -> None:
        """Read a model's file, what it includes and attaches, each once."""
        texts = self._models[name] = ModelTexts(os.path.dirname(name))  # noqa: PTH120
        self._read_text(name, texts)
        seen = {name}
        for reference in texts.included:  # which grows meanwhile
            for path in self._existing(texts, reference):
                if path not in seen:
                    seen.add(path)
                    self._read_text(path, texts)
        for reference in texts.attached:
            for path in self._existing(texts, reference):
                if path not in self._models:
                    self._read_model(path)

    def _existing(self, texts: ModelTexts, reference: NamedFile) -> list[str]:
        """Return the files that an included file or an attached model may be, at least one."""
        found = list(existing(self._root, texts, reference, self._key))
        if not found:
            path = self._root / reference.beside / reference.file
            raise TaskError(self._key, f"{path} cannot be read: there is no such file")
        return found

    def _read_text(self, path: str, texts: ModelTexts) -> None:
        """Read a text of a model and note what it names."""
        content = self._read(path)
        try:
            texts.add(path, content)
        except (ElementTree.ParseError, LookupError, ValueError) as error:  # an unknown encoding
            raise TaskError(self._key, f"{self._root / path} cannot be read: {error}") from error

    def _read(self, path: str) -> bytes:
        """Return the content of a file, read once, after checking where it lies and its size."""
        if not is_inside(path):
            raise outside(self._root, path, self._key)
        if path not in self._files:
            self._files[path] = self._content(self._root / path)
        return self._files[path]

    def _content(self, path: Path) -> bytes:
        try:
            return read_foreign(path, MAX_BYTES)
        except OSError as error:
            raise TaskError(self._key, f"{path} cannot be read: {error}") from error


def _is_robot(content: bytes) -> bool:
    """Tell whether a model is a URDF."""
    return ElementTree.fromstring(content).tag == "robot"
