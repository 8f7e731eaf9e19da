import json
from dataclasses import asdict

import numpy as np
import pytest

from pilqr_ros.trajopt.record import StepStatus, UpdateRecord, in_short

STATUS = np.array([0, StepStatus.LQR_SLACK | StepStatus.TEMPERATURE_AT_BOUND, StepStatus.LQR_SLACK])


def test_an_update_in_short_counts_the_steps_and_sums_the_divergences():
    record = UpdateRecord(
        method="pilqr",
        status=STATUS,
        covariance_ratio=np.ones(3),
        kl_wanted=np.array([0.4, 0.3, 0.2]),
        kl_got=np.array([0.4, 0.1, 0.2]),
        kl_sampled=np.array([0.4, 0.9, 0.2]),
        direct_step=35,
    )
    short = in_short(asdict(record))
    assert short["lqr_kl"] == pytest.approx(
        {"wanted": 0.9, "got": 0.7, "sampled": 1.5, "largest_excess": 3.0, "at_step": 1}
    )
    assert short["direct_step"] == 35
    assert short["steps"]["lqr_slack"] == 2
    assert short["steps"]["temperature_at_bound"] == 1
    assert short["steps"]["temperature_unsolved"] == 0
    assert json.loads(json.dumps(short)) == short


def test_without_lqr_flm_no_divergence_is_told():
    record = UpdateRecord(method="pi2", status=STATUS, covariance_ratio=np.ones(3))
    short = in_short(asdict(record))
    assert short["lqr_kl"] is None
    assert short["direct_step"] is None
