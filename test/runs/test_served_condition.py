import pytest

from pilqr_ros.runs.errors import NotInRunError
from pilqr_ros.runs.run_config import RunConfig
from pilqr_ros.runs.served_condition import check_trained, served_condition
from pilqr_ros.tasks import TaskError, load_task


@pytest.fixture(scope="module")
def reacher():
    return load_task("reacher")


@pytest.fixture
def config():
    return RunConfig("reacher", "pi2", iterations=1, rollouts=2, seed=0, conditions=(3, 1))


def test_without_a_name_it_is_the_first_one_that_was_trained_in(reacher, config):
    assert served_condition(config, reacher, None) == 3


def test_a_name_is_that_of_any_condition_of_the_task(reacher, config):
    for index, condition in enumerate(reacher.conditions):
        if condition.name != condition.group:
            assert served_condition(config, reacher, condition.name) == index


def test_a_set_is_refused_with_the_names_of_its_conditions(reacher, config):
    count = sum(condition.group == "training" for condition in reacher.conditions)
    names = f"'training 0' to 'training {count - 1}'"
    with pytest.raises(TaskError, match=f"condition: 'training' is a set of {count}, .*: {names}"):
        served_condition(config, reacher, "training")


@pytest.mark.parametrize("name", ["", "elsewhere"])
def test_an_unknown_name_is_refused(reacher, config, name):
    with pytest.raises(TaskError, match="conditions: "):
        served_condition(config, reacher, name)


def test_a_local_policy_is_of_a_condition_that_was_trained_in(reacher, config):
    check_trained(config, reacher, 1)
    first, other, third = (reacher.conditions[index].name for index in (1, 2, 3))
    told = f"condition is 2, expected one of .*: it has no policy of '{other}', but of {third}, "
    with pytest.raises(NotInRunError, match=told + first):
        check_trained(config, reacher, 2)
    with pytest.raises(TaskError, match="condition is 9999, expected 0 to"):
        check_trained(config, reacher, 9999)
