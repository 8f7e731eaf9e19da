"""Obstacles are where the models have their geoms, by MuJoCo's own distances."""

import mujoco
import numpy as np
import pytest

from pilqr_ros.tasks import TaskError
from pilqr_ros.tasks.models import element_id
from pilqr_ros.tasks.obstacles import moves_unseen
from pilqr_ros.tasks.placing import stand_at_start

FREE = 'contype="0" conaffinity="0"'
GEOMS = {
    "sphere": 'type="sphere" size=".04"',
    "capsule": 'type="capsule" size=".03 .05"',
    "cylinder": 'type="cylinder" size=".03 .05"',
    "box": 'type="box" size=".05 .03 .02"',
    "plane": 'type="plane" size="1 1 1"',
}
FINGERTIP = ("</body></body>", f'<geom name="tip" type="sphere" size="1e-7" pos=".1 0 0" {FREE}/>'
             "</body></body>")  # fmt: skip


def scene_with(geom, body='pos="0 0 0"', inside=""):
    text = f'<body name="stand" {body}>{inside}<geom name="post" {geom} {FREE} mass="1"/></body>'
    return ("<worldbody>", f"<worldbody>{text}")


def keeping(**changes):
    """Return an edit that adds an obstacle to a task of two joints."""

    def edit(content):
        one = {"name": "post", "of": "tip", "geom": "post", "distance": 0.05, "weight": 9.0}
        content["cost"]["obstacles"] = [one | changes]

    return edit


def distance(world, data, name="post"):
    """Return the distance that MuJoCo tells between the fingertip and a geom [m]."""
    ids = [element_id(world, mujoco.mjtObj.mjOBJ_GEOM, one, "") for one in ("tip", name)]
    return mujoco.mj_geomDistance(world, data, *ids, 10.0, None)


def arm_at(task, data, q):
    """Bring a task's arm somewhere; return the state there."""
    data.qpos[:2] = q
    mujoco.mj_forward(task.world_model, data)
    x = np.zeros(task.dX)
    x[task.layout["q"]] = q
    x[task.layout["tip"]] = data.site("robot/tip").xpos
    return x


@pytest.mark.parametrize("kind", GEOMS)
def test_the_distance_is_that_of_the_models_geom_turned_as_it_is(two_joints, kind):
    where = 'mocap="true" pos="9 9 9" euler="30 40 50"'

    def edit(content):
        content["conditions"][0]["bodies"]["stand"] = [0.12, 0.08, 0.01]
        keeping()(content)

    geom = f'{GEOMS[kind]} pos=".01 .01 0" euler="10 20 30"'
    task = two_joints(arm=FINGERTIP, scene=scene_with(geom, where), edit=edit)
    (term,) = task.clearances(0)
    data = mujoco.MjData(task.world_model)
    stand_at_start(task.world_model, data, task.conditions[0], task.joints)
    for q in np.random.default_rng(0).uniform([-0.5, -1.0], [2.0, 2.0], (40, 2)):
        x = arm_at(task, data, q)
        told = distance(task.world_model, data)
        if told > 0.0 or kind in ("sphere", "plane"):  # within others MuJoCo goes along contacts
            assert float(term.clearance(x)) == pytest.approx(told, abs=1e-5)
        else:
            assert float(term.clearance(x)) < 1e-5


def test_the_cost_has_it_beside_the_terms_with_its_weights_over_time(two_joints):
    edit = keeping(ramp="linear", active=[10, 14])
    task = two_joints(scene=scene_with('size=".04" pos=".2 0 0"'), edit=edit)
    x = np.zeros((task.T, task.dX))
    x[:, task.layout["tip"]] = [0.16, 0.0, 0.0]  # at the surface
    named = task.cost(0).evaluate_terms(x, np.zeros((task.T, 2)))
    assert list(named) == ["near", "post", "torque"]
    expected = [9.0 * (t + 1) / 20 if 10 <= t <= 14 else 0.0 for t in range(20)]
    np.testing.assert_allclose(named["post"], expected, atol=1e-12)


def test_evaluations_report_the_least_clearance(two_joints):
    task = two_joints(scene=scene_with('size=".04" pos=".2 0 0"'), edit=keeping())
    x = np.zeros((3, task.dX))
    x[:, task.layout["tip"].start] = [0.0, 0.1, 0.05]
    assert task.measures(0, x) == {"clearance of post": pytest.approx(0.06)}
    assert task.measure_names == ("clearance of post",)


