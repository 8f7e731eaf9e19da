"""The layouts for RViz and Foxglove name what is published, as what it is."""

import json
import re

import pytest
import yaml
from rclpy.qos import DurabilityPolicy

from pilqr_ros.nodes.messages.recorded_topics import recorded_topics, type_name
from pilqr_ros.nodes.messages.scene_topics import FRAMES, SCENE_TOPICS
from pilqr_ros.tasks import load_task
from pilqr_ros.tasks.config_files import shipped_file

SHOWN_BY = {
    "rviz_default_plugins/MarkerArray": ("Topic", "visualization_msgs/msg/MarkerArray"),
    "rviz_default_plugins/RobotModel": ("Description Topic", "std_msgs/msg/String"),
}
WITHOUT_TOPIC = {"rviz_default_plugins/Grid", "rviz_default_plugins/TF"}
IN_3D = {"visualization_msgs/msg/MarkerArray", "std_msgs/msg/String"}


def full(name):
    return f"/{name.strip('/')}"


@pytest.fixture(scope="module")
def published():
    """The class of each topic's messages, by its full name."""
    return {full(topic.name): topic.kind for topic in recorded_topics(load_task("hockey"))}


@pytest.fixture(scope="module")
def rviz():
    return yaml.safe_load(shipped_file("rviz/pilqr.rviz").read_text())["Visualization Manager"]


@pytest.fixture(scope="module")
def foxglove():
    return json.loads(shipped_file("foxglove/pilqr.json").read_text())


def test_rviz_shows_every_topic_of_the_scene_as_what_it_is(rviz, published):
    latched = {
        full(topic.name): topic.profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
        for topic in SCENE_TOPICS
    }
    shown = {full(FRAMES.name)}  # which RViz hears by itself
    for display in rviz["Displays"]:
        if display["Class"] in WITHOUT_TOPIC:
            continue
        key, kind = SHOWN_BY[display["Class"]]
        topic = display[key]
        assert type_name(published[topic["Value"]]) == kind
        assert (topic["Durability Policy"] == "Transient Local") == latched[topic["Value"]]
        shown.add(topic["Value"])
    assert shown == set(latched)
    assert rviz["Global Options"]["Fixed Frame"] == "base"


def test_foxglove_lays_out_every_panel_that_it_describes(foxglove):
    def panels(node):
        return {node} if isinstance(node, str) else panels(node["first"]) | panels(node["second"])

    assert panels(foxglove["layout"]) == set(foxglove["configById"])


def test_foxglove_shows_topics_that_there_are(foxglove, published):
    scene = foxglove["configById"]["3D!scene"]
    assert set(scene["topics"]) == {full(one.name) for one in SCENE_TOPICS} - {FRAMES.name}
    assert {type_name(published[topic]) for topic in scene["topics"]} == IN_3D
    rendered = {
        one["topicToRender"] for one in foxglove["configById"].values() if "topicToRender" in one
    }
    assert {type_name(published[topic]) for topic in rendered} == {
        "diagnostic_msgs/msg/DiagnosticArray",
        "rcl_interfaces/msg/Log",
    }


def test_foxglove_plots_numbers_that_messages_have(foxglove, published):
    panels = foxglove["configById"].values()
    paths = [path["value"] for panel in panels for path in panel.get("paths", ())]
    paths += [panel["topicPath"] for panel in panels if "topicPath" in panel]
    assert len(paths) > 3
    for path in paths:
        topic, field, is_list = re.fullmatch(r"(/[\w/]+?)(?:\.(\w+)(\[:\])?)?", path).groups()
        assert topic in published
        if field is not None:
            kind = published[topic].get_fields_and_field_types()[field]
            assert kind == ("sequence<double>" if is_list else "double")
