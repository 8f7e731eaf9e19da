"""What a bag tells of a training, and the training done again from it."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from typer.testing import CliRunner

from pilqr_ros.cli import app
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.errors import CollectorError
from pilqr_ros.learning.extension import keep_prolonged, prolonged
from pilqr_ros.learning.training import Trainer
from pilqr_ros.recording.bag import BagWriter
from pilqr_ros.recording.errors import BagError
from pilqr_ros.recording.export import export_rollouts, list_rollouts
from pilqr_ros.recording.reader import find_bag
from pilqr_ros.recording.recorded_run import ROLLOUT, RUN, RecordedPlace, read_run, restore
from pilqr_ros.recording.replay import RecordedCollector, redo
from pilqr_ros.recording.topic import BagTopic, offered_qos
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.robot.guard.interventions import Intervention
from pilqr_ros.runs.errors import NotInRunError
from pilqr_ros.runs.origin import Origin
from pilqr_ros.runs.run_store import RunConfig, create_run
from pilqr_ros.runs.transfer import begin_run
from pilqr_ros.tasks import Task, load_task


class Taped:
    """Collects in process and keeps everything; some rollouts are called invalid."""

    def __init__(self, task, invalid=()):
        self.inner, self.invalid, self.rollouts = InProcessCollector(task), invalid, []

    def collect(self, policy, condition, seed, explore, jitter):
        rollout = self.inner.collect(policy, condition, seed, explore=explore, jitter=jitter)
        if len(self.rollouts) in self.invalid:
            rollout = replace(rollout, valid=False, reason="a late tick")
        self.rollouts.append(rollout)
        return rollout


@pytest.fixture(scope="module")
def task():
    return load_task("hockey")


@pytest.fixture(scope="module")
def trained(task, tmp_path_factory):
    """A short training with an invalid rollout, and all its rollouts."""
    store = create_run(
        tmp_path_factory.mktemp("runs"), task, RunConfig("hockey", "pilqr", 2, 3, 4, (0,))
    )
    taped = Taped(task, invalid={1})
    Trainer(store, taped, TaskCostEvaluator(task)).run()
    return store, taped.rollouts


@pytest.fixture
def write_bag(definitions, bounds, tmp_path):
    """Return a function that writes a bag of a run and rollouts."""
    types = {}
    for name in (ROLLOUT, RUN):
        types.update(get_types_from_msg(definitions.definition(name), name))
    known = get_typestore(Stores.EMPTY)
    known.register(types)

    def message(kind_name, /, **fields):
        kind = known.types[f"pilqr_msgs/msg/{kind_name}"]
        time = known.types["builtin_interfaces/msg/Time"](sec=0, nanosec=0)
        header = known.types["std_msgs/msg/Header"](stamp=time, frame_id="")
        values = {"header": header} if "header" in kind.__dataclass_fields__ else {}
        return kind(**values, **fields)

    def rollout_message(one):
        arrays = {
            name: getattr(one, name).ravel() for name in ("states", "commanded", "applied", "noise")
        }
        return message(
            "Rollout",
            task="hockey",
            condition=one.condition,
            seed=one.seed,
            steps=one.T,
            state_dim=one.states.shape[1],
            action_dim=one.applied.shape[1],
            stamps=one.stamps,
            valid=one.valid,
            reason=one.reason,
            interventions=one.interventions.astype(np.uint16),
            ticks=one.ticks,
            interrupted=one.interrupted,
            **arrays,
        )

    def write(store, rollouts, earlier=()):
        qos = offered_qos(reliable=True, latched=True, depth=1)
        topics = [
            BagTopic(name, kind, definitions.definition(kind), definitions.type_hash(kind), qos)
            for name, kind in (("/left/learner/run", RUN), ("/left/rollout", ROLLOUT))
        ]
        bag = BagWriter(tmp_path / "bag", topics, bounds)
        bag.begin("iteration_000")
        for time, files in enumerate((*earlier, store.own_files())):
            told = message(
                "TrainingRun",
                active=True,
                run_directory="/gone",
                part="iteration_000",
                files=[
                    message("TaskFile", name=name, content=np.frombuffer(data, dtype=np.uint8))
                    for name, data in files.items()
                ],
            )
            bag.write(0, time, time, bytes(known.serialize_cdr(told, RUN)))
        for time, one in enumerate(rollouts, start=2):
            bag.write(1, time, time, bytes(known.serialize_cdr(rollout_message(one), ROLLOUT)))
        bag.close()
        return tmp_path / "bag"

    return write


def assert_same_policies(store, other):
    for iteration in range(store.config.iterations + 1):
        policy, step = store.policy(iteration, 0)
        expected, expected_step = other.policy(iteration, 0)
        for name in ("K", "k", "L"):
            np.testing.assert_array_equal(getattr(policy, name), getattr(expected, name))
        np.testing.assert_array_equal(step, expected_step)


def test_a_training_done_again_has_the_same_policies_bit_for_bit(write_bag, trained, tmp_path):
    store, rollouts = trained
    again, ended = redo(read_run(write_bag(store, rollouts)), tmp_path / "runs")
    assert ended == ""
    assert again.directory != store.directory
    assert_same_policies(again, store)
    assert again.invalid_count(0, 0) == 1


def test_a_guided_training_done_again_has_the_same_network(write_bag, task, tmp_path):
    config = RunConfig("hockey", "mdgps-pilqr", 1, 2, 4, task.guided.conditions)
    store = create_run(tmp_path / "first", task, config)
    taped = Taped(task)
    Trainer(store, taped, TaskCostEvaluator(task)).run()
    again, _ = redo(read_run(write_bag(store, taped.rollouts)), tmp_path / "runs")
    for name, array in store.network(1).arrays().items():
        np.testing.assert_array_equal(again.network(1).arrays()[name], array)


def test_a_training_that_started_from_another_is_done_again_without_that(
    write_bag, trained, task, tmp_path
):
    first, _ = trained
    origin = Origin(str(first.directory), prior_iterations=1)
    config = RunConfig("hockey", "pilqr", 1, 3, 6, (0,), origin)
    store = begin_run(tmp_path / "second", task, config)
    taped = Taped(task)
    Trainer(store, taped, TaskCostEvaluator(task)).run()
    bag = write_bag(store, taped.rollouts)
    shutil.rmtree(store.directory)
    again, _ = redo(read_run(bag), tmp_path / "runs")
    np.testing.assert_array_equal(again.policy(0, 0)[0].k, first.policy(2, 0)[0].k)
    assert again.taken(0).batches


def test_of_rollouts_with_one_seed_the_last_counts(write_bag, trained, tmp_path):
    store, rollouts = trained
    broken = replace(rollouts[0], commanded=rollouts[0].commanded + 1.0)
    again, _ = redo(read_run(write_bag(store, [broken, *rollouts])), tmp_path / "runs")
    assert_same_policies(again, store)


def test_a_run_that_was_given_more_iterations_is_done_again_with_all_of_them(
    write_bag, task, tmp_path
):
    store = create_run(tmp_path / "first", task, RunConfig("hockey", "pilqr", 1, 3, 6, (0,)))
    taped = Taped(task)
    Trainer(store, taped, TaskCostEvaluator(task)).run()
    begun = store.own_files()
    longer = prolonged(store, 2)
    keep_prolonged(longer)
    Trainer(longer, taped, TaskCostEvaluator(task)).run()
    again, _ = redo(read_run(write_bag(longer, taped.rollouts, [begun])), tmp_path / "runs")
    assert again.config == longer.config
    assert_same_policies(again, longer)


def test_a_bag_that_lacks_a_rollout_before_others_is_refused(write_bag, trained, tmp_path):
    store, rollouts = trained
    missing = f"no rollout with seed {rollouts[2].seed} in condition 0; 0 of 2 iterations"
    with pytest.raises(CollectorError, match=missing):
        redo(read_run(write_bag(store, rollouts[:2] + rollouts[3:])), tmp_path / "runs")


def test_of_a_bag_of_another_order_it_is_said_how_far_it_went_and_that_it_is_older(
    write_bag, trained, tmp_path
):
    store, rollouts = trained
    *tried, last = rollouts
    first, second = tried[:4], tried[4:]
    lacking = [*first[1:], first[0], second[1], second[0], last]
    with pytest.raises(CollectorError) as refused:
        redo(read_run(write_bag(store, lacking)), tmp_path / "runs")
    (again,) = (tmp_path / "runs" / "hockey").iterdir()
    assert str(refused.value).endswith(
        ": it is of an earlier version, which executed an iteration's rollout without noise last; "
        f"1 of 2 iterations were done again, in {again}"
    )


def test_of_a_bag_without_the_last_policys_rollout_every_iteration_is_done_again(
    write_bag, trained, tmp_path
):
    """Older versions did not execute the last policy."""
    store, rollouts = trained
    again, ended = redo(read_run(write_bag(store, rollouts[:-1])), tmp_path / "runs")
    assert_same_policies(again, store)
    assert again.cost(2, 0, 0) is None
    assert "no rollout of the last policy" in ended


@pytest.mark.parametrize(("kept", "done"), [(6, 1), (2, 0)])
def test_a_training_whose_bag_ends_early_is_done_again_so_far(
    write_bag, trained, tmp_path, kept, done
):
    store, rollouts = trained
    again, ended = redo(read_run(write_bag(store, rollouts[:kept])), tmp_path / "runs")
    assert again.iterations_finished == done
    np.testing.assert_array_equal(again.policy(done, 0)[0].k, store.policy(done, 0)[0].k)
    assert ended == f"the bag ends within iteration {done + 1} of 2: so does the run"


@pytest.mark.parametrize("seeds", [(), (77, 78)])
def test_a_bag_without_a_training_is_refused_and_leaves_no_run(write_bag, trained, tmp_path, seeds):
    store, rollouts = trained
    evaluated = [replace(rollouts[0], seed=seed) for seed in seeds]
    what = "2 rollouts, all of them of evaluations" if seeds else "no rollout at all"
    with pytest.raises(BagError, match=f"the bag holds {what}: there is no training to do again"):
        redo(read_run(write_bag(store, evaluated)), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_rollout_that_counts_though_it_was_limited_too_much_is_refused(task, trained):
    _, rollouts = trained
    rollout = next(one for one in rollouts if one.valid and one.noise.any())
    policy = task.initial_policy(0)
    guard = task.file.guard.model_copy(update={"max_fraction_limited": 0.1})
    strict = Task(task.source, task.file.model_copy(update={"guard": guard}), task.folder)
    limited = replace(rollout, interventions=rollout.interventions.copy())
    limited.interventions[:11] |= Intervention.JOINT_BOUND

    def collect(of_task, recorded):
        collector = RecordedCollector(of_task, {(0, rollout.seed): recorded})
        return collector.collect(policy, 0, rollout.seed, explore=True, jitter=True)

    assert collect(task, limited) is limited
    assert collect(strict, rollout) is rollout
    with pytest.raises(CollectorError, match="joint_bound cut the torque in 11 steps, allowed: 10"):
        collect(strict, limited)


@pytest.mark.parametrize("name", ["noise", "commanded"])
def test_a_rollout_of_another_policy_or_noise_is_refused(write_bag, trained, tmp_path, name):
    store, rollouts = trained
    array = getattr(rollouts[2], name).copy()
    array[5, 1] += 0.01
    changed = [*rollouts[:2], replace(rollouts[2], **{name: array}), *rollouts[3:]]
    with pytest.raises(CollectorError, match=rf"does not fit: {name} is off by up to 0.01"):
        redo(read_run(write_bag(store, changed)), tmp_path / "runs")


def test_rollouts_are_listed_with_place_and_cost(write_bag, trained, task):
    store, rollouts = trained
    other = replace(rollouts[0], seed=12345)
    short = replace(
        rollouts[0],
        seed=rollouts[1].seed,
        valid=False,
        reason="cancelled",
        **{
            name: getattr(rollouts[0], name)[:3]
            for name in ("states", "commanded", "applied", "noise", "stamps", "interventions")
        },
    )
    listed = list_rollouts(read_run(write_bag(store, [*rollouts, other, short])))
    places = [one.recorded.place for one in listed]
    assert places[:3] == [
        RecordedPlace(0, 0, 2, 0),  # without noise: it is executed first
        RecordedPlace(0, 0, 0, 0),
        RecordedPlace(0, 0, 0, 1),
    ]
    assert places[-4:] == [
        RecordedPlace(1, 0, 1, 0),
        RecordedPlace(2, 0, 0, 0),  # of the last policy
        None,
        RecordedPlace(0, 0, 0, 0),
    ]
    assert listed[0].cost.total == store.cost(0, 0, 2).total
    assert listed[-1].cost is None


def test_rollouts_are_exported_as_arrays_without_pickle(write_bag, trained, tmp_path):
    store, rollouts = trained
    paths = export_rollouts(read_run(write_bag(store, rollouts)), tmp_path / "arrays")
    for path, rollout in zip(paths, rollouts, strict=True):
        with np.load(path, allow_pickle=False) as arrays:
            np.testing.assert_array_equal(arrays["states"], rollout.states)
            assert arrays["seed"] == rollout.seed
        with np.load(path.with_suffix(".cost.npz"), allow_pickle=False) as arrays:
            assert arrays["costs"].shape == (rollout.T,)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "models/../x", "models/..", "other/x", ""])
def test_a_run_writes_only_into_its_directory(tmp_path, name):
    with pytest.raises(BagError, match="expected a name in the run"):
        restore({name: b""}, tmp_path)


def test_a_bag_of_something_else_is_refused(write_bag, trained, tmp_path):
    with pytest.raises(BagError, match="is no bag"):
        find_bag(tmp_path)
    bag = write_bag(*trained)
    file = bag / "iteration_000.mcap"
    file.write_bytes(file.read_bytes().replace(b"TrainingRun", b"TrainingFun"))
    with pytest.raises(BagError, match=r"tells of no training|cannot be read|is torn"):
        read_run(bag)


def test_the_commands_show_export_mend_and_replay(write_bag, trained, tmp_path):
    store, rollouts = trained
    bag = write_bag(store, rollouts)

    def run(*arguments):
        result = CliRunner().invoke(app, ["bag", *map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.output

    assert "9 messages" in run("info", tmp_path)
    listed = run("list", bag)
    assert all(str(rollout.seed)[:6] in listed for rollout in rollouts)
    assert "8 rollouts" in run("export", bag, tmp_path / "arrays")
    assert "mended: nothing" in run("repair", bag)
    file = bag / "iteration_000.mcap"
    file.write_bytes(file.read_bytes()[:-9])
    assert "mended: iteration_000.mcap" in run("repair", bag)
    assert "run: " in run("replay", bag, "--runs", tmp_path / "runs")


def test_the_arrays_of_a_bag_are_not_written_into_it(write_bag, trained):
    bag = write_bag(*trained)
    with pytest.raises(NotInRunError, match="give a folder elsewhere"):
        CliRunner().invoke(app, ["bag", "export", str(bag), f"{bag}/x"], catch_exceptions=False)
    assert not (bag / "x").exists()


def test_the_command_that_replays_says_that_a_bag_ends_and_shows_what_it_has(
    write_bag, trained, tmp_path
):
    store, rollouts = trained
    bag = write_bag(store, rollouts[:-1])
    result = CliRunner().invoke(app, ["bag", "replay", str(bag), "--runs", str(tmp_path / "runs")])
    assert result.exit_code == 0, result.output
    assert "the bag holds no rollout of the last policy" in result.output
    assert "run: " in result.output
