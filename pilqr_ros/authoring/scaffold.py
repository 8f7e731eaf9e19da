"""Writing the first task file for a robot: it loads, and it trains."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import mujoco
import numpy as np

from pilqr_ros.authoring.choices import ANYWHERE, Choices, Places, choose
from pilqr_ros.authoring.copies import COPIES_FILE, copies_text
from pilqr_ros.authoring.errors import AuthoringError
from pilqr_ros.authoring.json_schema import schema_text
from pilqr_ros.authoring.probe import Probe
from pilqr_ros.authoring.robot_files import AS_IT_IS, Adaptation, of_option, robot_files
from pilqr_ros.authoring.task_text import SCHEMA_FILE, TARGET_BODY, Names, scene_text, task_text
from pilqr_ros.tasks import Task
from pilqr_ros.tasks.errors import TaskError
from pilqr_ros.tasks.model_files import laid_out, read_model_files
from pilqr_ros.tasks.models import build_robot_model, element_names, short_name
from pilqr_ros.tasks.motors import motor_limits
from pilqr_ros.tasks.schema import Models

_NAME = r"[a-z][a-z0-9_]*"
_ADAPT = "; --adapt writes a copy of the model that fits"


class NewTask(NamedTuple):
    """A task that was written.

    Attributes:
        path: Its file.
        files: All files that were written.
        choices: What it begins with.
        copies: Models' files that were copied, by the paths of their copies in the folder.
    """

    path: Path
    files: tuple[Path, ...]
    choices: Choices
    copies: Mapping[Path, Path]


def new_task(
    name: str,
    robot: Path,
    *,
    folder: Path,
    scene: Path | None = None,
    adapt: bool = False,
    wanted: Adaptation = AS_IT_IS,
    places: Places = ANYWHERE,
) -> NewTask:
    """Write a task file for a robot, and beside it the models that it needs.

    What lies in the folder already, or in its ``models``, is read where it is; all else is copied.

    Args:
        name: The task's name.
        robot: The robot's model, MJCF or URDF.
        folder: Where the task file goes; its models go into ``models`` there.
        scene: The scene; none for a floor and a target.
        adapt: Whether the robot's model is adapted first: motors, compensated weight.
        wanted: Joints and site that are to be moved; none for all that have motors, and for the
            only site. Torque limits of an adapted copy.
        places: Where the tip starts and where it is to be brought.

    Raises:
        AuthoringError: The model lacks something, the name is none, or a file is in the way.
        TaskError: The scene's or the robot's model is not valid.
    """
    if re.fullmatch(_NAME, name) is None:
        raise AuthoringError(f"name is {name!r}, expected small letters, digits and _")
    robot_name, files = robot_files(robot, name, adapt, wanted)
    with laid_out(files) as root:
        alone = build_robot_model(Models(scene=robot_name, robot=robot_name), root)
    joints, site = wanted.joints or _joints(alone), _site(alone, wanted.site)
    _check_motors(alone, joints)
    scene_name, scene_files = _scene(name, scene, alone)
    models = Models(scene=scene_name, robot=robot_name)
    files = {**files, **scene_files}
    with laid_out(files) as root:
        probe = Probe(models, root, joints, site)
    choices = choose(probe, site, places)
    bodies = element_names(probe.model, mujoco.mjtObj.mjOBJ_BODY)
    names = Names(name, scene_name, robot_name, site, joints, TARGET_BODY in bodies)
    text = task_text(names, choices, probe.efforts)
    path = folder / f"{name}.yaml"
    placed = {Path(path.name): text.encode(), **_in_models(files)}
    with laid_out({str(file): content for file, content in placed.items()}) as root:
        Task.from_text(text, folder=root, origin=str(path))  # before anything is written
    copies = _copies(files, (robot, scene), folder)
    kept = {Path(COPIES_FILE): copies_text(folder, copies).encode()} if copies else {}
    here = {Path("models") / name for name in files if _is_beside(folder, name, files[name])}
    written = _write({one: placed[one] for one in placed if one not in here}, folder)
    for file, content in {**kept, Path(SCHEMA_FILE): schema_text().encode()}.items():
        (folder / file).write_bytes(content)
    return NewTask(path, (*written, folder / SCHEMA_FILE), choices, copies)


def _copies(
    files: Mapping[str, bytes], models: Sequence[Path | None], folder: Path
) -> dict[Path, Path]:
    """Return which files are copies of which: those of the models' folders that are not beside.

    Args:
        files: Content of all files by their paths in their models' folders.
        models: Robot and scene, as they were given.
        folder: The task's.
    """
    found = {}
    for name, content in files.items():
        for model in models:
            original, copy = None if model is None else model.parent / name, Path("models") / name
            if original is None or not original.is_file() or _is_beside(folder, name, content):
                continue
            is_there = original.resolve() == (folder / copy).resolve()
            if not is_there and original.read_bytes() == content:
                found[copy] = original
    return found


def _is_beside(folder: Path, name: str, content: bytes) -> bool:
    """Tell whether a model's file lies in the task's folder, where it is looked for first.

    Raises:
        AuthoringError: Another file of that name does: it would be read instead.
    """
    there = folder / name
    if not there.is_file():
        return False
    if there.read_bytes() != content:
        raise AuthoringError(
            f"{there} exists and is another file, which would be read before models/{name}:"
            " remove it, or rename it"
        )
    return True


def _joints(robot: mujoco.MjModel) -> tuple[str, ...]:
    """Return the joints that a robot's actuators drive, in their order.

    Raises:
        AuthoringError: There are none.
    """
    driven = []
    for i in range(len(robot.actuator_trntype)):
        if robot.actuator_trntype[i] == mujoco.mjtTrn.mjTRN_JOINT:
            driven.append(short_name(robot.joint(robot.actuator_trnid[i, 0]).name))
    if not driven:
        raise AuthoringError(
            'the robot\'s model has no actuator of a joint: write <actuator><motor name="J"'
            f' joint="J" ctrlrange="-T T"/></actuator> for each joint J{_ADAPT}'
        )
    return tuple(dict.fromkeys(driven))


def _check_motors(robot: mujoco.MjModel, joints: tuple[str, ...]) -> None:
    """Check that each joint has a motor of its name, with a limit.

    Raises:
        AuthoringError: One has not; the message says for all of them what to write.
    """
    wrong = [name for name in joints if _is_no_motor(robot, name)]
    if wrong:
        raise AuthoringError(
            f"no plain motor with a torque limit: {', '.join(wrong)}; each joint J needs"
            f' <motor name="J" joint="J" ctrlrange="-T T"/> with gear 1, T its torque limit{_ADAPT}'
        )


def _is_no_motor(robot: mujoco.MjModel, joint: str) -> bool:
    names = [name for name in element_names(robot, mujoco.mjtObj.mjOBJ_ACTUATOR) if name == joint]
    if len(names) != 1:
        return True
    prefixed = [robot.actuator(i).name for i in range(len(robot.actuator_trntype))]
    index = [short_name(name) for name in prefixed].index(joint)
    plain = (
        robot.actuator_biastype[index] == mujoco.mjtBias.mjBIAS_NONE
        and robot.actuator_dyntype[index] == mujoco.mjtDyn.mjDYN_NONE
        and robot.actuator_gainprm[index, 0] * robot.actuator_gear[index, 0] == 1.0
    )
    return not plain or not np.isfinite(motor_limits([joint], robot)[0])


def _site(robot: mujoco.MjModel, site: str) -> str:
    """Return the site that is moved.

    Raises:
        AuthoringError: There is none of this name, or it must be said which.
    """
    sites = element_names(robot, mujoco.mjtObj.mjOBJ_SITE)
    if not sites:
        last = element_names(robot, mujoco.mjtObj.mjOBJ_BODY)[-1]
        raise AuthoringError(
            'the robot\'s model has no site: write <site name="tip"/> into the body that is to be'
            f" moved; `--adapt --site BODY` puts one at the origin of a body, {last!r} perhaps"
        )
    if site in sites:
        return site
    if not site and len(sites) == 1:
        return sites[0]
    problem = f"--site: the robot has no site {site!r}" if site else "say by --site what is moved"
    raise AuthoringError(f"{problem}; there are: {', '.join(sites)}")


def _scene(name: str, scene: Path | None, robot: mujoco.MjModel) -> tuple[str, dict[str, bytes]]:
    """Return the name of the scene's file, and the files that it is made of."""
    if scene is not None:
        file = scene.name
        try:
            return file, read_model_files(Models(scene=file, robot=file), scene.parent)
        except TaskError as error:
            raise of_option(error, "--scene") from error
    data = mujoco.MjData(robot)
    mujoco.mj_forward(robot, data)
    solid = robot.geom_contype | robot.geom_conaffinity
    lowest = np.min(data.geom_xpos[:, 2] - robot.geom_rbound, where=solid > 0, initial=0.0)
    floor = 0.0 if lowest > -0.2 else float(np.floor(10.0 * lowest) / 10.0)
    size = max(2.0 * float(robot.stat.extent), 0.3)
    file = f"{name}_scene.xml"
    return file, {file: scene_text(name, floor, size).encode()}


def _in_models(files: Mapping[str, bytes]) -> dict[Path, bytes]:
    return {Path("models") / path: content for path, content in files.items()}


def _write(files: Mapping[Path, bytes], folder: Path) -> tuple[Path, ...]:
    """Write files; one that is there already must be the same.

    Raises:
        AuthoringError: Another one is there.
        OSError: One cannot be written; those written before it are removed again.
    """
    for path, content in files.items():
        there = folder / path
        if there.exists() and there.read_bytes() != content:
            raise AuthoringError(f"{there} exists and is another file: remove it, or rename it")
    new = [path for path in files if not (folder / path).exists()]
    begun: list[Path] = []
    try:
        for path in new:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            begun.append(folder / path)
            (folder / path).write_bytes(files[path])
    except OSError:
        for there in begun:
            there.unlink(missing_ok=True)
        raise
    return tuple(folder / path for path in new)
