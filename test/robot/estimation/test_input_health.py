import pytest

from pilqr_ros.robot.estimation.input_health import InputHealth

MS = 1_000_000


def health(must_advance=True):
    return InputHealth("joint_states", 50 * MS, 0, must_advance=must_advance)


def test_nothing_is_missing_at_once():
    assert health().silence(50 * MS) == ""
    assert health().silence(51 * MS) == "joint_states: nothing has come yet"


def test_silence_is_told_with_its_length():
    one = health()
    one.on_message(1, 100 * MS)
    assert one.silence(150 * MS) == ""
    assert one.silence(161 * MS) == "joint_states has been silent for 61 ms"


@pytest.mark.parametrize(
    ("must_advance", "expected"),
    [(True, "joint_states has been repeating one stamp for 60 ms"), (False, "")],
)
def test_a_repeated_stamp_is_silence_where_stamps_must_advance(must_advance, expected):
    one = health(must_advance)
    for i in range(7):
        one.on_message(1, (100 + 10 * i) * MS)
    assert one.silence(160 * MS) == expected


def test_a_report_tells_rate_age_and_refusals_since_the_last():
    one = health()
    assert one.report(0).age is None
    for i in range(100):
        one.on_message(i, 10 * i * MS)
    one.on_refused("elbow is nan")
    report = one.report(1000 * MS)
    assert (report.received, report.refused, report.refusal) == (100, 1, "elbow is nan")
    assert report.rate == pytest.approx(100.0)
    assert report.age == pytest.approx(0.01)
    assert report.silence == ""
    again = one.report(2000 * MS)
    assert (again.received, again.rate, again.refused, again.refusal) == (0, 0.0, 0, "")
    assert again.silence == "joint_states has been silent for 1010 ms"
