"""A simulator that diverges fails the rollout, and nothing of it is learned from."""

from pathlib import Path

import pytest
import yaml

import pilqr_ros.tasks
from pilqr_msgs.action import TrainLocal
from pilqr_ros.clients.learner_client import LearnerClient
from pilqr_ros.error_code import ErrorCode
from pilqr_ros.graph import NODES
from pilqr_ros.learning.sampling import MAX_ATTEMPTS
from pilqr_ros.learning.seeds import rollout_seed
from pilqr_ros.runs.rollout_files import load_rollout
from pilqr_ros.tasks import load_task

MODELS = Path(pilqr_ros.tasks.__file__).parent / "models"
BOMB = """<body name="bomb" pos="0 0 3">
  <joint name="bomb" type="slide" axis="0 0 1" stiffness="1e9" springref="0.1"/>
  <geom type="sphere" size="0.01" mass="0.001" contype="0" conaffinity="0"/>
</body>"""
"""A spring that is far too stiff for the physics' time step."""


@pytest.fixture
def unstable(tmp_path):
    """Return the path of a task whose world diverges in the first step."""
    content = yaml.safe_load(load_task("hockey").source)
    content["models"]["scene"] = "unstable.xml"
    scene = (MODELS / "hockey.xml").read_text()
    assert scene.count("</worldbody>") == 1
    (tmp_path / "unstable.xml").write_text(scene.replace("</worldbody>", f"{BOMB}</worldbody>"))
    (tmp_path / "unstable.yaml").write_text(yaml.safe_dump(content))
    return tmp_path / "unstable.yaml"


def test_what_diverges_is_kept_with_its_reason_and_never_learned_from(
    unstable, run_nodes, fresh_domain, tmp_path
):
    names = tuple(spec.name for spec in NODES)
    with (
        run_nodes(*names, task=str(unstable), runs_directory=str(tmp_path / "runs")),
        LearnerClient() as learner,
    ):
        goal = TrainLocal.Goal(method="pilqr", iterations=1, rollouts=2, seed=7, conditions=[0])
        result = learner.train(goal, lambda _: None)
    assert not result.success
    assert f"{MAX_ATTEMPTS} rollouts failed in a row" in result.message
    assert result.error_code == ErrorCode.POLICY_REFUSED
    folder = Path(result.run_directory) / "iteration_000" / "condition_0"
    assert not list(folder.glob("rollout_??.npz"))
    # The one without noise is executed first.
    kept = [load_rollout(path) for path in sorted(folder.glob("rollout_01.invalid_*.npz"))]
    seeds = [rollout_seed(7, 0, 0, 1, n) for n in range(MAX_ATTEMPTS)]
    assert [one.seed for one in kept] == seeds
    for one in kept:
        assert "of bomb is" in one.reason
        assert not one.valid
        assert not one.interrupted
