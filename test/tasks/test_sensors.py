"""Touch, force and torque sensors in the state: what they tell is what physics says."""

import numpy as np
import pytest

from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.robot.estimation.state_estimation import StateError, StateEstimator
from pilqr_ros.robot.robot_config import RobotConfig, RobotConfigError
from pilqr_ros.simulation.sensing import tell
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import TaskError

MASS, G = 2.0, 9.81
PAD = f"""<worldbody><geom name="floor" type="plane" size="1 1 .1" pos="0 0 -1"/>
<body name="pad" pos="1 0 -.95"><site name="pad" size=".1"/><freejoint/>
<geom type="box" size=".05 .05 .05" mass="{MASS}"/></body>
<body name="wall" pos="3 0 0"><site name="bolt" euler="0 90 0"/>
<geom size=".05" mass="{MASS}" pos="0 .1 0" contype="0" conaffinity="0"/></body>"""
SENSORS = """<sensor><touch name="press" site="pad"/><force name="bolt" site="bolt"/>
<torque name="twist" site="bolt"/><gyro name="gyro" site="pad"/></sensor>"""
BLOCKS = [
    {"name": "press", "kind": "sensor", "of": "press"},
    {"name": "pad", "kind": "body_position", "of": "pad"},
    {"name": "bolt", "kind": "sensor", "of": "bolt"},
    {"name": "twist", "kind": "sensor", "of": "twist"},
]


@pytest.fixture
def sensed(two_joints):
    """Return a function that loads a task with a pad on the floor and a ball fixed to the wall."""

    def load(blocks=BLOCKS, **changes):
        def edit(content):
            content["state"] += blocks
            content |= changes

        return two_joints(scene=("<worldbody>", SENSORS + PAD), edit=edit)

    return load


def at_rest(task):
    """Return the world after a second, in which the pad has come to rest."""
    world = World(task)
    world.reset(0, seed=0, jitter=False)
    world.advance(np.zeros(2), 1.0)
    return world


def sense(task, world):
    estimator = StateEstimator(task)
    tell(estimator, world.sense())
    return estimator.estimate()


def test_sensors_tell_of_weight_as_statics_says(sensed):
    task = sensed()
    x, layout = sense(task, at_rest(task)).x, task.layout
    weight = MASS * G
    assert x[layout["press"]] == pytest.approx([weight], rel=1e-3)
    # z of the bolt's site is the scene's x, its x points down: the weight pulls along it
    assert np.abs(x[layout["bolt"]]) == pytest.approx([weight, 0.0, 0.0], abs=1e-9)
    # the ball hangs 0.1 m along y: it turns about the scene's x, the site's z
    assert np.abs(x[layout["twist"]]) == pytest.approx([0.0, 0.0, 0.1 * weight], abs=1e-9)


def test_the_state_knows_their_numbers_and_units(sensed):
    task = sensed(success={"of": "twist", "axes": "z", "at_least": 1.0})
    labels = task.layout.labels
    assert labels[task.layout["press"]] == ("press.normal",)
    assert labels[task.layout["bolt"]] == ("bolt.x", "bolt.y", "bolt.z")
    assert task.distance_label == "distance [N m]"
    assert sensed(success={"of": "press", "at_least": 5.0}).distance_label == "distance [N]"


def test_a_rollout_holds_them_from_its_first_step(sensed):
    task = sensed()
    rollout = InProcessCollector(task).collect(task.initial_policy(0), 0, 1, False, False)
    assert rollout.valid, rollout.reason
    bolt = rollout.states[:, task.layout["bolt"]]
    assert np.abs(bolt[:, 0]) == pytest.approx(MASS * G)


def test_a_sensor_that_does_not_tell_makes_its_block_not_valid(sensed):
    task = sensed()
    estimator, readings = StateEstimator(task), at_rest(task).sense()
    tell(estimator, readings._replace(sensors={"bolt": [0.0, 0.0, 1.0], "twist": [0.0] * 3}))
    estimate = estimator.estimate()
    valid = dict(zip(task.layout.names, estimate.valid, strict=True))
    assert estimate.reason == "no reading of press has come yet"
    assert (valid["press"], valid["bolt"], valid["pad"]) == (False, True, True)
    assert np.isnan(estimate.x[task.layout["press"]]).all()
    assert not estimator.complete_at(readings.stamp_ns)
    estimator.on_sensor("press", readings.stamp_ns, [1.0])
    assert estimator.complete_at(readings.stamp_ns)
    assert estimator.estimate().reason == ""
    later = readings.stamp_ns + 10 * task.period_ns
    for name, pose in readings.bodies.items():
        estimator.on_body(name, later, *pose)
    estimator.on_joints(later, *readings[1:4])
    assert "reading of press is 500.0 ms old, allowed: 100.0 ms" in estimator.estimate().reason


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("grip", [1.0], "sensor 'grip' is not in the state; sensors: press, bolt, twist"),
        ("press", [1.0, 2.0], r"reading of press is \[1.0, 2.0\], expected 1 finite numbers"),
        ("bolt", [0.0, np.nan, 0.0], "reading of bolt is .*nan.*, expected 3 finite numbers"),
    ],
)
def test_a_reading_that_is_none_is_refused(sensed, name, values, message):
    with pytest.raises(StateError, match=message):
        StateEstimator(sensed()).on_sensor(name, 1, values)


WRONG = [
    (
        {"kind": "sensor", "of": "gyro"},
        r"'gyro' is a gyro sensor, must be one of touch, fo",
    ),
    ({"kind": "sensor", "of": "nose"}, r"state\[3\]\.of: 'nose' is no sensor.*press, bolt, twist"),
    ({"kind": "sensor"}, r"state\[3\].*a sensor block needs `of`"),
    ({"kind": "sensor", "of": "bolt", "axes": ["x"]}, r"a sensor block takes no `axes`"),
]


@pytest.mark.parametrize(("block", "message"), WRONG)
def test_a_wrong_block_of_a_sensor_is_named(sensed, block, message):
    with pytest.raises(TaskError, match=message):
        sensed([{"name": "new", **block}])


@pytest.mark.parametrize("name", ["left-bolt", "1st", "bolt 1", "arm//bolt"])
@pytest.mark.parametrize("kind", ["sensor", "body_position"])
def test_what_cannot_name_a_topic_is_told_when_the_task_is_loaded(two_joints, name, kind):
    """Not when the nodes are started, long after it was trained in process."""
    scene = SENSORS.replace('name="press"', f'name="{name}"')
    scene += PAD.replace('body name="pad"', f'body name="{name}"')
    block = {"name": "new", "kind": kind, "of": name}
    with pytest.raises(
        TaskError, match=rf"state\[\d\]\.of: '{name}' must be letters, digits and _"
    ):
        two_joints(scene=("<worldbody>", scene), edit=lambda file: file["state"].append(block))


def test_a_robots_file_tells_where_its_sensors_topics_are(sensed):
    task = sensed()
    config = RobotConfig(name="robot", sensors={"bolt": "/wrist/wrench"})
    config.check(task)
    topics = config.topics(task)
    assert topics["sensors/bolt/wrench"] == "/wrist/wrench"
    assert topics["sensors/press/wrench"] == "sensors/press/wrench"
    with pytest.raises(RobotConfigError, match=r"sensors\.grip: is no sensor of the task"):
        RobotConfig(name="robot", sensors={"grip": "/grip"}).check(task)
