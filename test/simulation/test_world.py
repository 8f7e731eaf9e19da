import numpy as np
import pytest
import yaml

from pilqr_ros.simulation.errors import EffortError, ResetError, SimulationDiverged
from pilqr_ros.simulation.world import World
from pilqr_ros.tasks import Task, TaskError
from pilqr_ros.tasks.starts import start_of


def test_a_reset_reaches_the_start_exactly_without_jitter(world, hockey):
    report = world.reset(0, seed=1, jitter=False)
    readings = world.sense()
    assert (report.position_error, report.velocity_error) == (0.0, 0.0)
    np.testing.assert_array_equal(readings.positions, hockey.conditions[0].start)
    np.testing.assert_array_equal(readings.velocities, np.zeros(7))
    np.testing.assert_allclose(readings.bodies["puck"].position, [0.85, -0.188, 0.025])
    np.testing.assert_allclose(readings.bodies["puck"].quaternion, [1, 0, 0, 0])
    assert readings.stamp_ns == report.stamp_ns
    assert readings.joint_names == hockey.joints


def test_jitter_is_a_function_of_the_seed(world):
    starts = {}
    for seed in (1, 2, 1):
        world.reset(0, seed=seed, jitter=True)
        starts.setdefault(seed, []).append(world.sense().positions)
    np.testing.assert_array_equal(*starts[1])
    assert np.all(starts[1][0] != starts[2][0])


def test_jitter_has_the_files_standard_deviation(world, hockey):
    offsets = []
    for seed in range(200):
        world.reset(0, seed=seed, jitter=True)
        offsets.append(world.sense().positions - hockey.conditions[0].start)
    assert np.std(offsets) == pytest.approx(0.003, rel=0.1)
    assert np.abs(np.mean(offsets)) < 0.0005


def test_the_clock_never_runs_backwards(world):
    before = world.sense().stamp_ns
    world.step(np.zeros(7))
    after_step = world.sense().stamp_ns
    report = world.reset(0, seed=0, jitter=False)
    assert after_step == before + 50_000_000
    assert report.stamp_ns == after_step + 1_000_000_000


def test_a_step_of_a_period_equals_advancing_by_its_parts(hockey):
    whole, parts = World(hockey), World(hockey)
    effort = np.array([3.0, -1.0, 0.5, 0.5, 0.1, -0.2, 0.1])
    for world in (whole, parts):
        world.reset(0, seed=0, jitter=False)
    whole.step(effort)
    for _ in range(5):
        parts.advance(effort, 0.01)
    np.testing.assert_array_equal(whole.sense().positions, parts.sense().positions)
    assert whole.sense().stamp_ns == parts.sense().stamp_ns


def test_the_same_commands_give_the_same_numbers_after_a_reset(world):
    def run():
        world.reset(0, seed=5, jitter=True)
        rng = np.random.default_rng(0)
        for _ in range(100):
            world.step(rng.normal(size=7) * 2)
        return world.data.qpos.copy()

    np.testing.assert_array_equal(run(), run())


def test_readings_tell_the_torque_and_keep_their_values(world):
    effort = np.arange(7.0)
    before = world.sense()
    world.step(effort)
    np.testing.assert_array_equal(world.sense().efforts, effort)
    np.testing.assert_array_equal(before.efforts, np.zeros(7))
    assert not np.array_equal(before.positions, world.sense().positions)


@pytest.mark.parametrize("effort", [np.full(7, np.nan), np.zeros(6), np.array([np.inf] + [0] * 6)])
def test_an_effort_that_is_not_seven_finite_numbers_is_refused(world, effort):
    with pytest.raises(EffortError, match="expected 7 finite numbers"):
        world.step(effort)


@pytest.mark.parametrize("condition", [-1, 103])
def test_an_unknown_condition_is_refused(world, condition):
    with pytest.raises(TaskError, match=f"condition is {condition}, expected 0 to 102"):
        world.reset(condition, seed=0, jitter=False)


def test_a_world_leaves_the_model_that_worlds_share_as_it_was_built(hockey):
    before = Task.from_text(hockey.source, folder=hockey.folder).world_model
    World(hockey).reset(0, seed=0, jitter=True)
    assert hockey.world_model.opt.disableflags == before.opt.disableflags
    np.testing.assert_array_equal(hockey.world_model.qpos0, before.qpos0)


def _hockey_with(hockey, edit):
    content = yaml.safe_load(hockey.source)
    edit(content)
    return World(Task.from_text(yaml.safe_dump(content)))


def test_a_start_beyond_the_tolerance_names_the_joint(hockey):
    def edit(content):
        content["reset"] = {"joint_jitter": 0.5, "position_tolerance": 0.01}

    with pytest.raises(
        ResetError, match=r"position of r_\w+ is off by .* rad .*allowed: 0\.01 rad"
    ):
        _hockey_with(hockey, edit).reset(0, seed=0, jitter=True)


def test_a_puck_that_starts_inside_the_goal_is_refused(hockey):
    def edit(content):
        content["conditions"][0]["bodies"]["puck"] = [2.30, -0.188, 0.025]

    with pytest.raises(ResetError, match=r"bodies puck and goal overlap by"):
        _hockey_with(hockey, edit).reset(0, seed=0, jitter=False)


