"""An export follows from runs and options alone, every row is accounted for, and nothing is overwritten."""

import json
import re
import shutil
import signal
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from exported import Rows, amend, edit, export, interactions, score

from memory import EmbedderError
from memory.disk import Vectors
from sandbox.export import exporting
from sandbox.export.recipe import Recipe
from sandbox.export.storing import split_of

OVER = ("over the mix", "over --max-rows")
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


def cut_two(items: Rows) -> None:
    """Let a draft and the revision of another interaction have reached the token limit."""
    items[2]["finish"]["draft"] = items[4]["finish"]["revision"] = "length"


def test_filters_of_interactions_take_what_they_say(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    kept = {
        ("--round", "0-1"): lambda item: item["round"] <= 1,
        ("--label", "good"): lambda item: item["label"] == "good",
        ("--label", "none"): lambda item: item["label"] is None,
        ("--model", "fake"): lambda item: item["model"] == "fake",
        ("--no-missing",): lambda item: (
            item["failed"] is None and '"missing":"' not in json.dumps(item).replace(" ", "")
        ),
        ("--no-cut",): lambda item: "length" not in item["finish"].values(),
    }
    best = scripted_run(sandbox, tmp_path, "best", labels="none")
    edit(best, cut_two)
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


def test_both_answers_of_a_pair_are_long_enough(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    def shorter_side(row: dict[str, Any]) -> int:
        return min(len(row["chosen"]), len(row["rejected"]))

    words = ("--format", "dpo", "--opponents", 3, "--keep-duplicates")
    every = export(sandbox, tmp_path, run, *words).rows("dpo")
    least = sorted(map(shorter_side, every))[len(every) // 2]
    folder = export(sandbox, tmp_path, run, *words, "--min-length", least, out="long")
    assert folder.rows("dpo") == [row for row in every if shorter_side(row) >= least]
    assert folder.manifest["filters"]["dpo"]["dropped"]["too short"] == len(every) - len(folder.rows("dpo")) > 0


@pytest.mark.slow
def test_every_question_is_in_one_split_and_the_same_one_in_every_format(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=12)
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


@pytest.mark.slow
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


def test_a_kind_that_is_not_there_cannot_be_mixed(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    edit(run, lambda items: [item.update(feedback=[]) for item in items])
    refused = sandbox("export", run, "--format", "sft", "--mix", "1:1:0", "--out", "out")
    assert refused.code == 1
    assert "over the mix" in refused.err
    assert "There are no self-critic rows to mix: give them no weight." in refused.err
    assert export(sandbox, tmp_path, run, "--format", "sft", "--mix", "1:0:0").manifest["parts"]


@pytest.mark.parametrize(("mix", "most"), [("5:1:1", None), ("1:2:3", None), ("2:1:0", None), ("1:1:1", 10)])
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
    accounts = folder.manifest["filters"]
    over = Counter({reason: sum(rows["dropped"].get(reason, 0) for rows in accounts.values()) for reason in OVER})
    there = {kind: counts[kind] + sum(accounts[kind]["dropped"].get(reason, 0) for reason in OVER) for kind in counts}
    whole = min(Fraction(there[kind], weight) for kind, weight in weights.items() if weight)
    mixed = sum(int(whole * weight) for weight in weights.values())
    assert over == {"over the mix": sum(there.values()) - mixed, "over --max-rows": mixed - sum(counts.values())}
    assert (over["over --max-rows"] > 0) == (most is not None)
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
    assert folder.manifest["embedder"] == json.loads((run / "manifest.json").read_text())["embedder"]
    assert export(sandbox, tmp_path, run, "--format", "sft", out="plain").manifest["embedder"] is None


class Broken:
    """An embedder that opens well and fails at work."""

    name, digest, backend, dimension = "broken", "0", None, 2

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderError(f"The model cannot be loaded for {len(texts)} texts.")


def test_an_embedder_that_fails_at_work_is_told(
    sandbox: Sandbox, tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.open_embedder", lambda *_: Broken())
    words = ("--format", "sft", "--near-duplicates", 0.9, "--embedder", "broken")
    refused = sandbox("export", run, *words, "--out", "out")
    assert refused.code == 2
    assert "Error: The model cannot be loaded for" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


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
    for name in (".", "runs/out", "runs/mixed/out"):
        refused = sandbox("export", run, "--format", "dpo", "--out", name)
        assert refused.code == 2


def test_what_is_in_a_folder(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    words = ("--format", "dpo", "--validation", 0.3, "--test", 0.2)
    folder = export(sandbox, tmp_path, run, *words)
    rows = {
        f"data/dpo/{split}.{ending}" for split in ("train", "validation", "test") for ending in ("jsonl", "parquet")
    }
    rows |= {f"origin/dpo/{split}.jsonl" for split in ("train", "validation", "test")}
    for_trainers = {"trl/dpo.yaml", "axolotl/dpo.yaml", "dataset_info.json"}
    assert set(folder.files()) == rows | for_trainers | {"README.md", "manifest.json"}
    assert set(folder.manifest["files"]) == rows | for_trainers
    fewer = export(sandbox, tmp_path, run, *words, "--for", "trl", out="fewer")
    assert set(fewer.files()) == rows | {"trl/dpo.yaml", "README.md", "manifest.json"}
    assert fewer.manifest["trainers"] == ["trl"]


def test_a_split_without_rows_is_not_there_and_that_is_told(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    def validated(share: float, seed: int) -> int:
        return sum(split_of(each, Recipe(format="kto", validation=share, seed=seed)) == "validation" for each in ids)

    def seeded(share: float, wanted: int) -> tuple[object, ...]:
        return "--validation", share, "--seed", next(seed for seed in count() if validated(share, seed) == wanted)

    ids = {item["question_id"] for item in log(run)}
    # Rows of one question alone find no place beside each other.
    folder = export(sandbox, tmp_path, run, "--format", "kto", *seeded(0.05, 1))
    assert list(folder.manifest["parts"]["kto"]) == ["train"]
    assert not [name for name in folder.files() if "validation" in name]
    assert "split: validation" not in (folder.path / "README.md").read_text()
    assert "Warning: kto has no rows in validation: there are few questions." in folder.done.err
    assert "in test" not in folder.done.err  # nobody asked for it
    none = sandbox("export", run, "--format", "kto", "--max-rows", 1, "--out", "none")
    assert none.code == 1
    assert "No row is left: " in none.err
    untrained = export(sandbox, tmp_path, run, "--format", "dpo", "--for", "trl", *seeded(0.9, len(ids)), out="later")
    assert list(untrained.manifest["parts"]["dpo"]) == ["validation"]
    assert untrained.manifest["trainers"] == ["trl"]
    assert "trl/dpo.yaml" not in untrained.files()
    assert "Warning: dpo has no rows in train: there are few questions." in untrained.done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Path, number: signal.Signals
) -> None:
    begun: list[str] = []

    def ended(folder: Path, *_: object) -> int:
        begun.append(str(folder))
        signal.raise_signal(number)
        raise AssertionError("it goes on")

    monkeypatch.setattr(exporting, "write_rows", ended)
    done = sandbox("export", run, "--format", "dpo", "--out", "a/out")
    assert done.code == 130, done.err
    assert re.fullmatch(r"a/\.export-.{8}\.tmp", begun[0])
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


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
    amend(run, status="running")  # and nobody works on it any more
    folder = export(sandbox, tmp_path, run, "--format", "parquet")
    assert folder.manifest["parts"] == {"interactions": {"train": 10}}
    assert "its last line is torn" in folder.done.err
    assert "Warning: mixed is interrupted: what its log holds by now is exported." in folder.done.err
    card = (folder.path / "README.md").read_text()
    assert "10 of 27" in card
    assert "- Not all planned interactions were there yet in: `mixed`." in card


def test_what_a_loss_of_power_leaves_is_no_obstacle(sandbox: Sandbox, tmp_path: Path) -> None:
    one, other = (scripted_run(sandbox, tmp_path, name) for name in ("one", "other"))
    whole = export(sandbox, tmp_path, one, "--format", "dpo", out="whole")
    file = one / "interactions.jsonl"
    text = file.read_bytes()
    (other / "interactions.jsonl").unlink()
    for number, end in enumerate((b"\n" + bytes(100), bytes(100))):
        file.write_bytes(text.removesuffix(b"\n") + end)
        folder = export(sandbox, tmp_path, one, other, "--format", "dpo", out=f"out{number}")
        assert folder.rows("dpo") == whole.rows("dpo")
        assert [run["interactions"] for run in folder.manifest["runs"]] == [18, 0]


def test_runs_that_cannot_be_told_apart_and_copies_are_both_named(sandbox: Sandbox, tmp_path: Path) -> None:
    run, other = scripted_run(sandbox, tmp_path), scripted_run(sandbox, tmp_path, "other", seed=3)
    shutil.copytree(run, tmp_path / "copy")
    refused = sandbox("export", run, tmp_path / "copy", "--format", "dpo", "--out", "out")
    assert refused.code == 2
    assert f"{run} and {tmp_path / 'copy'} are copies of one run, begun at 2" in refused.err
    shutil.copytree(other, tmp_path / "elsewhere" / "one")
    refused = sandbox("export", run, tmp_path / "elsewhere" / "one", "--format", "dpo", "--out", "out")
    assert refused.code == 2
    assert f"{run} and {tmp_path / 'elsewhere' / 'one'} have the same id, one." in refused.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Which runs?"),
        (("RUN",), "--out names the folder"),
        (("RUN", "--out", "x"), "--format says what it is for"),
        (("RUN", "RUN", "--format", "dpo", "--out", "x"), "was named twice"),
        (("RUN", "--format", "dop", "--out", "x"), "did you mean dpo?"),
        (("RUN", "--format", "sft", "--mix", "5:1", "--out", "x"), "--mix 5:1: wanted are weights"),
        (("RUN", "--format", "sft", "--near-duplicates", "nan", "--out", "x"), "wanted is a cosine above 0"),
        (("RUN", "--format", "sft", "--model", "", "--out", "x"), "--model is empty"),
        (("RUN", "--format", "sft", "--round", "x", "--out", "x"), "no number and no span"),
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
