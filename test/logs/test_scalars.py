"""The numbers of a report."""

import math

from pilqr_ros.logs.scalars import scalars

REPORT = {
    "iteration": 4,
    "condition": 1,
    "rollouts": 3,
    "total_costs": [3.0, 1.0, 5.0],
    "successes": [True, False, True],
    "distances": [0.1, 0.2, 0.6],
    "noise": math.nan,
    "refusals": ["too far"],
    "standing": {"status": "improving", "because": ""},
    "ticks": None,
    "update": {"direct_step": True, "lqr_kl": {"got": 0.5, "at_step": 7}, "steps": {"limited": 2}},
}


def test_every_finite_number_has_a_name_and_rollouts_their_means():
    found = scalars(REPORT)
    assert found == {
        "mean_cost": 3.0,
        "lowest_cost": 1.0,
        "success_rate": 2.0 / 3.0,
        "mean_distance": found["mean_distance"],
        "rollouts": 3.0,
        "update.lqr_kl.got": 0.5,
        "update.lqr_kl.at_step": 7.0,
        "update.steps.limited": 2.0,
    }
    assert math.isclose(found["mean_distance"], 0.3)