def test_a_body_that_is_fixed_cannot_be_placed(hockey):
    def edit(content):
        content["conditions"][0]["bodies"]["torso_lift_link"] = [0, 0, 0]

    with pytest.raises(ResetError, match=r"torso_lift_link' cannot be placed"):
        _hockey_with(hockey, edit).reset(0, seed=0, jitter=False)


def test_a_state_that_is_not_physical_fails_the_step_and_a_reset_recovers(world):
    world.data.qvel[6] = np.nan
    with pytest.raises(SimulationDiverged, match=r"(position|velocity) of \w+ is nan at 0\.\d+ s"):
        world.step(np.zeros(7))
    world.reset(0, seed=0, jitter=False)
    world.step(np.zeros(7))


def test_absurd_speed_counts_as_divergence(world):
    world.data.qvel[world.model.joint("puck").dofadr[0] + 1] = 1e7
    with pytest.raises(SimulationDiverged, match=r"position of puck is \d+ at"):
        world.step(np.zeros(7))


@pytest.mark.parametrize(
    ("timestep", "rate"),
    [("0.003333333333333", 20), ("0.0033333333", 20), ("0.01", 20), ("0.008333333333333", 30)],
)
def test_a_control_period_moves_the_clock_by_exactly_the_period(two_joints, timestep, rate):
    def edit(content):
        content["control"]["rate"] = rate

    world = World(two_joints(scene=("0.01", timestep), edit=edit))
    world.reset(0, seed=0, jitter=False)
    begun = world.sense().stamp_ns
    for count in range(1, 41):
        world.step(np.zeros(2))
        assert world.sense().stamp_ns - begun == count * world.task.period_ns
    assert world.data.time == pytest.approx(40 / rate, abs=1e-6)


@pytest.mark.parametrize("sensor_rate", [20.0, 60.0, 100.0, 160.0, 300.0, 500.0])
def test_physics_keeps_pace_with_the_clock_at_any_rate_of_the_sensors(two_joints, sensor_rate):
    world = World(two_joints(scene=("0.01", "0.003333333333333")))
    world.reset(0, seed=0, jitter=False)
    begun = world.sense().stamp_ns
    for count in range(1, 201):
        world.advance(np.zeros(2), 1.0 / sensor_rate)
        clock = world.sense().stamp_ns - begun
        assert clock == count * round(1e9 / sensor_rate)
        assert abs(world.data.time - clock * 1e-9) <= 0.5 * 0.003334


def test_jitter_keeps_within_the_stops_and_leaves_other_starts_alone(two_joints):
    stopped = two_joints(arm=('<joint name="j2"/>', '<joint name="j2" range="0 2"/>'))
    free = two_joints()
    starts = np.array([[start_of(t, 0, seed, True) for seed in range(40)] for t in (stopped, free)])
    assert (starts[1, :, 1] < 0).any()
    np.testing.assert_array_equal(starts[0], np.maximum(starts[1], [-np.inf, 0.0]))


def test_a_task_cannot_move_the_models_stops(two_joints):
    def edit(content):
        content["joints"][1]["position_limits"] = [-1.0, 1.0]

    arm = ('<joint name="j2"/>', '<joint name="j2" range="0 2"/>')
    task = two_joints(arm=arm, edit=edit)
    np.testing.assert_array_equal(task.position_limits[1], [0.0, 1.0])

    def beyond(content):
        content["joints"][1]["position_limits"] = [-2.0, -1.0]

    with pytest.raises(TaskError, match=r"joints\[1\]\.position_limits: \[-2\.0, -1\.0\] are all"):
        two_joints(arm=arm, edit=beyond)


PUCK = """<body name="puck" pos=".5 0 .1" euler="0 0 90"><joint type="slide" axis="1 0 0"/>
<joint type="slide" axis="{}"/><geom size=".01" contype="0" conaffinity="0"/></body>"""
PUCKS = {
    "turned": PUCK.format("0 1 0"),
    "oblique": PUCK.format("1 1 0"),
    "with a reference": PUCK.format("0 1 0").replace('slide"', 'slide" ref="0.3"'),
    "on a turned parent": f'<body pos=".1 0 0" euler="0 0 30">{PUCK.format("0 1 0")}</body>',
}


@pytest.mark.parametrize("puck", PUCKS.values(), ids=PUCKS)
def test_a_body_on_slides_is_placed_whatever_its_frame(two_joints, puck):
    def edit(content):
        content["state"].append({"name": "puck", "kind": "body_position", "of": "puck"})
        content["conditions"][0]["bodies"]["puck"] = [0.6, 0.2, 0.1]

    world = World(two_joints(scene=("</worldbody>", f"{puck}</worldbody>"), edit=edit))
    world.reset(0, seed=0, jitter=False)
    position = world.sense().bodies["puck"].position
    np.testing.assert_allclose(position, [0.6, 0.2, 0.1], rtol=0, atol=1e-9)


def test_a_body_on_slides_of_one_direction_cannot_be_placed(two_joints):
    def edit(content):
        content["conditions"][0]["bodies"]["puck"] = [0.5, 0.2, 0.1]

    puck = PUCK.format("1 0 0")
    world = World(two_joints(scene=("</worldbody>", f"{puck}</worldbody>"), edit=edit))
    with pytest.raises(ResetError, match="'puck' cannot be placed: two of its slides go the same"):
        world.reset(0, seed=0, jitter=False)
