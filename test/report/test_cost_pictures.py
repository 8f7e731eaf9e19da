import numpy as np

from pilqr_ros.report.cost_pictures import cost_picture


def test_the_mean_of_each_term_is_drawn_over_the_iterations(run):
    (axis,) = cost_picture(run, 1).figure.axes
    costs = [[run.cost(i, 1, n) for n in range(5)] for i in range(3)]
    assert {line.get_label() for line in axis.lines} == set(costs[0][0].terms)
    for line in axis.lines:
        means = [np.mean([one.terms[line.get_label()] for one in found]) for found in costs]
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([[1, 2, 3], means]))


def test_the_terms_add_up_to_the_cost(run):
    (axis,) = cost_picture(run, 0).figure.axes
    means = [np.mean(report["total_costs"]) for report in run.reports() if report["condition"] == 0]
    np.testing.assert_allclose(sum(line.get_ydata() for line in axis.lines), means)


def test_an_iteration_whose_costs_were_deleted_is_a_gap(own_run):
    for path in own_run.condition_directory(1, 0).glob("*.cost.npz"):
        path.unlink()
    (axis,) = cost_picture(own_run, 0).figure.axes
    for line in axis.lines:
        assert np.isnan(line.get_ydata()).tolist() == [False, True, False]
