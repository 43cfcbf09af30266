"""Figures of comparisons as a short script finds them in the logs: two seeds by two settings, three unequal runs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, manifest, scripted_run

Tables = dict[str, list[dict[str, Any]]]
AGENTS = 16


def by_hand(runs: Sequence[Path], dimension: str) -> dict[str, Any]:
    """The script, which uses nothing of ours: figures of runs of 16 agents, the first of which is the base."""
    logs = [[json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()] for run in runs]
    plans = [json.loads((run / "manifest.json").read_text()) for run in runs]
    count = min(len(items) // AGENTS for items in logs) * AGENTS

    def rated(items: list[dict[str, Any]], text: str) -> Any:
        given = [(item["scores"][text][dimension] or {}).get("rating") for item in items[:count]]
        return np.array(given, dtype=float)

    def interval(values: Any, strata: list[object]) -> tuple[float, float] | None:
        parts, mean, size = [], np.nanmean(values), (~np.isnan(values)).sum()
        off = np.nansum((values - mean).reshape(-1, AGENTS), axis=0) / size
        there = (~np.isnan(values)).reshape(-1, AGENTS).any(axis=0)
        for stratum in dict.fromkeys(strata):
            group = off[there & np.array([each == stratum for each in strata])]
            parts.append((group.size * group.var(ddof=1), group.size - 1))
        variance = sum(part for part, _ in parts)
        freedom = variance**2 / sum(part**2 / free for part, free in parts) if variance > 1e-12 else 1
        half = np.sqrt(variance) * np.interp(freedom, *zip(*STUDENT, strict=True))
        return (mean - half, mean + half) if size >= 10 and variance > 1e-12 else None

    texts = [[rated(items, text) for text in ("draft", "revision")] for items in logs]
    labels = [[item["label"] for item in items[:AGENTS]] for items in logs]
    found: dict[str, Any] = {"rounds": count // AGENTS, "runs": [], "against": []}
    for (before, after), own in zip(texts, labels, strict=True):
        gain = after - before
        found["runs"].append((interval(after, own), interval(gain, own), np.nanmean(after), np.nanmean(gain)))
    for (_, after), plan, own in zip(texts[1:], plans[1:], labels[1:], strict=True):
        differences, base = after - texts[0][1], texts[0][1]
        same = all(plan[key] == plans[0][key] for key in ("seed", "questions"))
        known = differences[~np.isnan(differences)] if same else np.array([])
        mean = known.mean() if same else np.nanmean(after) - np.nanmean(base)
        bounds = interval(differences, list(zip(own, labels[0], strict=True))) if same else None
        sides = [int((~np.isnan(side)).sum()) for side in (after, base)]
        signs = [int((np.sign(known) == sign).sum()) if same else None for sign in (1, 0, -1)]
        found["against"].append((known.size, *sides, mean, bounds, signs))
    return found


# Degrees of freedom and 97.5 % quantiles of Student's t, from a book.
STUDENT = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (6, 2.447), (7, 2.365), (8, 2.306), (9, 2.262),
           (10, 2.228), (11, 2.201), (12, 2.179), (13, 2.160), (14, 2.145), (15, 2.131), (30, 2.042)]  # fmt: skip


def run_of(sandbox: Sandbox, folder: Path, name: str, missing: int, **options: object) -> Path:
    """A run of 16 agents, every so manieth rating of which is missing."""
    run = scripted_run(sandbox, folder, name, grid=4, **options)
    items = log(run)
    for place, item in enumerate(items):
        text = ("draft", "revision")[place % 2]
        if place % missing == 0:
            item["scores"][text]["alignment"] |= {"rating": None, "missing": "unparsable"}
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return run


def check(sandbox: Sandbox, *runs: Path) -> None:
    done = sandbox("inspect", *runs, "--json")
    assert done.code == 0, done.err
    tables: Tables = json.loads(done.out)["tables"]
    for dimension in ("alignment", "engagement"):
        wanted = by_hand(runs, dimension)
        for row, (revision, gain, after, gained) in zip(tables[f"{dimension} by run"], wanted["runs"], strict=True):
            assert (row["rounds_done"], row["interactions"]) == (wanted["rounds"], wanted["rounds"] * AGENTS)
            same(row[f"revision_{dimension}"], after, revision)
            same(row[f"{dimension}_gain"], gained, gain)
        for run, (pairs, n, base, mean, bounds, signs) in zip(runs[1:], wanted["against"], strict=True):
            (row,) = (row for row in tables[f"{run.name} against {runs[0].name}"] if row["dimension"] == dimension)
            assert (row["pairs"], row["n"], row["n_of_base"]) == (pairs, n, base)
            assert [row[sign] for sign in ("win", "tie", "loss")] == signs
            if pairs:
                same(row["difference"], mean, bounds)
            else:
                assert row["difference"]["mean"] == pytest.approx(mean)


def same(found: dict[str, Any], mean: float, bounds: tuple[float, float] | None) -> None:
    assert found["mean"] == pytest.approx(mean)
    shown = None if found["low"] is None else (found["low"], found["high"])
    assert shown == (bounds and pytest.approx(bounds, abs=0.01))


def test_two_seeds_by_two_settings(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = {"plain": {}, "global": {"scope": "global", "labels": "half"}}
    runs = [
        run_of(sandbox, tmp_path, f"{name}-{seed}", 5 + seed, seed=seed, **options)
        for seed in (0, 1)
        for name, options in settings.items()
    ]
    check(sandbox, *runs)
    check(sandbox, *runs[2:])
    shown = told(sandbox, *runs)
    assert shown.count("not paired, as seeds 1 and 0 differ: difference of the means of all") == 2
    pairs = [row[0]["pairs"] for name, row in tables_of(sandbox, *runs).items() if "against" in name]
    assert pairs[0] > 20
    assert pairs[1:] == [0, 0]


@pytest.mark.slow
def test_three_unequal_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    runs = [
        run_of(sandbox, tmp_path, "three", 7, rounds=3),
        run_of(sandbox, tmp_path, "two", 4, rounds=2, scope="global"),
        run_of(sandbox, tmp_path, "cut", 3, rounds=3, labels="all-bad"),
    ]
    lines = (runs[2] / "interactions.jsonl").read_text().splitlines(keepends=True)
    (runs[2] / "interactions.jsonl").write_text("".join(lines[: AGENTS + 5]))
    check(sandbox, *runs)
    check(sandbox, *runs[:2])
    note = "round 0 alone: three has 3, two has 2, cut has 1 and 5 interactions of the next"
    assert json.loads(sandbox("inspect", *runs, "--json").out)["notes"]["alignment by run"].startswith(note)
    assert told(sandbox, *runs).count("round 0 alone") == 5
    (runs[2] / "interactions.jsonl").write_text(lines[0])
    assert "no round is whole in all: two has 2, cut has 0 and 1 interaction of the next;" in told(sandbox, *runs[1:])
    assert "rounds 0 to 1 alone: three has 3, two has 2" in told(sandbox, *runs[:2])
    assert " 1 alone" not in told(sandbox, runs[1], runs[1])
    rounds = tables_of(sandbox, *runs[:2])["Pareto front"]
    assert {round_ for row in rounds for round_ in (row["front_rounds"] or "").split(", ")} <= {"", "0", "1"}
    assert manifest(runs[0])["config"]["rounds"] == 3


def told(sandbox: Sandbox, *runs: Path) -> str:
    """What a terminal shows, in one line."""
    return " ".join(sandbox("inspect", *runs).out.split())


def tables_of(sandbox: Sandbox, *runs: Path) -> Tables:
    tables: Tables = json.loads(sandbox("inspect", *runs, "--json").out)["tables"]
    return tables
