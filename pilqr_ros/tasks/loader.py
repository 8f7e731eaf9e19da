"""Finding task files."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.task import Task

_SOURCE_CONFIG = Path(__file__).parents[2] / "config"


def load_task(name_or_path: str | Path) -> Task:
    """Load a task by name (``hockey``) or by the path of its file (``my_tasks/door.yaml``).

    Raises:
        TaskError: There is no such file, or it is not valid.
    """
    path = _find(str(name_or_path))
    return Task.from_text(path.read_text(encoding="utf-8"), folder=path.parent, origin=str(path))


def task_names() -> list[str]:
    """Return the names of the tasks that come with the package."""
    files = {path.stem for folder in _config_folders() for path in folder.glob("*.yaml")}
    return sorted(files)


def _find(name: str) -> Path:
    """Return the path of a task file."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name).expanduser()
        if path.is_file():
            return path
        raise TaskError("", f"task file {name!r} does not exist")
    for folder in _config_folders():
        path = folder / f"{name}.yaml"
        if path.is_file():
            return path
    raise TaskError("", f"no task {name!r}; tasks: {', '.join(task_names())}, or a path to a file")


def _config_folders() -> list[Path]:
    """Return the installed package's folder, if there is one, and the source tree's."""
    folders = [_SOURCE_CONFIG]
    try:
        from ament_index_python.packages import get_package_share_directory
    except ImportError:
        return folders
    # The package may not be installed, or no ROS environment sourced.
    with contextlib.suppress(LookupError, OSError):
        folders.insert(0, Path(get_package_share_directory("pilqr_ros")) / "config")
    return [folder for folder in folders if folder.is_dir()]
