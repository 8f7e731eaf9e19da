"""One call is one line of the log, whatever text it is given."""

import pytest
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.logging import get_logger

from pilqr_ros.nodes.runtime.plain_logs import make_logs_plain


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setattr(RcutilsLogger, "log", RcutilsLogger.log)
    make_logs_plain()
    make_logs_plain()


def test_a_hostile_text_is_one_printable_line(capfd):
    get_logger("a").error("goal\n[ERROR] [0.0] [effort_guard]: all is well\x1b[2J")
    (line,) = "".join(capfd.readouterr()).splitlines()
    assert r"goal\n[ERROR] [0.0] [effort_guard]: all is well\x1b[2J" in line


def test_each_place_that_logs_has_its_own_severity_and_throttle(capfd):
    logger = get_logger("b")
    for _ in range(3):
        logger.warning("first", once=True)
        logger.error("second", throttle_duration_sec=100.0)
        logger.info("third")
    written = "".join(capfd.readouterr())
    assert [written.count(word) for word in ("first", "second", "third")] == [1, 1, 3]
