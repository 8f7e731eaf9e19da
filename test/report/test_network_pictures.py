import numpy as np

from pilqr_ros.guided.neural_policy import NeuralPolicy
from pilqr_ros.report.network_pictures import network_errors, network_picture


def test_a_run_without_a_network_has_no_such_picture(run):
    assert network_picture(run) is None


def test_each_condition_has_a_bar_of_how_far_the_network_is_off(guided_run):
    left, right = network_picture(guided_run).figure.axes
    conditions = guided_run.config.conditions
    names = [guided_run.task.conditions[index].name for index in conditions]
    assert [label.get_text() for label in left.get_yticklabels()] == names
    widths = [bar.get_width() for bar in left.patches]
    rms = [np.sqrt(np.mean(one**2)) for one in network_errors(guided_run).values()]
    np.testing.assert_allclose(widths, rms)
    worst = names[int(np.argmax(widths))]
    assert right.lines[0].get_label() == worst


def test_an_error_is_the_difference_of_torques_in_units_of_the_noise(guided_run):
    condition = guided_run.config.conditions[1]
    rollout = guided_run.rollout(0, condition, 2)
    teacher = guided_run.policy(1, condition)[0]
    policy = NeuralPolicy(guided_run.network(1), guided_run.task.observation(condition))
    x, still = rollout.states[7], np.zeros(teacher.dU)
    wanted = teacher.K[7] @ x + teacher.k[7]
    std = np.sqrt((teacher.L @ teacher.L.swapaxes(1, 2)).diagonal(axis1=1, axis2=2)).mean(axis=0)
    missed = network_errors(guided_run)[condition][2, 7]
    np.testing.assert_allclose(missed, (policy.act(7, x, still) - wanted) / std)
