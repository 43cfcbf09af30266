"""Files that cannot be read, or not to the end: each fault is found at its line, and nothing ends the check."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from example_datasets import (
    ALL,
    ROWS,
    answer,
    checked,
    clean_row,
    clean_rows,
    question,
    write_folder,
    write_lines,
    write_parquet,
)
from tables import table

from sandbox.checking.rows import json_array, reading
from sandbox.checking.rows.columns import LOOKED_AT
from sandbox.errors import UsageError

LINE = json.dumps(clean_row(3, "dpo")).encode()
BROKEN_LINES = {
    "broken_line": [b'{"prompt": "a', b"[" * 5000, b'{"a": 1} {"b": 2}', b'{"a": ' + b"9" * 5000 + b"x}"],
    "not_an_object": [b"[1, 2]", b'"text"', b"null", b"12", b"true"],
    "not_utf8": [b'{"prompt": "caf\xe9"}', b"\xff\xfe\x00", b'{"prompt": "\xed\xa0\x80"}'],
    "lone_surrogate": [rb'{"prompt": "\ud83d"}', rb'{"prompt": "\ude00 x"}'],
}


def insert_line(path: Path, line: int, text: bytes) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[: line - 1], text + b"\n", *lines[line - 1 :]]))


@table(("code", "text"), [(code, text) for code, texts in BROKEN_LINES.items() for text in texts])
def test_a_broken_line_is_found_and_the_rest_is_read(tmp_path: Path, code: str, text: bytes) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    insert_line(folder / "train.jsonl", 5, text)
    found = checked(folder)
    assert (found.code, found.codes) == (1, {code})
    assert found.places(code) == [("train.jsonl", 5)]
    assert found.document["tables"][0]["rows"] == ROWS


@table("trainers", [*ALL.split(", "), None])
def test_a_broken_line_counts_for_every_trainer(tmp_path: Path, trainers: str | None) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    insert_line(folder / "test.jsonl", 1, b"{")
    assert checked(folder, trainers).code == 1


def test_a_line_too_long_for_memory_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 1 << 10)
    folder = write_folder(tmp_path / "set", "dpo")
    insert_line(folder / "train.jsonl", 4, b'{"prompt": "' + b"x" * 5000 + b'"}')
    found = checked(folder)
    assert found.places("broken_line") == [("train.jsonl", 4)]
    assert found.document["tables"][0]["rows"] == ROWS


def test_what_datasets_reads_is_no_fault(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    path = folder / "train.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"}\n", b"}\n\n  \r\n").removesuffix(b"\n"))
    assert checked(folder).findings == []
    assert checked(folder).document["tables"][0]["rows"] == ROWS


def test_an_integer_of_any_size_and_an_empty_key_are_read(tmp_path: Path) -> None:
    rows = clean_rows("dpo")
    rows[2][""], rows[3]["id"] = "x", 10**400
    rows.append(dict(rows[3]))
    write_lines(tmp_path / "train.jsonl", rows)
    found = checked(tmp_path)
    assert found.places("duplicate_row") == [("train.jsonl", ROWS + 1)]


def test_an_array_is_read_element_by_element(tmp_path: Path) -> None:
    rows = clean_rows("dpo", 3000)
    rows[2500]["rejected"] = rows[2500]["chosen"]
    (tmp_path / "data.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    found = checked(tmp_path)
    assert (found.codes, found.places("equal_pair")) == ({"equal_pair"}, [("data.json", 2501)])
    assert found.document["tables"][0]["rows"] == 3000


@table(
    ("text", "code", "row"),
    [
        (b'[{"text": "a"}, {"text": ', "broken_line", 2),
        (b'[{"text": "a"} {"text": "b"}, x]', "broken_line", 3),
        (b'[{"text": "a"}, 7]', "not_an_object", 2),
        (b'[{"text": "a"}, {"text": "\xff"}]', "not_utf8", 1),
        (b'[{"text": "a"}', "broken_line", 2),
        (b"[" * 100_000, "broken_line", 1),
    ],
)
def test_a_broken_array_is_found(tmp_path: Path, text: bytes, code: str, row: int) -> None:
    (tmp_path / "data.json").write_bytes(text)
    found = checked(tmp_path)
    assert (found.code, found.places(code)) == (1, [("data.json", row)])


def test_a_row_of_parquet_is_told_by_its_number(tmp_path: Path) -> None:
    rows = clean_rows("dpo, conversational", 2500)
    rows[2300]["rejected"] = rows[2300]["chosen"]
    write_parquet(tmp_path / "train.parquet", pa.Table.from_pylist(rows))
    found = checked(tmp_path)
    assert (found.codes, found.places("equal_pair")) == ({"equal_pair"}, [("train.parquet", 2301)])


@table("size", [0, 3, 100, -1])
def test_a_parquet_file_that_is_cut_off_is_found(tmp_path: Path, size: int) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    path = folder / "train.parquet"
    write_parquet(path, pa.Table.from_pylist(clean_rows("dpo")))
    (folder / "test.jsonl").unlink()
    path.write_bytes(path.read_bytes()[:size])
    found = checked(folder)
    assert (found.code, found.codes) == (1, {"unreadable_file"})
    assert found.places("unreadable_file") == [("train.parquet", None)]


def test_text_in_parquet_that_is_not_utf8_is_found(tmp_path: Path) -> None:
    prompts = pa.Array.from_buffers(pa.string(), 2, pa.array([question(1).encode(), b"caf\xe9"]).buffers())
    write_parquet(tmp_path / "train.parquet", pa.table({"text": prompts}))
    assert checked(tmp_path).finding("unreadable_file")["count"] == 1


def test_a_file_without_rows_is_found(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", "dpo", test=[])
    found = checked(folder)
    assert (found.code, found.codes, found.places("no_rows")) == (1, {"no_rows"}, [("test.jsonl", None)])


def test_one_file_is_checked_by_itself(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    insert_line(folder / "test.jsonl", 1, b"{")
    assert checked(folder / "train.jsonl").findings == []
    assert checked(folder / "test.jsonl").codes == {"broken_line"}


@table(
    ("name", "told"),
    [("sets", "Did you mean 'set'?"), ("set/notes.txt", ".parquet"), ("empty", "holds no data")],
)
def test_where_there_is_no_data_it_is_said(tmp_path: Path, name: str, told: str) -> None:
    folder = write_folder(tmp_path / "set", "dpo")
    (folder / "notes.txt").write_text("nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=told):
        checked(tmp_path / name)


def test_columns_that_only_one_split_has_are_found(tmp_path: Path) -> None:
    rows = clean_rows("dpo", first=100)
    for row in rows:
        del row["rejected"]
    found = checked(write_folder(tmp_path / "set", "dpo", test=rows))
    assert found.places("lost_column") == [("test.jsonl", None)]
    assert (found.code, found.finding("lost_column")["about"]) == (1, "rejected")
    found = checked(write_folder(tmp_path / "other", "dpo", test=[{**row, "id": "x"} for row in clean_rows("dpo")]))
    assert found.places("new_column") == [("test.jsonl", None)]
    assert {trainer: does["verdict"] for trainer, does in found.finding("new_column")["trainers"].items()} == {
        "trl": "fails", "llama-factory": "note", "axolotl": "note",
    }  # fmt: skip


def test_a_type_that_only_one_split_has_is_found(tmp_path: Path) -> None:
    whole = [{**row, "margin": 1} for row in clean_rows("reward")]
    found = checked(write_folder(tmp_path / "set", "reward", train=whole))
    assert found.places("types_differ") == [("test.jsonl", 1)]
    counts = [checked(tmp_path / "set", name).finding("types_differ")["counts"] for name in ("trl", "llama-factory")]
    assert counts == [True, False]
    texts = [{**row, "completion": 5} for row in clean_rows("sft", first=100)]
    assert checked(write_folder(tmp_path / "other", "sft", test=texts)).places("types_bent") == [("test.jsonl", 1)]
    turns = clean_rows("sft, conversational", first=100)
    assert checked(write_folder(tmp_path / "more", "sft", test=turns)).places("types_differ") == [("test.jsonl", 1)]


LATE = {
    "integers": ("margin", 1, 1.5),
    "nulls": ("margin", None, 1.5),
    "turns": ("chosen", [{"role": "assistant", "content": "No."}], "It depends."),
    "texts": ("chosen", "It depends.", [{"role": "assistant", "content": "No."}]),
}


@pytest.mark.slow
@table("case", LATE)
def test_a_type_that_comes_after_the_first_ten_megabytes_is_found(tmp_path: Path, case: str) -> None:
    column, early, late = LATE[case]
    rows = clean_rows("reward", 1100)
    for number, row in enumerate(rows):
        row["rejected"] = answer(number, "rude " * 2000)
        row[column] = early
    assert sum(len(json.dumps(row)) + 1 for row in rows) > LOOKED_AT
    rows[-1][column] = late
    write_lines(tmp_path / "train.jsonl", rows)
    found = checked(tmp_path, max_length=10_000)
    code, verdict = ("late_bent", "trains wrongly") if case == "texts" else ("late_type", "fails")
    assert found.places(code) == [("train.jsonl", 1100)]
    assert found.finding(code)["trainers"]["trl"]["verdict"] == verdict
    assert found.finding(code)["trainers"]["llama-factory"]["verdict"] == "fails"
    rows[5][column], rows[-1][column] = late, early
    write_lines(tmp_path / "train.jsonl", rows)
    assert not {"late_type", "late_bent"} & checked(tmp_path, max_length=10_000).codes


def test_a_column_that_is_absent_at_first_is_found(tmp_path: Path) -> None:
    rows = clean_rows("sft", 1100)
    for number, row in enumerate(rows):
        row["completion"] = answer(number, "kind " * 2000)
    rows[-1]["id"] = "x"
    write_lines(tmp_path / "train.jsonl", rows)
    found = checked(tmp_path, max_length=10_000)
    assert found.finding("late_type")["about"] == "id: absent, then text"
    assert found.places("uneven_column") == [("train.jsonl", 1)]


@table("kind", ["dpo", "kto, conversational", "alpaca", "messages", "text", "stable-alignment"])
def test_a_prompt_in_two_splits_is_found(tmp_path: Path, kind: str) -> None:
    test = clean_rows(kind, first=100)
    test[6] = json.loads(json.dumps(clean_row(3, kind)).replace("Is it right", "is  it RIGHT"))
    found = checked(write_folder(tmp_path / "set", kind, test=test))
    assert found.places("leak") == [("test.jsonl", 7)]
    assert found.code == 1


def test_two_files_of_one_split_are_read_as_one(tmp_path: Path) -> None:
    rows = clean_rows("dpo", 20)
    write_lines(tmp_path / "train-00000-of-00002.jsonl", rows[:10])
    write_lines(tmp_path / "train-00001-of-00002.jsonl", [*rows[10:], rows[4]])
    found = checked(tmp_path)
    assert found.places("duplicate_row") == [("train-00001-of-00002.jsonl", 11)]
    assert [table["rows"] for table in found.document["tables"]] == [21]


def test_copies_in_two_formats_are_compared(tmp_path: Path) -> None:
    rows = clean_rows("reward, conversational")
    write_lines(tmp_path / "train.jsonl", rows)
    write_parquet(tmp_path / "train.parquet", pa.Table.from_pylist(rows))
    assert checked(tmp_path).findings == []
    write_lines(tmp_path / "train.jsonl", [*rows[1:], rows[0]])
    found = checked(tmp_path)
    assert (found.code, found.codes, found.places("copies_differ")) == (1, {"copies_differ"}, [("train.jsonl", None)])


def test_lengths_are_told(tmp_path: Path) -> None:
    rows = [{"text": "x" * 4 * size} for size in range(1, 101)]
    write_lines(tmp_path / "train.jsonl", [*rows, {"text": "ä" * 1000}])
    (table,) = checked(tmp_path).document["tables"]
    assert table["tokens"] == {"median": 51, "p95": 96, "most": 500}


def test_a_column_of_parquet_that_is_null_in_one_split_is_no_fault(tmp_path: Path) -> None:
    schema = pa.schema({"text": pa.string(), "id": pa.string()})
    for split, first, given in (("train", 0, None), ("test", 50, "x")):
        rows = [{"text": answer(number, "kind"), "id": given} for number in range(first, first + 5)]
        write_parquet(tmp_path / f"{split}.parquet", pa.Table.from_pylist(rows, schema=schema))
    assert checked(tmp_path).codes == {"extra_column", "null_extra"}


@table("later", ["2024-01-01 or so", "soon"])
def test_one_text_that_is_no_date_makes_a_column_of_texts(tmp_path: Path, later: str) -> None:
    rows = [{"text": f"2024-01-{number:02}T10:00:00Z"} for number in range(10, 30)]
    write_lines(tmp_path / "train.jsonl", rows)
    assert checked(tmp_path).codes == {"all_dates"}
    write_lines(tmp_path / "train.jsonl", [*rows, {"text": later}])
    assert checked(tmp_path).codes == set()


def test_an_array_is_read_in_blocks_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"text": answer(number, "kind ä€😀")} for number in range(6)]
    (tmp_path / "data.json").write_text(json.dumps([*rows, 12345678901234567890, *rows[:2]]), encoding="utf-8")
    for size in (1, 2, 7, 50):
        monkeypatch.setattr(json_array, "_BLOCK", size)
        found = checked(tmp_path)
        assert found.places("not_an_object") == [("data.json", 7)]
        assert found.places("duplicate_row") == [("data.json", 8), ("data.json", 9)]


SYSTEM, USER, ASSISTANT = ({"role": role, "content": f"Says {role}."} for role in ("system", "user", "assistant"))


@table(
    ("turns", "codes"),
    [
        ([SYSTEM, USER, ASSISTANT], set()),
        ([USER, ASSISTANT, USER, ASSISTANT], set()),
        ([USER, {"role": "assistant", "tool_calls": [{}]}, {"role": "tool", "content": "7"}, ASSISTANT], set()),
        ([USER, {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]}], set()),
        ([USER, SYSTEM, ASSISTANT], {"role_order"}),
        ([USER, USER, ASSISTANT], {"role_order"}),
        ([SYSTEM, ASSISTANT], {"role_order"}),
        ([SYSTEM], {"no_answer", "role_order"}),
        ([USER, ASSISTANT, USER], {"no_answer"}),
        ([USER, {"role": "assistant", "content": " "}], {"empty_answer"}),
    ],
)
def test_turns_have_an_order(tmp_path: Path, turns: list[dict[str, object]], codes: set[str]) -> None:
    write_lines(tmp_path / "train.jsonl", [*clean_rows("messages", 3), {"messages": turns}])
    assert checked(tmp_path).codes - {"late_type"} == codes


def test_pairs_without_a_prompt_of_their_own_have_it_in_common(tmp_path: Path) -> None:
    def pair(number: int) -> dict[str, object]:
        asked = [{"role": "user", "content": question(number)}]
        said = {tone: [*asked, {"role": "assistant", "content": answer(number, tone)}] for tone in ("kind", "rude")}
        return {"chosen": said["kind"], "rejected": said["rude"]}

    test = [*map(pair, range(10, 14)), pair(2)]
    test[1]["rejected"] = test[1]["chosen"]
    found = checked(write_folder(tmp_path / "set", "pairs", [pair(number) for number in range(5)], test))
    assert found.codes == {"leak", "equal_pair"}
    assert (found.places("leak"), found.places("equal_pair")) == ([("test.jsonl", 5)], [("test.jsonl", 2)])
