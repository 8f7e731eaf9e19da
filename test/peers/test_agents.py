"""Agents of the libraries learn in the task's environment, in its units."""

import numpy as np
import pytest

from pilqr_ros.environments import TaskEnvironment
from pilqr_ros.peers.agents import ALGORITHMS, Agent
from pilqr_ros.peers.peer_run import AGENTS


@pytest.fixture(scope="module")
def environment():
    return TaskEnvironment("reacher", ["centre"])


def test_the_trials_know_every_agent():
    assert set(AGENTS) == set(ALGORITHMS)


@pytest.mark.parametrize("name", ["trpo", "ddpg"])
def test_an_agent_learns_from_about_what_it_is_given_and_acts_within_the_limits(name, environment):
    agent = Agent(name, environment, seed=0)
    before = agent.episodes
    agent.learn(3)
    assert before + 3 <= agent.episodes
    observation, _ = environment.reset(seed=0)
    torque = agent.controller()(0, observation)
    assert torque.shape == (environment.task.dU,)
    assert np.all(np.abs(torque) <= environment.task.torque_limits)
