import numpy as np

from pilqr_ros.report.policy_pictures import policy_picture


def test_noise_and_gains_of_each_joint_are_drawn_over_the_iterations(run):
    figure = policy_picture(run, 1).figure
    noise, gains = figure.subfigs[1].axes
    policies = [run.policy(iteration, 1)[0] for iteration in range(4)]
    for joint, (noisy, stiff) in enumerate(zip(noise.lines, gains.lines, strict=True)):
        covariances = [policy.L @ policy.L.swapaxes(1, 2) for policy in policies]
        stds = [np.sqrt(one[:, joint, joint]).mean() for one in covariances]
        np.testing.assert_allclose(noisy.get_xydata(), np.column_stack([[1, 2, 3, 4], stds]))
        rms = [np.linalg.norm(p.K[:, joint], axis=1).mean() / np.sqrt(p.dX) for p in policies]
        np.testing.assert_allclose(stiff.get_ydata(), rms)


def test_noise_is_drawn_over_time_for_each_of_few_iterations(run):
    noise, _ = policy_picture(run, 0).figure.subfigs[0].axes
    last = run.policy(3, 0)[0]
    assert [line.get_label() for line in noise.lines] == ["1", "2", "3", "4"]
    variances = (last.L @ last.L.swapaxes(1, 2)).diagonal(axis1=1, axis2=2)
    np.testing.assert_allclose(noise.lines[-1].get_ydata(), np.sqrt(variances).mean(axis=1))


def test_the_unit_of_the_noise_is_that_of_the_joints(run):
    noise, _ = policy_picture(run, 0).figure.subfigs[0].axes
    assert "[N m]" in noise.get_ylabel()
