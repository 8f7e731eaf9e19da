"""Files that no program of ours would write: runs, tasks, robots and bags, each spoilt in one way.

`python -m pilqr_ros.benchmarks.soak.hostile_files --count 500` spoils a small run again and again
and reads it as the commands do. Each input must be told by an error of ours, or be read in spite of
it (a flipped bit in a comment); within bounds of time and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pilqr_ros.errors import PilqrError
from pilqr_ros.evaluation.policy_card import write_card
from pilqr_ros.learning.collector import InProcessCollector
from pilqr_ros.learning.training import Trainer
from pilqr_ros.plain_text import printable
from pilqr_ros.recording.bag import BagWriter, Bounds
from pilqr_ros.recording.reader import bag_info, find_bag, read_messages
from pilqr_ros.recording.topic import BagTopic
from pilqr_ros.robot.execution.rollout_cost import TaskCostEvaluator
from pilqr_ros.robot.robot_config import load_robot_config
from pilqr_ros.runs.run_store import RunConfig, create_run_in, open_run
from pilqr_ros.tasks import load_task

MAX_SECONDS = 20.0
"""Longest time to read an input [s]."""

MAX_GROWTH = 1024
"""Most memory that reading all inputs may take besides what the sample takes [MiB]."""

TEXTS = ("\x1b[2J", "a\n[ERROR] b", "[/red]", "$\\frac{$", "\u202e", "x" * 10**5, "../" * 100, "")
"""Texts that try to be something else."""

NUMBERS = ("9" * 5000, "-1", "1e999", "NaN", "1e12", "2026-02-31", "0x" + "f" * 40)
"""Numbers that are none, or too large."""

_INT32 = "std_msgs/msg/Int32"

UNREAD = ("update.npz", "training.lock")
"""Files of a run that no program reads."""

Spoil = Callable[[Path, random.Random], None]


def _edited(edit: Callable[[bytes, random.Random], bytes]) -> Spoil:
    """Return what spoils a file by an edit of its content."""
    return lambda path, chance: _replace(path, edit(path.read_bytes() or b"\n", chance))


def _replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _flip(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return (
        content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
    )


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _doubled(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content))
    return content[:begin] + content[chance.randrange(begin + 1) :]


def _put_text(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + chance.choice(TEXTS).encode() + content[place:]


def _put_number(content: bytes, chance: random.Random) -> bytes:
    places = [i for i, byte in enumerate(content) if chr(byte).isdigit()] or [0]
    place = chance.choice(places)
    return content[:place] + chance.choice(NUMBERS).encode() + content[place + 1 :]


def _put_other(make: Callable[[Path], None]) -> Spoil:
    """Return what puts something that is no file in a file's place."""

    def spoil(path: Path, _chance: random.Random) -> None:
        path.unlink()
        make(path)

    return spoil


def _grow(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**36)


SPOILS: Mapping[str, Spoil] = {
    "flipped bit": _edited(_flip),
    "cut off": _edited(_cut),
    "said twice": _edited(_doubled),
    "text put in": _edited(_put_text),
    "number put in": _edited(_put_number),
    "in UTF-16": _edited(lambda content, _: content.decode("latin-1").encode("utf-16")),
    "with a mark of order": _edited(lambda content, _: b"\xef\xbb\xbf" + content),
    "nothing": _edited(lambda content, _: b""),
    "nested": _edited(lambda content, _: b'{"a":[' * 50_000),
    "64 GB": _put_other(_grow),
    "a pipe": _put_other(os.mkfifo),
    "a folder": _put_other(Path.mkdir),
    "an endless device": _put_other(lambda path: path.symlink_to("/dev/zero")),
    "a link to itself": _put_other(lambda path: path.symlink_to(path.name)),
}
"""What can be done to a file."""