def tracked(content, axes):
    content["state"].append({"name": "stand", "kind": "body_position", "of": "stand", "axes": axes})


@pytest.mark.parametrize("axes", [["x", "y", "z"], ["x", "y"]])
def test_an_obstacle_on_a_tracked_body_goes_along_with_it(two_joints, axes):
    def edit(content):
        tracked(content, axes)
        keeping()(content)

    slides = "".join(f'<joint name="s{a}" type="slide" axis="{v}"/>'
                     for a, v in (("x", "1 0 0"), ("y", "0 1 0")))  # fmt: skip
    scene = scene_with('type="box" size=".02 .03 .04" pos=".01 .02 .03"', 'pos=".1 0 0"', slides)
    task = two_joints(arm=FINGERTIP, scene=scene, edit=edit)
    world, data = task.world_model, mujoco.MjData(task.world_model)
    stand_at_start(world, data, task.conditions[0], task.joints)
    (term,) = task.clearances(0)
    rng, told = np.random.default_rng(1), []
    for _ in range(20):
        data.joint("sx").qpos, data.joint("sy").qpos = rng.uniform(-0.2, 0.2, 2)
        arm = [element_id(world, mujoco.mjtObj.mjOBJ_JOINT, name, "") for name in task.joints]
        data.qpos[world.jnt_qposadr[arm]] = rng.uniform(-2.0, 2.0, 2)
        mujoco.mj_forward(world, data)
        x = np.zeros(task.dX)
        x[task.layout["tip"]] = data.site("robot/tip").xpos
        x[task.layout["stand"]] = data.body("stand").xpos[: len(axes)]
        told.append(distance(world, data))
        if told[-1] > 0.0:
            assert float(term.clearance(x)) == pytest.approx(told[-1], abs=1e-5)
    assert max(told) > 0.05


def test_along_an_axis_that_a_point_has_not_it_is_at_the_geoms_centre(two_joints):
    def edit(content):
        content["state"][2]["axes"] = ["x", "y"]
        content["conditions"][0]["targets"]["target"] = [0.1, 0.1]
        keeping()(content)

    task = two_joints(scene=scene_with('size=".04" pos=".2 0 .7"'), edit=edit)
    x = np.zeros(task.dX)
    x[task.layout["tip"]] = [0.1, 0.0]
    assert float(task.clearances(0)[0].clearance(x)) == pytest.approx(0.06)


def test_several_points_each_keep_away(two_joints):
    def edit(content):
        content["state"].append({"name": "elbow", "kind": "point_position", "of": "elbow"})
        keeping(of=["elbow", "tip"])(content)

    elbow = ('<body name="lower"', '<site name="elbow" pos=".1 0 0"/><body name="lower"')
    task = two_joints(arm=elbow, scene=scene_with('size=".04" pos=".2 0 0"'), edit=edit)
    x = np.zeros(task.dX)
    x[task.layout["elbow"]], x[task.layout["tip"]] = [0.13, 0, 0], [0.16, 0, 0]
    np.testing.assert_allclose(task.clearances(0)[0].clearances(x), [0.03, 0.0], atol=1e-12)
    assert task.cost(0).evaluate(np.tile(x, (20, 1)), np.zeros((20, 2)))[0] == pytest.approx(
        9.0 * (1.0 + 0.4**2) + np.sqrt(1e-5 + 0.06**2 + 0.1**2), rel=1e-6
    )


def unseen_of(task):
    return moves_unseen(task.obstacles["post"], task.layout, task.world_model)


@pytest.mark.parametrize(
    ("body", "inside", "unseen"),
    [
        ('pos="0 0 0"', "", ""),
        ('mocap="true"', "", ""),
        ('pos="0 0 0"', '<joint name="swing" axis="0 0 1"/>', "xy"),
        ('pos="0 0 0"', '<joint name="slide" type="slide" axis="1 0 0"/>', "x"),
        ('pos="0 0 0"', "<freejoint/>", "xyz"),
    ],
)
def test_what_moves_and_is_not_in_the_state_is_known(two_joints, body, inside, unseen):
    geom = 'size=".04" pos=".2 0 0"'
    task = two_joints(scene=scene_with(geom, body, inside), edit=keeping())
    assert unseen_of(task) == tuple(unseen)

    def edit(content):
        tracked(content, ["x", "y", "z"])
        keeping()(content)

    task = two_joints(scene=scene_with(geom, body, inside), edit=edit)
    assert unseen_of(task) == ()


