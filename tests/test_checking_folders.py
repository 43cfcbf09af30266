"""Folders of others: which files are looked at, and what LLaMA-Factory makes of its `dataset_info.json`."""

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from example_datasets import (
    ROWS,
    SHAREGPT,
    Rows,
    checked,
    clean_rows,
    question,
    turn,
    write_folder,
    write_lines,
    write_mapping,
)
from tables import table

from sandbox.errors import UsageError

SAMPLE = {"formatting": "sharegpt", "ranking": True}
SIDES = {"chosen": "chosen", "rejected": "rejected"}
TAGS: dict[str, str] = SHAREGPT["tags"]


def single_turns(column: str, role: str, content: str, user: str, assistant: str) -> Rows:
    """Pairs as LLaMA-Factory has them: a conversation, and of each answer one turn."""
    return [
        {
            column: [{role: user, content: question(number)}],
            "chosen": {role: assistant, content: f"Yes, {number}."},
            "rejected": {role: assistant, content: f"No, {number}."},
        }
        for number in range(ROWS)
    ]


def with_system(rows: Rows) -> Rows:
    return [{"messages": turn("system", "Be kind.") + row["messages"]} for row in rows]


def labelled(rows: Rows, *labels: object) -> Rows:
    return [{**row, "label": labels[number % 2]} for number, row in enumerate(rows)]


class Mapped(NamedTuple):
    """Rows under an entry of `dataset_info.json`, and the code of what is wrong for LLaMA-Factory, if anything is."""

    rows: Rows
    entry: dict[str, Any]
    code: str | None = None


MESSAGES, WITH_SYSTEM = clean_rows("messages"), with_system(clean_rows("messages"))
TAGGED = {**SHAREGPT, "tags": {**TAGS, "system_tag": "system"}}
AS_KTO = {**SHAREGPT, "columns": {"messages": "messages", "kto_tag": "label"}}
MAPPED = {
    "pairs of single turns": Mapped(
        single_turns("conversations", "from", "value", "human", "gpt"),
        {**SAMPLE, "columns": {"messages": "conversations", **SIDES}},
    ),
    "pairs of single messages": Mapped(
        single_turns("prompt", "role", "content", "user", "assistant"),
        {**SAMPLE, "columns": {"messages": "prompt", **SIDES}, "tags": TAGS},
    ),
    "pairs of single messages, the usual tags": Mapped(
        single_turns("prompt", "role", "content", "user", "assistant"),
        {**SAMPLE, "columns": {"messages": "prompt", **SIDES}},
        "mapping_tags",
    ),
    "pairs of single turns, no ranking": Mapped(
        single_turns("conversations", "from", "value", "human", "gpt"), {"formatting": "sharegpt"}, "mapping_ranking"
    ),
    "a system turn": Mapped(WITH_SYSTEM, TAGGED),
    "a system turn, no tag": Mapped(WITH_SYSTEM, SHAREGPT, "mapping_system"),
    "no user_tag": Mapped(
        MESSAGES, {**SHAREGPT, "tags": {key: tag for key, tag in TAGS.items() if key != "user_tag"}}, "mapping_tags"
    ),
    "another assistant_tag": Mapped(MESSAGES, {**SHAREGPT, "tags": {**TAGS, "assistant_tag": "gpt"}}, "mapping_tags"),
    "a split of a file": Mapped(MESSAGES, {**SHAREGPT, "split": "validation"}, "mapping_split"),
    "labels": Mapped(labelled(MESSAGES, True, False), AS_KTO),
    "labels 0 and 1": Mapped(labelled(MESSAGES, 1, 0), AS_KTO, "integer_label"),
    "labels in quotes": Mapped(labelled(MESSAGES, "true", "false"), AS_KTO, "text_label"),
    "labels of null": Mapped(
        [{**row, "label": (True, False, None)[number % 3]} for number, row in enumerate(MESSAGES)],
        AS_KTO,
        "null_label",
    ),
    "labels of one kind": Mapped(labelled(MESSAGES, True, True), AS_KTO, "one_label"),
}


@table("name", MAPPED)
def test_what_llama_factory_makes_of_a_mapping_is_said(tmp_path: Path, name: str) -> None:
    rows, entry, code = MAPPED[name]
    write_lines(tmp_path / "rows.jsonl", rows)
    write_mapping(tmp_path, {"mine": {"file_name": "rows.jsonl", **entry}})
    found = checked(tmp_path, "llama-factory")
    counted = {finding["code"] for finding in found.findings if finding["counts"]}
    assert (found.code, counted) == ((1, {code}) if code else (0, set()))


def test_pairs_of_single_turns_are_for_llama_factory_alone(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", single_turns("conversations", "from", "value", "human", "gpt"))
    write_mapping(tmp_path, {"mine": {"file_name": "train.jsonl", **MAPPED["pairs of single turns"].entry}})
    assert [checked(tmp_path, name).code for name in ("llama-factory", "trl", "axolotl")] == [0, 1, 1]
    assert checked(tmp_path).code == 0


def test_without_a_mapping_a_folder_is_not_for_llama_factory(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    assert not checked(folder).finding("mapping_absent")["counts"]
    assert [checked(folder, name).code for name in ("trl", "llama-factory")] == [0, 1]
    assert checked(folder / "train.jsonl", "llama-factory").code == 0


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    rows = clean_rows("dpo", 500)
    rows[300]["chosen"] = rows[300]["rejected"]
    path = tmp_path / "harmless-base-train.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    card = "---\nconfigs:\n- config_name: a\n  data_files: harmless-base-train.jsonl.gz\n---\n"
    (tmp_path / "README.md").write_text(card)
    for where in (tmp_path, path):
        found = checked(where)
        assert (found.codes, found.places("equal_pair")) == ({"equal_pair"}, [(path.name, 301)])
    (tmp_path / "more.json.gz").write_bytes(gzip.compress(json.dumps(rows[:3]).encode()))
    assert checked(tmp_path / "more.json.gz").document["tables"][0]["rows"] == 3
    write_mapping(
        tmp_path, {"mine": {"file_name": path.name, "ranking": True, "columns": {"prompt": "prompt", **SIDES}}}
    )
    assert checked(tmp_path, "llama-factory").places("mapping_file_type") == [("dataset_info.json", None)]


@table("damage", [lambda data: data[:40], lambda data: data[:-9] + b"xxxxxxxxx", lambda _: b"{}\n"])
def test_a_packed_file_that_is_damaged_is_found(tmp_path: Path, damage: Any) -> None:
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in clean_rows("dpo")).encode())
    (tmp_path / "train.jsonl.gz").write_bytes(damage(packed))
    found = checked(tmp_path)
    assert (found.code, found.codes) == (1, {"unreadable_file"})


