"""An export follows from runs and options alone, every row is accounted for, and nothing is overwritten."""

import json
import re
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from exported import export, interactions, score

FORMATS = ("stable-alignment", "alpaca", "sft", "dpo", "kto", "reward", "modpo", "parquet")


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run of few questions in which much went wrong."""
    return mixed_run(sandbox, tmp_path, max_length=40)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_runs_in_any_order_and_place_give_the_same_bytes(
    sandbox: Sandbox, tmp_path: Path, run: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = scripted_run(sandbox, tmp_path, "another", seed=3, max_length=40)
    words = ("--format", format_, "--validation", 0.2, "--test", 0.2, "--seed", 5)
    first = export(sandbox, tmp_path, run, other, *words)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    second = export(sandbox, elsewhere, "another", run.name, "--runs", run.parent, *words, out="deep/er")
    files = first.files()
    assert files == second.files()
    text = b"".join(files.values()).decode(errors="replace")
    assert str(tmp_path) not in text
    assert "deep" not in text
    assert not re.search(r"20\d\d-\d\d-\d\dT", text)


@pytest.mark.parametrize("format_", FORMATS)
def test_accounts_add_up(sandbox: Sandbox, tmp_path: Path, run: Path, format_: str) -> None:
    words = ["--format", format_, "--round", "1-", "--max-rows", 7, "--validation", 0.3]
    words += [] if format_ == "parquet" else ["--min-length", 20]
    folder = export(sandbox, tmp_path, run, *words)
    accounts = folder.manifest["filters"]
    for rows in accounts.values():
        assert rows["considered"] == rows["kept"] + sum(rows["dropped"].values())
    assert accounts["interactions"]["considered"] == len(log(run))
    assert accounts["interactions"]["dropped"]["other round"] == sum(item["round"] < 1 for item in log(run))
    for part, counts in folder.manifest["parts"].items():
        rows = [row for split in counts for row in folder.rows(part, split)]
        assert len(rows) == sum(counts.values()) <= 7
        assert sum(len(row.get("responses", [row])) for row in rows) == accounts[part]["kept"]
    for part in accounts.keys() - folder.manifest["parts"].keys() - {"interactions"}:
        assert accounts[part]["kept"] == 0
        assert f"There are no {part} rows." in folder.done.err


def test_filters_of_interactions_take_what_they_say(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    kept = {
        ("--round", "0-1"): lambda item: item["round"] <= 1,
        ("--label", "good"): lambda item: item["label"] == "good",
        ("--model", "fake"): lambda item: item["model"] == "fake",
        ("--no-missing",): lambda item: (
            item["failed"] is None and '"missing":"' not in json.dumps(item).replace(" ", "")
        ),
        ("--no-cut",): lambda item: "length" not in item["finish"].values(),
    }
    best = scripted_run(sandbox, tmp_path, "best")
    (best / "interactions.jsonl").write_text(
        (best / "interactions.jsonl").read_text().replace('"finish":{"draft":"stop"', '"finish":{"draft":"length"', 1)
    )
    for number, (words, fits) in enumerate(kept.items()):
        folder = export(sandbox, tmp_path, best, run, "--format", "parquet", *words, out=f"out{number}")
        wanted = [name for name, item in interactions(best, run).items() if fits(item)]
        assert [f"{row['run']}/{row['id']}" for row in folder.rows("interactions")] == wanted, words
        assert 0 < len(wanted) < len(log(run)) + len(log(best))
    refused = sandbox("export", run, "--format", "parquet", "--model", "nobody", "--out", "none")
    assert (refused.code, refused.err.splitlines()[0]) == (1, f"Error: No row is left: {len(log(run))} other model.")
    assert not (tmp_path / "none").exists()


def test_filters_of_rows_take_what_they_say(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    folder = export(sandbox, tmp_path, run, "--format", "sft", "--min-score", 5, "--min-length", 60)
    known = interactions(run)
    for part in ("imitation", "realignment"):
        for row, origin in zip(folder.rows(part), folder.origins(part), strict=True):
            (source,) = origin["from"]
            assert (score(known[source["interaction"]], source["said"]) or 0) >= 5
            assert len(row["completion"]) >= 60
    dropped = folder.manifest["filters"]["imitation"]["dropped"]
    assert dropped["low score"] == sum(
        (score(item, text) or 5) < 5 for item in log(run) for text in ("draft", "revision")
    )
    # The rating beside a critique is not about the critique.
    assert "low score" not in folder.manifest["filters"]["self-critic"]["dropped"]


def test_every_question_is_in_one_split_and_the_same_one_in_every_format(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=20)
    known = interactions(run)
    questions = {item["question_id"] for item in known.values()}
    where: dict[str, set[str]] = {}
    for format_ in FORMATS:
        words = ("--format", format_, "--validation", 0.2, "--test", 0.1, "--seed", 1)
        folder = export(sandbox, tmp_path, run, *words, out=format_)
        for part, counts in folder.manifest["parts"].items():
            for split in counts:
                for source in (source for origin in folder.origins(part, split) for source in origin["from"]):
                    where.setdefault(known[source["interaction"]]["question_id"], set()).add(split)
    assert all(len(splits) == 1 for splits in where.values())
    shares = Counter(split for (split,) in where.values())
    assert where.keys() == questions
    assert 0.1 < shares["validation"] / len(questions) < 0.3
    assert 0.03 < shares["test"] / len(questions) < 0.2


def test_fewer_rows_are_some_of_more_in_the_same_order_and_another_seed_draws_others(
    sandbox: Sandbox, tmp_path: Path, run: Path
) -> None:
    def drawn(most: int, seed: int = 0) -> list[dict[str, Any]]:
        words = ("--format", "reward", "--max-rows", most, "--seed", seed)
        return export(sandbox, tmp_path, run, *words, out=f"{next(names)}").rows("reward")

    names = count()
    rows = drawn(12)
    assert len(rows) == 12
    assert drawn(5) == [row for row in rows if row in drawn(5)]
    assert drawn(5, seed=1) != drawn(5)


@pytest.mark.parametrize(("mix", "most"), [("5:1:1", None), ("2:1:0", None), ("1:1:1", 10)])
def test_a_mix_has_its_proportions(sandbox: Sandbox, tmp_path: Path, run: Path, mix: str, most: int | None) -> None:
    words = ["--format", "alpaca", "--mix", mix, *(["--max-rows", most] if most else [])]
    folder = export(sandbox, tmp_path, run, *words)
    counts = Counter(origin["kind"] for origin in folder.origins("mixed"))
    weights = dict(zip(("imitation", "self-critic", "realignment"), map(int, mix.split(":")), strict=True))
    available = {kind: rows["considered"] for kind, rows in folder.manifest["filters"].items()}
    unit = min(counts[kind] / weight for kind, weight in weights.items() if weight)
    for kind, weight in weights.items():
        assert unit * weight <= counts[kind] < (unit + 1) * weight or counts[kind] == weight == 0
    assert sum(counts.values()) <= (most or sum(available.values()))
    assert set(folder.manifest["parts"]) == {"mixed"}
    # Kinds are mixed, and do not stand in blocks.
    kinds = [origin["kind"] for origin in folder.origins("mixed")]
    assert kinds != sorted(kinds, key=kinds.index)


def test_duplicates_are_rows_with_the_same_prompt_and_answers(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=3)
    kept = export(sandbox, tmp_path, run, "--format", "sft", "--keep-duplicates", out="kept")
    once = export(sandbox, tmp_path, run, "--format", "sft", out="once")
    for part in once.manifest["parts"]:
        distinct = {json.dumps(row) for row in kept.rows(part)}
        assert Counter(map(json.dumps, once.rows(part))) == Counter(distinct)
        assert once.manifest["filters"][part]["dropped"].get("duplicate", 0) == len(kept.rows(part)) - len(distinct)
    assert once.manifest["filters"]["self-critic"]["dropped"]["duplicate"]  # four neighbours say the same there


def test_near_duplicates_go_by_embedding(sandbox: Sandbox, tmp_path: Path) -> None:
    import numpy as np

    from memory import open_embedder

    run = scripted_run(sandbox, tmp_path, rounds=12, max_length=40)
    words = ("--format", "sft", "--near-duplicates", 0.9, "--embedder", "hash")
    folder = export(sandbox, tmp_path, run, *words)
    by_prompt: dict[str, list[str]] = {}
    for row in folder.rows("imitation"):
        by_prompt.setdefault(row["prompt"], []).append(row["completion"])
    for texts in by_prompt.values():
        vectors = open_embedder("hash").embed(texts)
        likeness = vectors @ vectors.T - np.eye(len(texts))
        assert likeness.max() < 0.9
    assert folder.manifest["filters"]["imitation"]["dropped"]["near duplicate"]
    assert max(map(len, by_prompt.values())) > 1


def test_nothing_is_ever_overwritten(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("there", "file", "link"):
        refused = sandbox("export", run, "--format", "dpo", "--out", name)
        assert refused.code == 2
        assert "nothing is ever overwritten" in refused.err
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    export(sandbox, tmp_path, run, "--format", "dpo", out="empty")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    log_file = run / "interactions.jsonl"
    lines = log_file.read_bytes().splitlines(keepends=True)
    log_file.write_bytes(b"".join([*lines[:5], b'{"id":1}\n', *lines[6:]]))
    failed = sandbox("export", run, "--format", "dpo", "--out", "out")
    assert failed.code == 1
    assert f"{log_file}:6:" in failed.err
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_run_that_goes_on_is_exported_as_far_as_it_is(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    log_file = run / "interactions.jsonl"
    lines = log_file.read_bytes().splitlines(keepends=True)
    log_file.write_bytes(b"".join(lines[:10]) + lines[10][:40])
    folder = export(sandbox, tmp_path, run, "--format", "parquet")
    assert folder.manifest["parts"] == {"interactions": {"train": 10}}
    assert "its last line is torn" in folder.done.err
    assert "10 of 27" in (folder.path / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Which runs?"),
        (("RUN",), "--out names the folder"),
        (("RUN", "--out", "x"), "--format says what it is for"),
        (("RUN", "RUN", "--format", "dpo", "--out", "x"), "was named twice"),
        (("RUN", "--format", "dop", "--out", "x"), "'dop' is not one of"),
        (("RUN", "--format", "alpaca", "--style", "string", "--out", "x"), "--style means nothing for alpaca"),
        (("RUN", "--format", "dpo", "--mix", "5:1:1", "--out", "x"), "--mix means nothing for dpo"),
        (
            ("RUN", "--format", "parquet", "--keep-duplicates", "--out", "x"),
            "--keep-duplicates means nothing for parquet",
        ),
        (("RUN", "--format", "sft", "--mix", "5:1", "--out", "x"), "--mix 5:1: wanted are weights"),
        (("RUN", "--format", "sft", "--mix", "0:0:0", "--out", "x"), "wanted are weights"),
        (("RUN", "--format", "sft", "--validation", "0.6", "--test", "0.4", "--out", "x"), "below 1 together"),
        (("RUN", "--format", "sft", "--near-duplicates", "2", "--out", "x"), "wanted is a cosine above 0"),
        (("RUN", "--format", "sft", "--embedder", "hash", "--out", "x"), "--embedder is for --near-duplicates"),
        (("RUN", "--format", "sft", "--round", "x", "--out", "x"), "no number and no span"),
        (("RUN", "--format", "sft", "--license", "All rights!", "--out", "x"), "no id of a licence"),
        (("RUN", "--format", "sft", "--for", "trll", "--out", "x"), "did you mean 'trl'?"),
        (("RUN", "--format", "alpaca", "--for", "trl", "--out", "x"), "trl: it does not take alpaca"),
        (("nowhere", "--format", "sft", "--out", "x"), "nowhere: no such run"),
        (("RUN", "--check", "x"), "--check takes a folder and no run"),
        (("--check", "x", "--format", "sft"), "leave out --format"),
    ],
)
def test_wrong_options_are_told_in_a_line_or_two(
    sandbox: Sandbox, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=1)
    refused = sandbox("export", *(run if word == "RUN" else word for word in words))
    assert refused.code == 2
    assert message.lower() in refused.err.lower()
    assert len(refused.err.strip().splitlines()) <= 3
    assert not (tmp_path / "x").exists()


def test_json_is_one_document(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    folder = export(sandbox, tmp_path, run, "--format", "kto", "--json")
    assert json.loads(folder.done.out) == {"out": "out", **folder.manifest}