SLIDES = {axis: f'<joint name="s{axis}" type="slide" axis="{" ".join(vector)}"/>'
          for axis, vector in (("x", "100"), ("y", "010"), ("z", "001"))}  # fmt: skip


@pytest.mark.parametrize(
    ("moves", "seen", "of_point", "unseen"),
    [
        ("x", "x", "xyz", ""),
        ("xy", "x", "xyz", "y"),
        ("xyz", "x", "xyz", "yz"),
        ("xyz", "xy", "xyz", "z"),
        ("xyz", "xy", "xy", ""),  # the point is at its height, wherever that is
        ("xyz", "", "xy", "xy"),
    ],
)
def test_an_axis_along_which_a_tracked_body_is_not_tracked_is_unseen(
    two_joints, moves, seen, of_point, unseen
):
    def edit(content):
        if seen:
            tracked(content, list(seen))
        content["state"][2]["axes"] = list(of_point)
        content["conditions"][0]["targets"]["target"] = [0.1] * len(of_point)
        keeping()(content)

    slides = "".join(SLIDES[axis] for axis in moves)
    scene = scene_with('size=".04" pos=".2 0 0"', 'pos="0 0 0"', slides)
    assert unseen_of(two_joints(scene=scene, edit=edit)) == tuple(unseen)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"of": "tipp"}, r"\.of\[0\]: 'tipp' is no block of the state; did you mean 'tip'\? there"),
        (
            {"of": ["tip", "q"]},
            r"\.of\[1\]: 'q' is a block of kind joint_positions, must be of kind"
            r" point_position or body_position; there are: tip$",
        ),
        ({"geom": "pots"}, r"\.geom: 'pots' is no geom of the models; did you mean 'post'\?"),
        ({"geom": "stand"}, r"\.geom: 'stand' is a body of the scene; an obstacle needs a geom of"),
        ({"geom": "egg"}, r"\.geom: 'egg' is of type ellipsoid, must be a sphere, capsule, cyl"),
        ({"geom": "hand"}, r"\.geom: 'hand' moves with the arm, must be of the scene$"),
        ({"distance": 0}, r"\.distance: is 0, must be more than 0$"),
        ({"distance": None}, r"\.distance: is empty, must be a number more than 0$"),
        ({"weight": -1}, r"\.weight: is -1, must be at least 0$"),
        ({"radius": 1}, r"\.radius: is not a known key; there are: .*name, of, geom, distance"),
        ({"active": [5, 20]}, r"\.active: \[5, 20\] must satisfy"),
        ({"name": "near"}, r"\.name: 'near' is used twice"),
        ({"name": "torque"}, r"\.name: 'torque' is the name of the penalty"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_file_line_and_what_is_allowed(
    two_joints, changes, message
):
    egg = f'<geom name="egg" type="ellipsoid" size=".1 .2 .3" {FREE}/>'
    scene = scene_with('size=".04" pos=".2 0 0"', inside=egg)
    arm = ('<site name="tip"', '<geom name="hand" size=".01"/><site name="tip"')
    where = r"two_joints\.yaml:\d+: cost\.obstacles\[0\]"
    with pytest.raises(TaskError, match=where + message):
        two_joints(arm=arm, scene=scene, edit=keeping(**changes))


def test_what_moves_with_the_arm_is_refused_also_on_a_body_without_a_name(two_joints):
    link = '<body pos=".1 0 0"><geom name="post" size=".02" mass=".1"/></body><site name="tip"'
    with pytest.raises(TaskError, match=r"\.geom: 'post' moves with the arm, must be of the scene"):
        two_joints(arm=('<site name="tip"', link), edit=keeping())


def test_a_body_is_not_kept_away_from_itself(two_joints):
    def edit(content):
        tracked(content, ["x", "y", "z"])
        keeping(of=["tip", "stand"])(content)

    scene = scene_with('size=".04"', inside="<freejoint/>")
    with pytest.raises(TaskError, match=r"\.of\[1\]: 'stand' is of the body that 'post' is on"):
        two_joints(scene=scene, edit=edit)


def test_two_obstacles_have_names_of_their_own(two_joints):
    def edit(content):
        keeping()(content)
        content["cost"]["obstacles"] *= 2

    with pytest.raises(TaskError, match=r"cost\.obstacles\[1\]\.name: 'post' is used twice"):
        two_joints(scene=scene_with('size=".04"'), edit=edit)
