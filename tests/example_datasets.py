"""Folders of rows to check, clean as they are made, and the check itself. Knows kinds of rows and no fault."""

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.commands.check import run_check
from sandbox.export.options import ExportOptions

Row = dict[str, Any]
Rows = list[Row]
ROWS = 12
ALL = "trl, llama-factory, axolotl"
SHAREGPT = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"},
}


class Checked(NamedTuple):
    """What a check came to."""

    code: int
    document: dict[str, Any]

    @property
    def findings(self) -> Rows:
        """Without the note that LLaMA-Factory wants its own file, which few folders of these tests have."""
        return [finding for finding in self.document["findings"] if finding["code"] != "mapping_absent"]

    @property
    def codes(self) -> set[str]:
        return {finding["code"] for finding in self.findings}

    def finding(self, code: str) -> Row:
        return next(finding for finding in self.document["findings"] if finding["code"] == code)

    def places(self, code: str) -> list[tuple[str, int | None]]:
        return [(place["file"], place["row"]) for place in self.finding(code)["places"]]


def checked(path: Path, trainers: str | None = None, max_length: int | None = None) -> Checked:
    """Check `path`, the way the command does: the only place in the tests that does it."""
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)) as out:
        code = run_check(path, ExportOptions(for_=trainers, max_length=max_length, json=True))
    return Checked(code, json.loads(out.buffer.getvalue()))  # type: ignore[attr-defined]  # a TextIOWrapper has one


def turn(role: str, text: str) -> list[Row]:
    return [{"role": role, "content": text}]


def question(number: int) -> str:
    return f"Is it right to keep the secret number {number} of a friend?"


def answer(number: int, tone: str) -> str:
    return f"That depends on the friend, I would say in a {tone} way, and on secret {number}."


def _strings(number: int, kind: str) -> Row:
    good, bad, margin = answer(number, "kind"), answer(number, "rude"), 0.5 + number
    pair = {"prompt": question(number), "chosen": good, "rejected": bad}
    scores = ("chosen_alignment", "rejected_alignment", "chosen_engagement", "rejected_engagement")
    responses = {"responses": [good, bad], "scores": [6.0, 2.5], "models": ["one", "two"], "engagement": [4.5, None]}
    rows: dict[str, Row] = {
        "sft": {"prompt": question(number) + "\n", "completion": good},
        "dpo": pair,
        "reward": {**pair, "margin": margin},
        "modpo": {**pair, **dict.fromkeys(scores, 4.0)},
        "kto": {"prompt": question(number), "completion": good if number % 2 else bad, "label": number % 2 == 1},
        "alpaca": {"instruction": question(number), "input": "", "output": good},
        "stable-alignment": {"query": question(number), **responses},
        "stable-alignment-chat": {"prompt": question(number), **responses},
        "text": {"text": good},
        "pairs": {"chosen": f"{question(number)} {good}", "rejected": f"{question(number)} {bad}"},
    }  # fmt: skip
    return rows[kind]


def _turns(row: Row) -> Row:
    """The same in conversational style."""
    speaks = {"prompt": "user", "completion": "assistant", "chosen": "assistant", "rejected": "assistant"}
    return {column: turn(speaks[column], text) if column in speaks else text for column, text in row.items()}


def clean_row(number: int, kind: str) -> Row:
    """A row of a kind, such as `dpo` or `dpo, conversational`."""
    name, _, style = kind.partition(", ")
    if name == "messages":
        return {"messages": turn("user", question(number)) + turn("assistant", answer(number, "kind"))}
    if name == "sharegpt":
        turns = [{"from": "human", "value": question(number)}, {"from": "gpt", "value": answer(number, "kind")}]
        return {"conversations": turns}
    row = _strings(number, name)
    return _turns(row) if style else row


def clean_rows(kind: str, count: int = ROWS, first: int = 0) -> Rows:
    return [clean_row(number, kind) for number in range(first, first + count)]


def write_lines(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_folder(folder: Path, kind: str, train: Rows | None = None, test: Rows | None = None) -> Path:
    """A folder with two splits and nothing that describes them."""
    write_lines(folder / "train.jsonl", clean_rows(kind) if train is None else train)
    write_lines(folder / "test.jsonl", clean_rows(kind, first=100) if test is None else test)
    return folder


KINDS = (
    "sft", "sft, conversational", "dpo", "dpo, conversational", "reward", "reward, conversational", "modpo",
    "modpo, conversational", "kto", "kto, conversational", "alpaca", "stable-alignment", "text", "pairs", "messages",
    "sharegpt", "stable-alignment-chat, conversational",
)  # fmt: skip


def write_mapping(folder: Path, entries: dict[str, dict[str, Any]]) -> None:
    (folder / "dataset_info.json").write_text(json.dumps(entries), encoding="utf-8")


def write_parquet(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=5)
