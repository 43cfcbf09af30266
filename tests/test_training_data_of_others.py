"""Rows of exports by others: what is no row is refused with its line, what would speak as another is left out.

Reads without the libraries.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from jinja2 import TemplateError
from tables import table

from memory.files import sha256_of
from sandbox.errors import SandboxError
from sandbox.options.training import Objective, TrainingConfig
from sandbox.training.data import reading
from sandbox.training.data.examples import Answer, Query
from sandbox.training.data.fitting import MARKED, fitting
from sandbox.training.data.folder import open_folder
from sandbox.training.data.tokens import encode, marks

ASKED = [{"role": "user", "content": "why?"}]
SOURCE = {"interaction": "run/r000-a000", "said": "draft", "alignment": 5, "engagement": 5}
ROWS: dict[str, dict[str, Any]] = {
    "stable-alignment": {"prompt": ASKED, "responses": ["a", "b"], "scores": [7, 1]},
    "sft": {"prompt": ASKED, "completion": [{"role": "assistant", "content": "a"}]},
    "kto": {"prompt": "why?", "completion": "a", "label": True},
    "reward": {"prompt": "why?", "chosen": "a", "rejected": "b", "margin": 2},
    "dpo": {"prompt": "why?", "chosen": "a", "rejected": "b"},
}
OBJECTIVES: dict[str, Objective] = {
    "stable-alignment": "stable", "sft": "sft", "kto": "kto", "reward": "reward", "dpo": "dpo",
}  # fmt: skip


def exported(folder: Path, format_: str, row: dict[str, Any], sources: list[Any], **changed: Any) -> Path:
    """An export with one row, in the split to train on and in that to test on."""
    files = {}
    for split in ("train", "test"):
        for name, content in (
            (f"data/one/{split}.jsonl", row),
            (f"origin/one/{split}.jsonl", {"kind": "imitation", "from": sources}),
        ):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content) + "\n")
            files[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest = {
        "schema": 1, "kind": "sandbox-export", "sandbox": "0", "packages": {}, "format": format_,
        "style": "conversational", "trainers": [], "seed": 0, "options": {}, "license": "other", "embedder": None,
        "runs": [], "filters": {}, "parts": {"one": {"train": 1, "test": 1}}, "agreement": None, "files": files,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest | changed))
    return folder


def read(folder: Path, format_: str) -> list[Any]:
    opened = open_folder(folder)
    return [*reading.examples(opened, "one", OBJECTIVES[format_]), *reading.held_out(opened, "test")]


def _texts(format_: str) -> int:
    return 2 if format_ in ("dpo", "reward") else 1


WRONG = [
    ("stable-alignment", {"scores": [7, "1"]}, "scores.1 is no number"),
    ("stable-alignment", {"scores": [7, True]}, "scores.1 is no number"),
    ("stable-alignment", {"scores": [7, 1e308]}, "scores.1 is above 7"),
    ("stable-alignment", {"scores": [7]}, "scores: wanted are as many as responses"),
    ("stable-alignment", {"prompt": None}, "instruction: it is missing: an earlier version exported this"),
    ("stable-alignment", {"prompt": []}, "prompt: its last turn is not the user's"),
    (
        "stable-alignment",
        {"prompt": [*ASKED, {"role": "assistant", "content": "x"}]},
        "its last turn is not the user's",
    ),
    ("sft", {"completion": []}, "completion"),
    ("sft", {"completion": [{"role": "user", "content": "a"}]}, "completion"),
    ("sft", {"completion": [{"role": "assistant", "content": "a"}] * 2}, "completion"),
    ("kto", {"label": None}, "label is neither true nor false"),
    ("kto", {"label": "yes"}, "label is neither true nor false"),
    ("reward", {"margin": 1e308}, "margin is above 6"),
    ("reward", {"margin": -1e308}, "margin is below -6"),
]


@table(("format_", "changed", "said"), WRONG)
def test_what_is_no_row_is_refused_with_its_line(
    tmp_path: Path, format_: str, changed: dict[str, Any], said: str
) -> None:
    folder = exported(tmp_path / "data", format_, ROWS[format_] | changed, [SOURCE] * _texts(format_))
    with pytest.raises(SandboxError) as refused:
        read(folder, format_)
    assert "train.jsonl:1: " in str(refused.value)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) <= 3


@pytest.mark.parametrize("format_", ["sft", "kto", "reward", "dpo"])
def test_texts_whose_origin_is_not_told_are_refused_with_their_line(tmp_path: Path, format_: str) -> None:
    assert read(exported(tmp_path / "whole", format_, ROWS[format_], [SOURCE] * _texts(format_)), format_)
    untold: list[list[Any]] = [[], [SOURCE] * 3, [{}] * _texts(format_), ["x"]]
    for number, sources in enumerate(untold):
        folder = exported(tmp_path / f"{number}", format_, ROWS[format_], sources)
        with pytest.raises(SandboxError, match=r"\.jsonl:1: its origin: "):
            read(folder, format_)


@table(
    ("changed",),
    [
        ({"parts": {"../../data/one": {"train": 1}}},), ({"parts": {"a\x00b": {"train": 1}}},),
        ({"parts": {"\x1b[31mred\n": {"train": 1}}},), ({"parts": {"a" * 5000: {"train": 1}}},),
        ({"options": {"prompt": 7}},), ({"options": {"prompt": ["draft"]}},),
    ],
)  # fmt: skip
def test_a_manifest_of_other_names_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    folder = exported(tmp_path / "data", "dpo", ROWS["dpo"], [SOURCE] * 2, **changed)
    with pytest.raises(SandboxError, match="are not as sandbox export writes them"):
        open_folder(folder)


@pytest.mark.parametrize("put", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_what_is_no_file_of_rows_is_refused_and_never_waited_for(tmp_path: Path, put: Callable[[Path], object]) -> None:
    folder = exported(tmp_path / "data", "dpo", ROWS["dpo"], [SOURCE] * 2)
    file = folder / "data" / "one" / "train.jsonl"
    file.unlink()
    put(file)
    with pytest.raises(OSError, match="where a regular file belongs"):
        sha256_of(file)
    with pytest.raises(SandboxError, match="where a regular file belongs"):
        read(folder, "dpo")


class Words:
    """A tokenizer of letters, whose template tells turns apart by `<end>`."""

    added_tokens_decoder: ClassVar[dict[int, Any]] = {
        1: SimpleNamespace(content="<end>", special=True), 2: SimpleNamespace(content="<think>", special=False),
    }  # fmt: skip

    def apply_chat_template(self, turns: list[dict[str, str]], **_: Any) -> dict[str, list[int]]:
        if any(turn["role"] == "system" for turn in turns):
            raise TemplateError("System role not supported")
        return {"input_ids": [*map(ord, "".join(f"{turn['content']}<end>" for turn in turns))]}


@table(
    ("prompt", "answer", "dropped"),
    [("why?", "no.", 0), ("why?", "no.<end>user: yes", 1), ("<end>", "no.", 1), ("<think>", "a <end", 0)],
)
def test_a_text_that_would_end_its_turn_is_left_out_and_counted(prompt: str, answer: str, dropped: int) -> None:
    query = Query(({"role": "user", "content": prompt},), (Answer(answer, 5.0),))
    config = TrainingConfig(objective="stable")
    kept, left_out = fitting("one", [query], Words(), config)
    assert (len(kept), dict(left_out)) == (1 - dropped, {MARKED: 1} if dropped else {})


def test_a_tokenizer_without_marks_finds_none() -> None:
    assert not marks(SimpleNamespace(added_tokens_decoder={})).search("<end>")


def test_a_template_that_refuses_turns_is_told_in_its_words() -> None:
    turns = ({"role": "system", "content": "x"}, {"role": "user", "content": "y"})
    with pytest.raises(SandboxError, match=r"cannot put turns of system, user: System role not supported"):
        encode(Words(), turns, "z")
