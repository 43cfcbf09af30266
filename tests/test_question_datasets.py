"""Datasets of the hub as question sets: which files are read, as of which commit, and what is said of failures."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Sandbox
from hub_standin import Hub, RefusedError, reached
from huggingface_hub import constants
from tables import table

from sandbox.errors import UsageError
from sandbox.questions import hub as datasets
from sandbox.questions.shards import of_split


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with reached(tmp_path, monkeypatch) as server:
        yield server


def line(text: str) -> bytes:
    return json.dumps({"question": text}).encode() + b"\n"


def parquet(*texts: str) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"question": list(texts)}), sink)
    return bytes(sink.getvalue())


def shown(sandbox: Sandbox, source: str) -> tuple[str, str, list[str]]:
    done = sandbox("questions", "show", "--json", "--questions", source)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    return found["name"], found["source"], [question["text"] for question in found["questions"]]


def said(sandbox: Sandbox, source: str) -> str:
    done = sandbox("questions", "show", "--questions", source)
    assert done.code in (1, 2)
    assert done.out == ""
    assert len(done.err.strip().splitlines()) <= 3
    return done.err


def test_the_training_split_of_a_dataset_is_read_as_of_a_commit(sandbox: Sandbox, hub: Hub) -> None:
    files = {
        "README.md": b"# A card",
        "dataset_infos.json": b"{}",
        "data/train-00001-of-00002.parquet": parquet("c?"),
        "data/train-00000-of-00002.parquet": parquet("a?", "b?"),
        "data/test-00000-of-00001.parquet": parquet("t?"),
    }
    repository = hub.create("org/duties", files)
    first = repository.sha
    assert shown(sandbox, "org/duties") == ("org/duties", f"org/duties@{first}", ["a?", "b?", "c?"])
    assert shown(sandbox, "org/duties:test")[2] == ["t?"]
    repository.commit({"data/train-00000-of-00002.parquet": parquet("new?")})
    assert shown(sandbox, "org/duties")[1:] == (f"org/duties@{repository.sha}", ["new?", "c?"])
    asked = f"org/duties@{first}:data/train"
    assert shown(sandbox, asked) == (asked, f"org/duties@{first}", ["a?", "b?", "c?"])


def test_a_run_names_the_dataset_as_it_was_written(sandbox: Sandbox, hub: Hub, run: Path) -> None:
    rows = (json.dumps({"prompt": f"Is {n} fair?", "chosen": "Ask.", "rejected": "Grab."}) for n in range(4))
    hub.create("org/prefs", {"train.jsonl": "\n".join(rows).encode()})
    small = ("--grid", 2, "--neighbours", 1, "--prior-size", 2, "--embedder", "hash", "--run-id", "one")
    done = sandbox("simulate", "--model", "scripted", "--questions", "org/prefs", *small)
    assert done.code == 0, done.err
    manifest = json.loads((run / "manifest.json").read_text())
    assert (manifest["questions"]["name"], manifest["questions"]["count"]) == ("org/prefs", 4)


def test_a_path_that_exists_wins(sandbox: Sandbox, hub: Hub, tmp_path: Path) -> None:
    hub.create("org/duties", {"train.jsonl": line("there?")})
    (tmp_path / "org").mkdir()
    assert "no question file 'org/duties'" in said(sandbox, "org/duties")
    (tmp_path / "org" / "duties").mkdir()
    (tmp_path / "org" / "duties" / "a.jsonl").write_bytes(line("here?"))
    assert shown(sandbox, "org/duties")[2] == ["here?"]
    assert "there is no folder 'data'" in said(sandbox, "data/questions.jsonl")
    assert hub.asked == []


def test_what_the_hub_refuses_is_told_with_what_to_do(
    sandbox: Sandbox, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = said(sandbox, "org/nothing")
    assert "there is no path 'org/nothing'" in none
    assert "there is none of that name, or it is private" in none
    assert "HF_TOKEN" in none
    hub.create("org/duties", {"train.jsonl": line("a?")})
    assert "it has no revision 'v2'" in said(sandbox, "org/duties@v2")

    def gated(asked: str) -> None:
        raise RefusedError(403, "GatedRepo", "Access to dataset org/duties is restricted")

    hub.before = gated
    assert "it is gated\naccept its conditions on its page" in said(sandbox, "org/duties")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    asked = len(hub.asked)
    offline = said(sandbox, "org/duties")
    assert "offline mode is on (HF_HUB_OFFLINE)" in offline
    assert "hf download org/duties --repo-type dataset --local-dir FOLDER" in offline
    assert len(hub.asked) == asked


def test_a_dataset_that_is_no_question_set_is_refused_before_it_is_downloaded(
    sandbox: Sandbox, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.create("org/pictures", {"train/0.png": b"", "../../train.jsonl": line("a?")})
    assert "has no question files" in said(sandbox, "org/pictures")
    hub.create("org/large", {"train.jsonl": line("a?") * 9})
    monkeypatch.setattr(datasets, "MOST_BYTES", 50)
    assert "are too much for a question set" in said(sandbox, "org/large")
    hub.create("org/torn", {"train-00000-of-00002.jsonl": line("a?")})
    assert "'train-00001-of-00002.jsonl' is missing" in said(sandbox, "org/torn")
    assert hub.called("/resolve/") == []


@table(
    ("paths", "part", "expected"),
    [
        (["train.jsonl.gz", "test.jsonl.gz"], "", ["train.jsonl.gz"]),
        (["train.jsonl.gz", "test.jsonl.gz"], "test", ["test.jsonl.gz"]),
        (["a/train.jsonl", "b/train.jsonl", "b/test.jsonl"], "b", ["b/train.jsonl"]),
        (["a/train.jsonl", "b/train.jsonl", "b/test.jsonl"], "b/test", ["b/test.jsonl"]),
        (["main/train/0000.parquet", "main/train/0001.parquet", "main/test/0000.parquet"], "",
         ["main/train/0000.parquet", "main/train/0001.parquet"]),
        (["data/train_a-00000-of-00001.parquet", "data/train_b-00000-of-00001.parquet"], "train_b",
         ["data/train_b-00000-of-00001.parquet"]),
        (["b.jsonl", "a.jsonl", ".cache/c.jsonl", "dataset_info.json"], "", ["a.jsonl", "b.jsonl"]),
        (["b.jsonl", "a.jsonl"], "b", ["b.jsonl"]),
        (["b.jsonl", "a.jsonl"], "b.jsonl", ["b.jsonl"]),
        (["train.jsonl", "train.parquet", "train.csv"], "", ["train.parquet"]),
        (["training.csv", "Validation.csv"], "", ["training.csv"]),
        (["constraints.csv"], "", ["constraints.csv"]),
        (["only/test.csv"], "", ["only/test.csv"]),
    ],
)  # fmt: skip
def test_which_files_of_a_dataset_are_read(paths: list[str], part: str, expected: list[str]) -> None:
    assert of_split(paths, part.split("/") if part else [], "it") == expected


@table(
    ("paths", "part", "found"),
    [
        (["a/train.jsonl", "b/train.jsonl"], "", "has more than one set: a/train, b/train"),
        (["data/train_a-0-of-1.parquet", "data/train_b-0-of-1.parquet"], "", "ORG/NAME:data/train_a"),
        (["test.jsonl", "dev.jsonl"], "", "has more than one set: dev, test"),
        (["train.jsonl"], "small", "has no such part: train"),
        (["notes.md"], "", "has no question files"),
        (["train-00000-of-00003.csv", "train-00002-of-00003.csv"], "", "'train-00001-of-00003.csv' is missing"),
    ],
)
def test_what_does_not_say_which_files_are_meant_is_refused(paths: list[str], part: str, found: str) -> None:
    with pytest.raises(UsageError) as caught:
        of_split(paths, part.split("/") if part else [], "it")
    assert found in str(caught.value)
