"""The files in ``config`` and the user's own: found by name or by path.

Nothing here reads a task, so that whoever needs a path alone waits neither for MuJoCo nor for the
checks of a file.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from pilqr_ros.foreign_file import is_file
from pilqr_ros.tasks.errors import ConfigError

_SOURCE_CONFIG = Path(__file__).parents[2] / "config"
_PIP_CONFIG = Path(sys.prefix) / "share" / "pilqr_ros" / "config"


def task_from_anywhere(name_or_path: str) -> str:
    """Return what names the same task in whichever folder: a name, or a file's whole path.

    Raises:
        ConfigError: There is no such task.
    """
    if not _is_path(name_or_path):
        return name_or_path
    return str(find_config(name_or_path, "task").absolute())


def find_config(name: str, kind: str, folder: str = "") -> Path:
    """Return the path of a configuration file that is given by its name or its path.

    Args:
        name: A name, or a path (with a slash or ending in ``.yaml``).
        kind: What errors call it.
        folder: Where named ones lie below ``config``.

    Raises:
        ConfigError: There is none; the message lists those that there are.
    """
    if _is_path(name):
        with contextlib.suppress(RuntimeError):  # nobody has the home that it names
            path = Path(name).expanduser()
            if is_file(path):
                return path
        raise ConfigError("", f"{kind} file {name!r} does not exist")
    for parent in _config_folders():
        path = parent / folder / f"{name}.yaml"
        if is_file(path):
            return path
    known = ", ".join(config_names(folder))
    here = [end for end in (".yaml", ".yml") if is_file(Path(f"{name}{end}"))]
    meant = f"did you mean ./{name}{here[0]}? " if here else ""
    raise ConfigError("", f"no {kind} {name!r}; {meant}{kind}s: {known}, or a path to a file")


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name


def shipped_file(name: str) -> Path:
    """Return the path of a file that comes with the package, given by its name below ``config``.

    Raises:
        ConfigError: It is not there.
    """
    for parent in _config_folders():
        if (parent / name).is_file():
            return parent / name
    raise ConfigError("", f"config/{name} is missing: build the package again")


def config_names(folder: str = "") -> list[str]:
    """Return the names of the files that come with the package, tasks by default."""
    return sorted(
        {path.stem for one in _config_folders() for path in (one / folder).glob("*.yaml")}
    )


def _config_folders() -> list[Path]:
    """Return those there are: of the built ROS package, of the source tree, of a pip install."""
    folders = [_SOURCE_CONFIG, _PIP_CONFIG]
    try:
        from ament_index_python.packages import get_package_share_directory
    except ImportError:
        return folders
    # The package may not be installed, or no ROS environment sourced.
    with contextlib.suppress(LookupError, OSError):
        folders.insert(0, Path(get_package_share_directory("pilqr_ros")) / "config")
    return [folder for folder in folders if folder.is_dir()]
