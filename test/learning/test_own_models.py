"""A run of a task with models of its user's own needs nothing but its own folder."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

import pilqr_ros.tasks
from pilqr_ros.evaluation.policy_evaluation import EvaluationConfig, PolicyEvaluator
from pilqr_ros.evaluation.video import film_evaluation
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.errors import TrainingStopped
from pilqr_ros.learning.training import Trainer
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.run_store import create_run, open_run
from pilqr_ros.simulation.errors import RenderError
from pilqr_ros.tasks import load_task

MODELS = Path(pilqr_ros.tasks.__file__).parent / "models"


def tetrahedron():
    """Return a small mesh as a binary STL file."""
    corners = 0.1 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype="<f4")
    faces = np.zeros(4, dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("end", "<u2")])
    faces["corners"] = corners[[[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]]
    return bytes(80) + np.uint32(4).tobytes() + faces.tobytes()


@pytest.fixture
def own_task(tmp_path):
    """Return the path of a task file with a scene of its own: an include and a mesh in folders."""
    folder = tmp_path / "own"
    (folder / "parts").mkdir(parents=True)
    (folder / "meshes").mkdir()
    (folder / "meshes" / "cone.stl").write_bytes(tetrahedron())
    (folder / "parts" / "cone.xml").write_text(
        '<mujoco><asset><mesh name="cone" file="cone.stl"/></asset><worldbody>'
        '<geom type="mesh" mesh="cone" pos="0 1 2" contype="0" conaffinity="0"/>'
        "</worldbody></mujoco>"
    )
    extra = '<compiler meshdir="meshes"/><include file="parts/cone.xml"/>'
    scene = (MODELS / "pusher.xml").read_text().replace("<asset>", f"{extra}<asset>", 1)
    (folder / "table.xml").write_text(scene)
    content = yaml.safe_load(load_task("pusher").source)
    content["name"] = "own"
    content["models"]["scene"] = "table.xml"
    content["control"]["steps"] = 20
    (folder / "own.yaml").write_text(yaml.safe_dump(content))
    return folder / "own.yaml"


def train(store, stop_after=None):
    def should_stop():
        return stop_after is not None and store.iterations_finished >= stop_after

    task = store.task
    trainer = Trainer(store, InProcessCollector(task), TaskCostEvaluator(task))
    trainer.should_stop = should_stop
    trainer.run()


def test_a_run_keeps_every_file_of_its_models(own_task, tmp_path):
    config = RunConfig("own", "pi2", 1, 2, 0, (0,))
    run = create_run(tmp_path / "runs", load_task(own_task), config).directory
    stored = {str(path.relative_to(run / "models")) for path in run.rglob("models/**/*.*")}
    assert stored == {"table.xml", "parts/cone.xml", "meshes/cone.stl", "pusher_arm.xml"}


def test_a_run_goes_on_after_its_tasks_folder_is_gone(own_task, tmp_path):
    config = RunConfig("own", "pi2", iterations=2, rollouts=4, seed=0, conditions=(0,))
    whole = create_run(tmp_path / "whole", load_task(own_task), config)
    train(whole)
    store = create_run(tmp_path / "runs", load_task(own_task), config)
    with pytest.raises(TrainingStopped):
        train(store, stop_after=1)
    shutil.rmtree(own_task.parent)

    resumed = open_run(store.directory)
    train(resumed)
    np.testing.assert_array_equal(resumed.policy(2, 0)[0].k, whole.policy(2, 0)[0].k)

    task = resumed.task
    evaluator = PolicyEvaluator(resumed, InProcessCollector(task), TaskCostEvaluator(task))
    assert len(evaluator.run(EvaluationConfig(rollouts=1))) == 1
    try:
        assert film_evaluation(resumed).stat().st_size > 0
    except RenderError as error:
        pytest.skip(str(error))


def test_a_change_of_the_users_models_leaves_the_run_as_it_was(own_task, tmp_path):
    config = RunConfig("own", "pi2", 1, 2, 0, (0,))
    run = create_run(tmp_path / "runs", load_task(own_task), config).directory
    scene = own_task.parent / "table.xml"
    scene.write_text(scene.read_text().replace('damping="0.07"', 'damping="0.7"'))
    before, after = open_run(run).task.world_model, load_task(own_task).world_model
    assert before.dof_damping.min() == 0.07
    assert after.dof_damping.min() > 0.07