def test_files_of_other_formats_are_not_said_to_be_absent(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", clean_rows("alpaca"))
    (tmp_path / "d.csv").write_text("instruction,input,output\na,b,c\n")
    write_mapping(tmp_path, {"d": {"file_name": "d.csv"}, "x": {"file_name": "train.jsonl"}})
    found = checked(tmp_path)
    assert (found.code, found.codes, found.finding("not_looked_at")["about"]) == (0, {"not_looked_at"}, "d: d.csv")
    card = "---\nconfigs:\n- config_name: a\n  data_files: [train.jsonl, d.csv, none.csv]\n---\n"
    (tmp_path / "README.md").write_text(card)
    assert checked(tmp_path).finding("card_file_missing")["about"] == "a: none.csv"


def test_splits_of_several_formats_are_not_loaded_as_a_folder(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", clean_rows("dpo"))
    (tmp_path / "notes.txt").write_text("x")
    assert checked(tmp_path).codes == set()
    (tmp_path / "test.csv").write_text("prompt,chosen,rejected\na,b,c\n")
    found = checked(tmp_path)
    assert found.codes == {"formats_differ"}
    assert checked(tmp_path, "trl").code == 1
    assert found.finding("formats_differ")["about"] == "train is JSON, test is CSV"


@table("file", ["info.json", "raw.jsonl", "out/checkpoint-1/trainer_state.json"])
@table("text", ['{\n "a": 1\n}\n', '{"a": 1}\n'])
def test_once_a_file_is_named_after_a_split_others_are_not_data(tmp_path: Path, file: str, text: str) -> None:
    write_lines(tmp_path / "train.jsonl", clean_rows("dpo"))
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    found = checked(tmp_path)
    assert (found.code, found.codes, found.finding("other_files")["about"]) == (0, {"other_files"}, file)
    assert [table["paths"] for table in found.document["tables"]] == [["train.jsonl"]]


def test_without_a_file_named_after_a_split_all_are_data(tmp_path: Path) -> None:
    for number in range(2):
        write_lines(tmp_path / f"part-{number}.jsonl", clean_rows("dpo", first=50 * number))
    (table,) = checked(tmp_path).document["tables"]
    assert (table["rows"], table["split"]) == (2 * ROWS, "train")


def test_rows_of_no_known_kind_are_told_by_their_columns(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", [{"question": "Why?", "reply": "So."}])
    found = checked(tmp_path)
    assert (found.code, found.document["tables"][0]["kind"]) == (1, "unknown")
    says = found.finding("unknown_rows")["says"]
    assert "question, reply (known are prompt with chosen and rejected" in says


@table(("file", "told"), [("", "only CSV, which is not looked at"), ("a.csv", r"no file that can be looked at")])
def test_where_nothing_can_be_looked_at_it_is_said_what_can(tmp_path: Path, file: str, told: str) -> None:
    (tmp_path / "a.csv").write_text("prompt\n")
    with pytest.raises(UsageError, match=rf"(?s){told}.*\.parquet files: write the rows so"):
        checked(tmp_path / file)


def test_a_config_without_a_name_is_found(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", clean_rows("dpo"))
    (tmp_path / "README.md").write_text("---\nconfigs:\n- data_files: train.jsonl\n---\n")
    found = checked(tmp_path)
    assert (found.code, found.finding("card_broken")["about"]) == (1, "a config without a config_name")


def test_columns_of_two_styles_are_told_without_what_follows(tmp_path: Path) -> None:
    rows = clean_rows("dpo, conversational")
    rows[4] = {"prompt": question(4), **dict.fromkeys(SIDES, turn("user", question(4) + " No."))}
    rows[4]["rejected"] = turn("user", question(4) + " Yes.")
    found = checked(write_folder(tmp_path / "set", "dpo, conversational", rows))
    assert found.codes == {"mixed_style_columns"}


def test_columns_that_are_not_needed_are_one_finding(tmp_path: Path) -> None:
    extra = {f"c{number}": number for number in range(20)}
    folder = write_folder(
        tmp_path / "set", "dpo", *([row | extra for row in clean_rows("dpo", first=n)] for n in (0, 50))
    )
    found = [finding for finding in checked(folder).findings if finding["table"]["split"] == "train"]
    assert [(finding["code"], finding["about"]) for finding in found] == [
        ("extra_column", "c0, c1, c2, c3, c4, c5, c6, c7 and 12 more")
    ]


def test_the_context_of_others_is_the_one_that_trl_starts_with(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    assert checked(folder).document["max_length"] == 1024
    assert checked(folder, max_length=30).codes == {"row_too_long"}
