"""The card of a trained policy: what it is, what it was trained on, and how often it succeeds.

``policy_card.json`` for programs and ``policy_card.md`` for people, in the run's directory. Success
is counted from the evaluations that are stored there, each condition apart, with Wilson's interval:
for k successes in n rollouts and z = 1.96

    (k/n + z^2/2n -+ z sqrt(k/n (1 - k/n)/n + z^2/4n^2)) / (1 + z^2/n)
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pilqr_ros.evaluation.measured import stored_spreads
from pilqr_ros.plain_text import in_markdown
from pilqr_ros.runs import atomic
from pilqr_ros.runs.rollout_files import load_cost
from pilqr_ros.runs.run_store import RunStore
from pilqr_ros.runs.versions import recorded_versions

Z = 1.959964
"""Quantile of the normal distribution for 95 %."""


def write_card(store: RunStore) -> Path:
    """Write the card of a run's last policy and return the path of the readable one."""
    card = describe(store)
    atomic.write_json(store.directory / "policy_card.json", card)
    path = store.directory / "policy_card.md"
    atomic.write_text(path, _readable(card))
    return path


def wilson(successes: int, rollouts: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a success rate; (0, 1) without rollouts."""
    if rollouts == 0:
        return 0.0, 1.0
    rate, z2 = successes / rollouts, Z * Z / rollouts
    spread = Z * math.sqrt(rate * (1.0 - rate) / rollouts + z2 / (4.0 * rollouts))
    low, high = (rate + z2 / 2.0 - spread) / (1.0 + z2), (rate + z2 / 2.0 + spread) / (1.0 + z2)
    return max(low, 0.0), min(high, 1.0)


def describe(store: RunStore) -> dict[str, Any]:
    """Return the card of a run's last policy."""
    config, task = store.config, store.task
    reports = store.reports()
    path = store.directory / "run.json"
    return {
        "task": config.task,
        "description": task.description,
        "method": config.method,
        "iterations": store.iterations_finished,
        "rollouts": sum(report["rollouts"] for report in reports),
        "rollouts_invalid": sum(report["rollouts_invalid"] for report in reports),
        "seed": config.seed,
        "origin": None if config.origin is None else str(config.origin),
        "trained_in": [task.conditions[index].name for index in config.conditions],
        "policy": _policy(store),
        "distance": task.distance_label,
        "evaluations": _evaluations(store),
        "versions": recorded_versions(atomic.read_json(path), path),
    }


def _policy(store: RunStore) -> dict[str, Any]:
    """Describe the policy itself: its kind, size and inputs."""
    task, last = store.task, store.iterations_finished
    common = {"steps": task.T, "rate_hz": task.rate, "action": list(task.joints)}
    common["action_units"] = list(task.joint_units.effort)
    network = store.network(last)
    if network is None or task.global_plan is None:
        kind = "time-varying linear-Gaussian, one for each condition"
        return {"kind": kind, **common, "observation": list(task.layout.labels)}
    return {
        "kind": "neural network of rectified linear units, one for all conditions",
        **common,
        "layers": list(network.sizes),
        "observation": list(task.global_plan.labels),
    }


def _evaluations(store: RunStore) -> list[dict[str, Any]]:
    """Count the successes of each stored evaluation by condition."""
    found = []
    for summary in sorted(store.directory.glob("evaluations/*/summary.json")):
        groups: dict[str, list[tuple[int, Path]]] = {}
        for index, condition in enumerate(store.task.conditions):
            place = summary.parent / f"condition_{index}"
            if place.is_dir():
                groups.setdefault(condition.group, []).append((index, place))
        counted = [_count(store, group, places) for group, places in groups.items()]
        found.append({"name": summary.parent.name, "conditions": counted})
    return found


def _count(store: RunStore, group: str, places: list[tuple[int, Path]]) -> dict[str, Any]:
    """Count the successes in one listed condition, or in a set of drawn ones."""
    trained = {store.task.conditions[index].group for index in store.config.conditions}
    paths = [(index, path) for index, place in places for path in place.glob("rollout_*.cost.npz")]
    costs = [load_cost(path) for _, path in paths]
    rollouts = [(i, path.with_name(path.name.replace(".cost.npz", ".npz"))) for i, path in paths]
    measured = stored_spreads(store.task, rollouts)
    successes = sum(cost.success for cost in costs)
    return {
        "condition": group,
        "trained": group in trained,
        "rollouts": len(costs),
        "successes": successes,
        "interval": [round(bound, 3) for bound in wilson(successes, len(costs))],
        "mean_distance": sum(cost.distance for cost in costs) / max(len(costs), 1),
        "measures": {name: spread._asdict() for name, spread in measured.items()},
    }


def _readable(card: dict[str, Any]) -> str:
    """Return a card as Markdown; a name in it is a name, whatever it holds."""
    card = _escaped(card)
    policy = card["policy"]
    lines = [
        f"# Policy card: {card['task']}, {card['method']}",
        "",
        card["description"],
        "",
        f"- Trained in: {', '.join(card['trained_in'])}; {card['iterations']} iterations, "
        f"{card['rollouts']} rollouts ({card['rollouts_invalid']} more were invalid), "
        f"seed {card['seed']}",
        f"- Policy: {policy['kind']}; {policy['steps']} steps at {policy['rate_hz']:g} Hz",
    ]
    if card["origin"] is not None:
        lines.append(f"- Started from: {card['origin']}")
    if "layers" in policy:
        lines.append(f"- Layers: {' - '.join(map(str, policy['layers']))}")
    lines += [
        f"- Observes: {', '.join(policy['observation'])}",
        f"- Commands: {_commands(policy)}",
        "- Versions: " + ", ".join(f"{name} {v}" for name, v in card["versions"].items()),
        "",
    ]
    for evaluation in card["evaluations"]:
        lines += [
            f"## Evaluation {evaluation['name']}",
            "",
            f"| condition | trained | success | 95 % interval | mean {card['distance']} |",
            "|---|---|---|---|---|",
            *(_row(each) for each in evaluation["conditions"]),
            "",
            *_measures(evaluation["conditions"]),
        ]
    return "\n".join(lines)


def _escaped(value: Any) -> Any:  # noqa: ANN401
    """Return a value with every text in it as Markdown shows it as it is."""
    if isinstance(value, str):
        return in_markdown(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(each) for key, each in value.items()}
    return [_escaped(each) for each in value] if isinstance(value, list) else value


def _commands(policy: dict[str, Any]) -> str:
    """Return what a policy commands, each joint with its unit."""
    pairs = zip(policy["action"], policy["action_units"], strict=True)
    return ", ".join(f"{joint} [{unit}]" for joint, unit in pairs)


def _row(each: dict[str, Any]) -> str:
    low, high = each["interval"]
    return (
        f"| {each['condition']} | {'yes' if each['trained'] else 'no'} "
        f"| {each['successes']} of {each['rollouts']} | {low:.2f} to {high:.2f} "
        f"| {each['mean_distance']:.3f} |"
    )


def _measures(conditions: list[dict[str, Any]]) -> list[str]:
    """Return the table of the task's measures; none where it has none."""
    rows = [
        f"| {each['condition']} | {name} "
        f"| {spread['mean']:.3f} | {spread['least']:.3f} | {spread['greatest']:.3f} |"
        for each in conditions
        for name, spread in each["measures"].items()
    ]
    head = ["| condition | measure | mean | least | greatest |", "|---|---|---|---|---|"]
    return [*head, *rows, ""] if rows else []