def make_sample(folder: Path) -> None:
    """Write a small run with a bag, a task and a robot."""
    task = load_task("hockey")
    config = RunConfig(task.name, "pi2", 2, 2, 0, (0,))
    store = create_run_in(folder / "run", task, config)
    Trainer(store, InProcessCollector(task), TaskCostEvaluator(task)).run()
    topic = BagTopic("/a", _INT32, "int32 data\n", "", "")
    bag = BagWriter(folder / "bag", [topic], Bounds(10**6, 0))
    bag.begin("part")
    for number in range(20):
        bag.write(0, number, number, b"\x00\x01\x00\x00" + number.to_bytes(4, "little"))
    bag.close()
    (folder / "robot.yaml").write_text("name: some_arm\njoint_states: {topic: a/b, rate: 100}\n")


def write_unreadable(folder: Path) -> list[Path]:
    """Write runs that cannot be opened, and return their directories."""
    places = []
    for number, text in enumerate((*TEXTS, *NUMBERS, "/dev/zero", "a pipe")):
        place = folder / "unreadable" / str(number)
        place.mkdir(parents=True, exist_ok=True)
        path = place / "run.json"
        path.unlink(missing_ok=True)
        if text == "a pipe":
            os.mkfifo(path)
        elif text == "/dev/zero":
            path.symlink_to(text)
        else:
            path.write_text(json.dumps({"format": text}))
        places.append(place)
    return places


def read_sample(folder: Path) -> None:
    """Read all of a sample, as the commands do.

    Raises:
        PilqrError: Something in it is spoilt.
    """
    store = open_run(folder / "run")
    config, condition = store.config, store.config.conditions[0]
    for iteration in range(min(config.iterations, 3) + 1):
        store.policy(iteration, condition)
    for iteration in range(min(config.iterations, 3)):
        for sample in range(min(config.rollouts, 3)):
            store.rollout(iteration, condition, sample)
            store.cost(iteration, condition, sample)
        store.sample_records(iteration + 1, condition, 1)
    write_card(store)
    load_robot_config(str(folder / "robot.yaml"), store.task)
    bag = find_bag(folder / "bag")
    bag_info(bag)
    for _ in read_messages(bag, _INT32):
        pass


def spoilt(sample: Path, workplace: Path, chance: random.Random) -> Iterator[tuple[str, Path]]:
    """Yield without end what was done to which file, and the sample with it."""
    files = sorted(
        path.relative_to(sample)
        for path in sample.rglob("*")
        if path.is_file() and path.name not in UNREAD
    )
    for number, (kind, spoil) in enumerate(_in_turn(SPOILS)):
        name = files[number % len(files)] if number < len(files) else chance.choice(files)
        place = workplace / str(number)
        shutil.copytree(sample, place)
        spoil(place / name, chance)
        yield f"{name}: {kind}", place


def _in_turn(kinds: Mapping[str, Spoil]) -> Iterator[tuple[str, Spoil]]:
    while True:
        yield from kinds.items()


def examine(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Read so many spoilt samples; return what came of them, and what should not have."""
    outcomes, problems = Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample"
        make_sample(sample)
        read_sample(sample)
        before = _peak_mebibytes()
        inputs = spoilt(sample, Path(folder), random.Random(seed))
        for _, (what, place) in zip(range(count), inputs, strict=False):
            began = time.monotonic()
            outcome = _outcome(place)
            seconds = time.monotonic() - began
            outcomes[outcome.partition(":")[0]] += 1
            if outcome.startswith("wrong") or seconds > MAX_SECONDS:
                problems.append(f"{what}: {outcome} after {seconds:.1f} s")
            shutil.rmtree(place)
        growth = _peak_mebibytes() - before
        if growth > MAX_GROWTH:
            problems.append(f"reading took {growth:.0f} MiB, allowed are {MAX_GROWTH}")
    return outcomes, problems


def _outcome(place: Path) -> str:
    """Tell what reading a spoilt sample comes to."""
    try:
        read_sample(place)
    except PilqrError as error:
        return "told" if str(error) and str(error).isprintable() else "wrong: not printable"
    except Exception as error:
        return f"wrong: {type(error).__name__}: {printable(str(error), max_length=300)}"
    return "read"


def _peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str] | None = None) -> int:
    """Examine, print what came of it as JSON, and return 0 if nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0, help="seed of what is done to them")
    chosen = parser.parse_args(arguments)
    outcomes, problems = examine(chosen.count, chosen.seed)
    print(json.dumps({"outcomes": outcomes, "problems": problems}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
