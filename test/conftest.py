"""What the tests see depends neither on the terminal, nor on the machine's load, nor on chance."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, settings

# Before the command line is imported, which looks at them once.
os.environ["COLUMNS"] = "120"
for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

HERE = Path(__file__).parent


def pytest_xdist_auto_num_workers(config):
    """Two for all tests; a part of them runs in this process, where it begins sooner."""
    return 2 if all(Path(argument).resolve() == HERE for argument in config.args) else 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep what belongs together with one worker: a file, and the tests of the nodes themselves.

    These wait for nodes more than they compute, and the largest group is begun first: the other
    worker has the core that they leave, and two of them never delay each other's control loops.
    """
    for item in items:
        folder = item.path.parent
        group = folder if folder == HERE / "nodes" else item.path
        item.add_marker(pytest.mark.xdist_group(group.relative_to(HERE).as_posix()))


ARM = """<mujoco model="arm"><compiler angle="radian"/>
<default><joint axis="0 0 1" armature="1"/><geom contype="0" conaffinity="0"/></default>
<worldbody><body name="upper"><joint name="j1"/><geom type="capsule"
fromto="0 0 0 .1 0 0" size=".01"/>
<body name="lower" pos=".1 0 0"><joint name="j2"/><geom type="capsule"
fromto="0 0 0 .1 0 0" size=".01"/>
<site name="tip" pos=".1 0 0"/></body></body></worldbody>
<actuator><motor name="j1" joint="j1"/><motor name="j2" joint="j2"/></actuator>
</mujoco>"""
SCENE = """<mujoco model="scene">
<option timestep="0.01"/>
<worldbody><body name="target" mocap="true"><geom size=".01" contype="0" conaffinity="0"/></body>
</worldbody></mujoco>"""
TASK = """
name: two_joints
models: {scene: scene.xml, robot: arm.xml}
control: {rate: 20, steps: 20}
joints:
  - {name: j1, torque_limit: 20, torque_rate_limit: 40}
  - {name: j2, torque_limit: 20, torque_rate_limit: 40}
state:
  - {name: q, kind: joint_positions}
  - {name: qd, kind: joint_velocities}
  - {name: tip, kind: point_position, of: tip}
cost: {terms: [{name: near, of: tip, minus: target, alpha: 0.0, beta: 1.0}]}
success: {of: tip, minus: target, within: 0.02}
conditions:
  - {name: c, joints: [0, 0], bodies: {target: [.1, .1, 0]}, targets: {target: [.1, .1, 0]}}
initial_policy: {kind: hold, stiffness: [1, 1], damping: [1, 1], torque_std: [1, 1]}
learning: {rollouts: 5, iterations: 2}
"""


@pytest.fixture
def two_joints(tmp_path):
    """Return a function that loads a task of an arm of two joints after edits of its files.

    Each edit is a pair of texts, what stands there and what replaces it; or, of the task, a
    function of its parsed content.
    """

    def load(arm=("", ""), scene=("", ""), edit=None):
        from pilqr_ros.tasks import load_task  # not before the settings above

        for name, text, (old, new) in (("arm", ARM, arm), ("scene", SCENE, scene)):
            assert old in text
            (tmp_path / f"{name}.xml").write_text(text.replace(old, new, 1) if old else text)
        content = yaml.safe_load(TASK)
        if edit is not None:
            edit(content)
        (tmp_path / "two_joints.yaml").write_text(yaml.safe_dump(content))
        return load_task(tmp_path / "two_joints.yaml")

    return load
