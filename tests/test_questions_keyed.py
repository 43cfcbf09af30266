"""What stands beside a question: options, the key and the material, as files have them, as a run keeps them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import DATA, Sandbox
from example_runs import SMALL
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.errors import UsageError
from sandbox.questions.columns import Columns
from sandbox.questions.keys import read_keys
from sandbox.questions.sets import Question, digest, load, question_id
from sandbox.runs.kept_questions import KeptQuestion

QUALITY = DATA / "suites" / "quality-fixture" / "questions.jsonl"
TWO = ["Yes", "No"]
ROW = {"question": "Is it?", "options": TWO, "gold": 1, "material": " It is not. "}
BARE = (*SMALL[:2], "--embedder", "hash", "--grid", 2, "--neighbours", 1, "--labels", "none", "--run-id", "one")


def write(path: Path, *lines: object) -> str:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return str(path)


def cells(path: Path, row: Mapping[str, Any]) -> str:
    """The row as a table of one line."""
    quoted = ('"' + str(value if isinstance(value, str | int) else json.dumps(value)).replace('"', '""') + '"'
              for value in row.values())  # fmt: skip
    path.write_text(f"{','.join(row)}\n{','.join(quoted)}\n")
    return str(path)


def beside(question: Question) -> tuple[object, ...]:
    return question[2:]


def question_of(source: str, named: str | None = None) -> Question:
    (found,) = load(source, columns=Columns(named)).questions
    return found


@table(
    ("row", "named", "expected"),
    [
        (ROW, None, (("Yes", "No"), 1, None, "It is not.")),
        ({"options": TWO, "gold": "no "}, None, (("Yes", "No"), 1, None, None)),
        ({"options": [" e\u0301 ", "b"], "gold": "\u00c9"}, None, (("\u00e9", "b"), 0, None, None)),
        ({"options": TWO, "gold": "b"}, None, (("Yes", "No"), 1, None, None)),
        ({"options": ["B", "A"], "gold": "a"}, None, (("B", "A"), 1, None, None)),
        ({"options": TWO, "gold": 1.0}, None, (("Yes", "No"), 1, None, None)),
        ({"options": TWO, "gold": "1"}, None, (("Yes", "No"), 1, None, None)),
        ({"options": ["1", "2"], "gold": "1"}, None, (("1", "2"), 0, None, None)),
        ({"choices": TWO, "gold": 0}, None, (("Yes", "No"), 0, None, None)),
        ({"options": TWO, "gold": None}, None, (("Yes", "No"), None, None, None)),
        ({"options": None, "gold": " Paris "}, None, ((), None, "Paris", None)),
        ({"gold": "7", "material": " "}, None, ((), None, "7", None)),
        ({"gold": "", "material": None}, None, ((), None, None, None)),
        ({"options": 3}, None, ((), None, None, None)),
        ({"options": TWO}, None, ((), None, None, None)),
        ({"options": TWO}, "options=options", (("Yes", "No"), None, None, None)),
        ({"answer": "No", "list": TWO, "passage": "p"}, "gold=answer,options=list,material=passage",
         (("Yes", "No"), 1, None, "p")),
    ],
)  # fmt: skip
def test_what_stands_beside_a_question(
    tmp_path: Path, row: dict[str, Any], named: str | None, expected: tuple[object, ...]
) -> None:
    found = question_of(write(tmp_path / "q.jsonl", {"question": "Is it?", **row}), named)
    assert found[:2] == (question_id("Is it?"), "Is it?")
    assert beside(found) == expected


@table(
    ("row", "expected"),
    [
        ({"options": TWO, "gold": 1}, (("Yes", "No"), 1, None, None)),
        ({"options": TWO, "gold": "B"}, (("Yes", "No"), 1, None, None)),
        ({"options": ["3", "0"], "gold": "3"}, (("3", "0"), 0, None, None)),
        ({"options": "", "gold": 42, "material": "m"}, ((), None, "42", "m")),
    ],
)
def test_a_cell_of_a_table_is_read_alike(tmp_path: Path, row: dict[str, Any], expected: tuple[object, ...]) -> None:
    assert beside(question_of(cells(tmp_path / "q.csv", {"question": "Is it?", **row}))) == expected


@table(
    ("arrays", "expected"),
    [
        ({"options": [TWO], "gold": pa.array([1])}, (("Yes", "No"), 1, None, None)),
        ({"options": [TWO], "gold": pa.array([1.0])}, (("Yes", "No"), 1, None, None)),
        ({"options": pa.array([TWO], pa.large_list(pa.string())), "gold": ["No"]}, (("Yes", "No"), 1, None, None)),
        ({"gold": pa.nulls(1), "options": pa.nulls(1), "material": ["m"]}, ((), None, None, "m")),
        ({"gold": pa.array([True])}, "column `gold` is bool\nwanted: string, or whole numbers"),
        ({"gold": ["1"], "options": [[1, 2]]}, "column `options` is list<element: int64>\nwanted: a list of strings"),
        ({"material": [["m"]]}, "column `material` is list<element: string>\nwanted: string"),
    ],
)  # fmt: skip
def test_columns_of_parquet(tmp_path: Path, arrays: dict[str, Any], expected: tuple[object, ...] | str) -> None:
    pq.write_table(pa.table({"question": ["Is it?"], **arrays}), tmp_path / "q.parquet")
    if isinstance(expected, str):
        with pytest.raises(UsageError, match="wanted") as caught:
            load(str(tmp_path / "q.parquet"))
        assert expected in str(caught.value)
    else:
        assert beside(question_of(str(tmp_path / "q.parquet"))) == expected


@table(
    ("row", "said"),
    [
        ({"options": TWO, "gold": 2}, "`gold` is 2, which is none of the 2 options"),
        ({"options": TWO, "gold": 2}, "\nif places count from 1 in this file, take 1 off each"),
        ({"options": TWO, "gold": -1}, "`gold` is -1, which is none of the 2 options"),
        ({"options": TWO, "gold": "C"}, "`gold` is 'C', which is none of the 2 options"),
        ({"options": TWO, "gold": "\u0660"}, "which is none of the 2 options"),
        ({"options": TWO, "gold": "perhaps"}, "`gold` is 'perhaps', which is none of the 2"),
        ({"options": TWO, "gold": True}, "`gold` is no text but true or false"),
        ({"options": TWO, "gold": 0.5}, "`gold` is no text but a number"),
        ({"gold": 2}, "`gold` is a number, and there are no options of which it is the place\nname their column"),
        ({"gold": 2, "answers": TWO}, "--column options=NAME"),
        ({"options": "Yes|No", "gold": 1}, "`options` is no list but a text\nwanted: a list of 2 to 26 texts"),
        ({"options": "[" * 9, "gold": 1}, "`options` is no list but a text"),
        ({"options": {"a": 1}, "gold": 1}, "`options` is no list but an object"),
        ({"options": ["Yes"], "gold": 0}, "`options`: there are 1 options"),
        ({"options": [], "gold": "x"}, "`options`: there are 0 options"),
        ({"options": [str(n) for n in range(27)], "gold": 0}, "`options`: there are 27 options"),
        ({"options": ["Yes", 2], "gold": 0}, "`options`: an option is a number"),
        ({"options": ["Yes", " "], "gold": 0}, "`options`: an option is empty"),
        ({"options": ["Yes", " yes"], "gold": 0}, "`options`: two options are the same: 'yes'"),
        ({"material": ["m"]}, "`material` is no text but a list"),
    ],
)  # fmt: skip
def test_a_key_that_has_no_meaning_is_refused(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    source = write(tmp_path / "q.jsonl", {"question": "first"}, {"question": "Is it?", **row})
    with pytest.raises(UsageError) as caught:
        load(source)
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{source!r}, line 2: ")
    assert len(message.splitlines()) <= 3


def test_digits_in_a_table_that_are_a_text_and_a_place_are_refused(tmp_path: Path) -> None:
    row = {"question": "Is it?", "options": ["3", "1", "2"], "gold": "2"}
    assert question_of(write(tmp_path / "q.jsonl", row)).gold == 2
    assert question_of(cells(tmp_path / "same.csv", row)).gold == 2
    with pytest.raises(UsageError, match="the text of one option and the place of another\nwrite B or C"):
        load(cells(tmp_path / "q.csv", {**row, "options": ["1", "2", "3"]}))


@table(
    ("first", "later", "message"),
    [
        (ROW, {"question": " Is it?"}, None),
        (ROW, {**ROW, "gold": "no"}, None),
        (ROW, {**ROW, "gold": None, "material": None}, None),
        (ROW, {**ROW, "gold": 0}, "line 1 says otherwise"),
        (ROW, {**ROW, "options": ["Yes", "Never"]}, "line 1 says otherwise"),
        (ROW, {**ROW, "material": "It is."}, "line 1 says otherwise"),
        ({"question": "Is it?"}, ROW, "an earlier row has nothing of it"),
    ],
)
def test_the_same_question_with_another_key_is_refused(
    tmp_path: Path, first: dict[str, Any], later: dict[str, Any], message: str | None
) -> None:
    source = write(tmp_path / "q.jsonl", first, later)
    if message is None:
        source = write(tmp_path / "q.jsonl", first, later, first)
        assert load(source).dropped == {"duplicate": 2}
        assert beside(load(source).questions[0]) == (("Yes", "No"), 1, None, "It is not.")
        return
    with pytest.raises(UsageError, match="line 2: the question stands there again") as caught:
        load(source)
    assert message in str(caught.value)


def test_what_stands_beside_a_question_is_in_the_digest(tmp_path: Path) -> None:
    variants = [{"question": "Is it?"}, ROW, {**ROW, "gold": 0}, {**ROW, "material": "Other."}, {**ROW, "gold": None}]
    digests = [load(write(tmp_path / "q.jsonl", row)).sha256 for row in variants]
    assert len({*digests}) == len(variants)
    assert digest([Question(question_id("Is it?"), "Is it?")], []) == digests[0]


def test_a_run_keeps_what_stands_beside_its_questions(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [ROW, {"question": "Where?", "gold": "Paris"}, {"question": "Why?"}]
    write(tmp_path / "q.jsonl", *rows)
    assert sandbox("simulate", *BARE, "--questions", "q.jsonl").code == 0
    lines = [json.loads(line) for line in (tmp_path / "runs" / "one" / "questions.jsonl").read_text().splitlines()]
    bare = {"set": "questions", "listed": True, "considerate": None, "inconsiderate": None}
    assert lines == [
        {**bare, **ROW, "material": "It is not."},
        {**bare, "question": "Where?", "gold_text": "Paris"},
        {**bare, "question": "Why?"},
    ]
    (tmp_path / "q.jsonl").unlink()
    grown = sandbox("simulate", "--resume", "one", "--rounds", 2)
    assert grown.code == 0, grown.err
    kept = tmp_path / "runs" / "one" / "questions.jsonl"
    kept.write_text(kept.read_text().replace('"gold":1', '"gold":0'))
    assert "not what the run was made with" in sandbox("simulate", "--replay", "one").err


def test_a_kept_gold_is_one_of_the_options() -> None:
    line = {"set": "questions", "question": "q", "listed": True, "considerate": None, "inconsiderate": None}
    for fields in ({"gold": 0}, {"gold": 2, "options": TWO}, {"gold": -1, "options": TWO}, {"options": ["a"]}):
        with pytest.raises(ValueError, match=r"gold is none of the options|at least 2"):
            KeptQuestion.model_validate_json(json.dumps(line | fields))


def test_how_many_have_what_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    source = write(tmp_path / "q.jsonl", ROW, {"question": "Where?", "gold": "Paris"}, {"question": "Why?"})
    done = sandbox("questions", "show", "--questions", source)
    assert "\n2 with key, 1 with options, 1 with material\n" in done.out
    found = json.loads(sandbox("questions", "show", "--json", "--questions", source).out)
    assert found["with"] == {"key": 2, "options": 1, "material": 1}
    assert set(found["questions"][2]) == {"id", "text"}
    assert " with " not in sandbox("questions", "show", "--limit", 1).out


def test_keys_of_a_file_by_question(tmp_path: Path) -> None:
    source = write(tmp_path / "q.jsonl", ROW, {"question": "Where?", "gold": "Paris"}, {"question": "Why?"})
    keys = read_keys(source)
    assert [keys[question_id(text)].text for text in ("Is it?", "Where?")] == ["Is it?", "Where?"]
    assert len(keys) == 2
    with pytest.raises(UsageError, match="none of 1 questions has a key\nwanted: rows with `question` and `gold`"):
        read_keys(write(tmp_path / "none.jsonl", {"question": "Why?"}))
    with pytest.raises(UsageError, match="there is no column 'x'"):
        read_keys(source, Columns("material=x"))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(gold=ANY, options=ANY | st.lists(st.text(max_size=2), min_size=2, max_size=4), material=ANY)
def test_nothing_gives_anything_but_a_question_or_a_usage_error(
    tmp_path_factory: pytest.TempPathFactory, gold: object, options: object, material: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text(json.dumps({"question": "q", "gold": gold, "options": options, "material": material}))
    found = outcome(str(path))
    if isinstance(found, str):
        assert len(found.splitlines()) <= 3
    else:
        assert found.gold is None or found.gold in range(len(found.options))
        assert found.gold_text is None or not found.options
        assert len({option.casefold() for option in found.options}) == len(found.options)


def outcome(source: str) -> Question | str:
    try:
        return question_of(source)
    except UsageError as error:
        return str(error)


@pytest.mark.skipif(not QUALITY.is_file(), reason="the real data is not here (SANDBOX_TEST_DATA)")
def test_published_questions_about_an_article_count_options_from_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`gold` is 4, which is none of the 4 options"):
        load(str(QUALITY))
    rows = [json.loads(line) for line in QUALITY.read_text().splitlines()]
    found = load(write(tmp_path / "q.jsonl", *({**row, "gold": row["gold"] - 1} for row in rows))).questions
    assert [each.gold for each in found] == [row["gold"] - 1 for row in rows]
    assert {len(each.options) for each in found} == {4}
