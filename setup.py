import re
from pathlib import Path

from setuptools import find_packages, setup

NAME = "pilqr_ros"
HERE = Path(__file__).resolve().parent  # colcon links this file from its build folder
NODES = [
    "cost_evaluator",
    "effort_guard",
    "learner",
    "mujoco_bridge",
    "policy_server",
    "recorder",
    "robot_reset",
    "scene_publisher",
    "state_estimator",
    "trajectory_executor",
]
CONFIG = ["config"]
CONFIG += [f"config/{of}" for of in ("dds", "foxglove", "robots", "ros2_control", "rviz", "sros2")]
EXTRAS = {
    "torch": {"torch"},
    "video": {"imageio", "imageio-ffmpeg"},
    "view": {"viser"},
    "gym": {"gymnasium"},
    "tensorboard": {"tensorboardX"},
    "wandb": {"wandb"},
    "ray": {"ray"},
    "peers": {"cmaes", "stable-baselines3", "sb3-contrib"},
    "tables": {"pyarrow"},
}
"""What only some commands require, such as those that make videos, pages or logs."""


def requirements() -> dict[str, list[str]]:
    """Return the requirements of each extra; those of the package itself are called ``""``."""
    files = (HERE / "requirements" / name for name in ("runtime.txt", "wandb.txt", "ray.txt"))
    text = re.sub("#.*", "", "".join(file.read_text() for file in files))
    found: dict[str, list[str]] = {name: [] for name in ("", *EXTRAS)}
    for line in filter(None, map(str.strip, text.splitlines())):
        library = re.split("[=<>;]", line)[0].strip()
        extra = next((name for name, of in EXTRAS.items() if library in of), "")
        found[extra].append(line)
    return found


def files(folder: str, pattern: str) -> list[str]:
    return sorted(str(path) for path in Path(folder).glob(pattern))


NEEDED = requirements()

setup(
    name=NAME,
    version="0.1.0",
    description="Trajectory-centric reinforcement learning (PILQR) for torque-controlled arms",
    license="Apache-2.0",
    maintainer="pilqr_ros maintainers",
    maintainer_email="maintainers@example.com",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={f"{NAME}.tasks": ["models/*"], f"{NAME}.report": ["page.html"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", files("launch", "*.launch.py")),
        *((f"share/{NAME}/{folder}", files(folder, "*.*")) for folder in CONFIG),
        ("bin", ["bin/pilqr"]),
    ],
    python_requires=">=3.11",
    install_requires=NEEDED.pop(""),
    extras_require=NEEDED,
    zip_safe=False,
    entry_points={
        "console_scripts": [
            f"pilqr = {NAME}.cli:main",
            *(f"{node} = {NAME}.nodes.{node}:main" for node in NODES),
        ],
    },
)
