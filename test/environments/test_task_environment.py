"""An episode is a rollout of training, told in Gymnasium's words."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from pilqr_ros.environments import ENVIRONMENTS, TaskEnvironment
from pilqr_ros.learning import InProcessCollector, TaskCostEvaluator
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.errors import TaskError


@pytest.fixture(scope="module")
def environment():
    made = TaskEnvironment("reacher")
    yield made
    made.close()


def follow(environment, policy, observation):
    """Execute a policy without noise; return the sum of rewards and the last step's answer."""
    noise, total = np.zeros(policy.dU), 0.0
    for t in range(policy.T):
        action = policy.act(t, observation[: policy.dX], noise)
        observation, reward, terminated, truncated, info = environment.step(action)
        total += reward
    return total, terminated, truncated, info


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_gymnasium_makes_each_environment_and_its_checker_passes(name):
    environment = gymnasium.make(f"pilqr_ros.environments:{name}").unwrapped
    check_env(environment, skip_render_check=True)
    assert environment.task.name == ENVIRONMENTS[name]
    environment.close()


def test_a_program_that_imports_gymnasium_alone_makes_one():
    program = (
        "import gymnasium\n"
        "made = gymnasium.make('pilqr_ros.environments:PilqrReacher-v0')\n"
        "print(made.reset(seed=0)[0].shape)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert said.returncode == 0, said.stderr
    made = TaskEnvironment("reacher")
    assert said.stdout.strip() == str(made.observation_space.shape)
    made.close()


@pytest.mark.parametrize("task", ["reacher", "hockey"])
def test_an_episode_pays_what_the_rollout_of_training_costs(task):
    task = load_task(task)
    environment = TaskEnvironment(task)
    observation, info = environment.reset(seed=3)
    condition = [one.name for one in task.conditions].index(info["condition"])
    policy = task.initial_policy(condition)
    total, terminated, truncated, outcome = follow(environment, policy, observation)
    rollout = InProcessCollector(task).collect(policy, condition, info["seed"], False, True)
    cost = TaskCostEvaluator(task).evaluate(rollout)
    assert total == pytest.approx(-cost.total, rel=1e-12)
    assert (terminated, truncated) == (False, True)
    assert outcome["success"] == cost.success
    assert outcome["distance"] == cost.distance


def test_the_observation_ends_with_the_targets_and_the_time(environment):
    task = environment.task
    observation, info = environment.reset(seed=0, options={"condition": task.conditions[1].name})
    assert info["condition"] == task.conditions[1].name
    targets = task.conditions[1].targets
    expected = [*np.concatenate([targets[name] for name in sorted(targets)]), 0.0]
    np.testing.assert_array_equal(observation[task.dX :], expected)
    observation, *_ = environment.step(np.zeros(task.dU))
    assert observation[-1] == pytest.approx(1 / task.T)


def test_the_same_seed_begins_the_same_episodes(environment):
    first, again = ([environment.reset(seed=5), environment.reset()] for _ in range(2))
    for (one, told), (other, retold) in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
        assert told == retold


def test_a_torque_that_is_no_number_ends_the_episode_which_pays_for_what_is_left(environment):
    task = environment.task
    environment.reset(seed=0)
    rewards = [environment.step(np.zeros(task.dU))[1] for _ in range(3)]
    _, reward, terminated, truncated, info = environment.step(np.full(task.dU, np.nan))
    assert (terminated, truncated, info["success"]) == (True, False, False)
    assert "nan" in info["reason"]
    assert reward < (task.T - 4) * rewards[-1]
    with pytest.raises(gymnasium.error.ResetNeeded):
        environment.step(np.zeros(task.dU))


def test_conditions_are_chosen_by_name_and_an_unknown_one_is_refused():
    with pytest.raises(TaskError, match="nowhere"):
        TaskEnvironment("reacher", conditions=["nowhere"])
    environment = TaskEnvironment("hockey", conditions=["left"])
    assert {environment.reset(seed=seed)[1]["condition"] for seed in range(5)} == {"left"}


def test_environments_are_vectorised_and_differ_by_their_seeds():
    several = gymnasium.make_vec("PilqrReacher-v0", num_envs=3, vectorization_mode="sync")
    observations, _ = several.reset(seed=[1, 2, 1])
    assert observations.shape[0] == 3
    np.testing.assert_array_equal(observations[0], observations[2])
    assert not np.array_equal(observations[0], observations[1])
    several.close()


def test_an_episode_that_is_left_in_its_midst_leaves_nothing_to_the_next(environment):
    task = environment.task
    whole = [environment.reset(seed=2)[0], environment.step(task.torque_limits)[0]]
    environment.step(task.torque_limits)
    again = [environment.reset(seed=2)[0], environment.step(task.torque_limits)[0]]
    np.testing.assert_array_equal(whole, again)


def test_an_unknown_condition_to_begin_in_is_refused_with_the_known_ones(environment):
    with pytest.raises(TaskError, match=f"nowhere.*{environment.task.conditions[0].name}"):
        environment.reset(options={"condition": "nowhere"})


def test_a_picture_of_the_world_is_rendered():
    environment = gymnasium.make("PilqrReacher-v0", render_mode="rgb_array")
    environment.reset(seed=0)
    picture = environment.render()
    assert picture.shape == (480, 640, 3)
    assert picture.std() > 0
    environment.close()
