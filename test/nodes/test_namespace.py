"""Two arms on one network: their nodes differ by namespace, their frames by name."""

from geometry_msgs.msg import PoseStamped

from pilqr_msgs.msg import State
from pilqr_ros.doctor.expectation import expect
from pilqr_ros.nodes.messages import qos


def test_frames_are_named_after_the_namespace_as_the_doctor_expects(
    fresh_client, run_nodes, task, wait_until
):
    heard = {
        topic: fresh_client.listen(kind, topic, qos.SENSOR)
        for topic, kind in (("/arm1/mocap/puck/pose", PoseStamped), ("/arm1/state", State))
    }
    with run_nodes("mujoco_bridge", "state_estimator", namespace="arm1"):
        wait_until(lambda: all(heard.values()), "a pose and a state")
    frames = {topic: messages[0].header.frame_id for topic, messages in heard.items()}
    assert frames == dict.fromkeys(heard, "arm1/base") == expect(task, None, "arm1").frames
