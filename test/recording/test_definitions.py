"""Definitions are what rosbag2 stores, judged by a parser of such definitions."""

from rosbags.typesys import get_types_from_msg


def test_a_definition_carries_all_that_it_needs(definitions):
    text = definitions.definition("pilqr_msgs/msg/TrainingRun")
    types = get_types_from_msg(text, "pilqr_msgs/msg/TrainingRun")
    assert set(types) == {
        "pilqr_msgs/msg/TrainingRun",
        "pilqr_msgs/msg/TaskFile",
        "std_msgs/msg/Header",
        "builtin_interfaces/msg/Time",
    }


def test_comments_with_units_are_kept(definitions):
    text = definitions.definition("pilqr_msgs/msg/Rollout")
    assert "[N] of slides: what reached the robot" in text


def test_the_hash_is_the_one_that_rosbag2_knows(definitions):
    # From a bag that rosbag2 of Jazzy recorded.
    known = "RIHS01_a13ee3a330e346c9d87b5aa18d24e11690752bd33a0350f11c5882bc9179260e"
    assert definitions.type_hash("sensor_msgs/msg/JointState") == known
