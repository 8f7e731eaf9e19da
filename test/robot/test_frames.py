"""Names of frames."""

import pytest

from pilqr_ros.robot.frames import base_frame_in


@pytest.mark.parametrize(
    ("namespace", "frame"),
    [("", "base"), ("/", "base"), ("arm1", "arm1/base"), ("/site/arm1/", "site/arm1/base")],
)
def test_the_base_is_named_after_the_namespace(namespace, frame):
    assert base_frame_in(namespace) == frame
