"""Full names."""

import pytest

from pilqr_ros.graph.naming import full_name


@pytest.mark.parametrize(
    ("namespace", "name", "full"),
    [
        ("", "", "/"),
        ("/", "learner", "/learner"),
        ("arm1", "", "/arm1"),
        ("/arm1/", "/learner", "/arm1/learner"),
        ("site/arm1", "learner/run", "/site/arm1/learner/run"),
    ],
)
def test_a_full_name_has_single_slashes_and_none_at_its_end(namespace, name, full):
    assert full_name(namespace, name) == full
