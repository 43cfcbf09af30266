"""Question sets: ids, filters and digests depend on texts alone, and every row is a question or is counted."""

import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.errors import UsageError
from sandbox.questions.sets import Pair, Question, load, question_id

DATA = Path(os.environ.get("SANDBOX_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data") / "hh-rlhf"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here (SANDBOX_TEST_DATA)")


def exchange(question: str, considerate: str, inconsiderate: str) -> dict[str, str]:
    turns = f"\n\nHuman: {question}\n\nAssistant: "
    return {"chosen": turns + considerate, "rejected": turns + inconsiderate}


def write(path: Path, *lines: object) -> str:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return str(path)


@table(
    ("text", "meant"),
    [
        ("why?", "why?"),
        ("\t why? \n\u2003", "why?"),
        ("cafe\u0301?", "caf\u00e9?"),
        ("\ud800?", "\ufffd?"),
        ("", ""),
    ],
)
def test_the_id_is_of_the_stripped_nfc_text(text: str, meant: str) -> None:
    assert question_id(text) == hashlib.sha256(meant.encode()).hexdigest()[:16]


@given(st.text(st.characters(codec=None, categories=None)))
def test_a_text_and_what_it_became_have_one_id(text: str) -> None:
    cleaned = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert question_id(text) == question_id(unicodedata.normalize("NFC", cleaned).strip())


def test_questions_pairs_and_what_was_dropped(tmp_path: Path) -> None:
    source = write(
        tmp_path / "q.jsonl",
        exchange("b?", "same", " same "),
        {"question": " "},
        exchange("a?", "c1", "i1"),
        {"question": "cafe\u0301"},
        exchange(" b?", "c2", "i2"),
        exchange("b?", "c3", "i3"),
        exchange("a?", "", "i4"),
        {"question": "caf\u00e9", "considerate": " c5", "inconsiderate": "i5\n"},
        {"question": "", "considerate": "c6", "inconsiderate": "i6"},
        {"question": "d", "considerate": "c7"},
    )
    found = load(source)
    assert [question.text for question in found.questions] == ["b?", "a?", "caf\u00e9", "d"]
    assert all(question == Question(question_id(question.text), question.text) for question in found.questions)
    b, a, cafe, _ = found.questions
    assert found.pairs == (Pair(a, "c1", "i1"), Pair(b, "c2", "i2"), Pair(cafe, "c5", "i5"))
    assert found.dropped == {"empty": 2, "duplicate": 4}
    assert (found.name, found.source) == ("q.jsonl", source)


def test_filters_count_distinct_questions_and_leave_pairs_alone(tmp_path: Path) -> None:
    pair = {"considerate": "c", "inconsiderate": "i"}
    texts = ["no mark", "ab?", "abc?", "abcd?", "abcde?", "ab?", "no mark"]
    source = write(tmp_path / "q.jsonl", *({"question": text, **pair} for text in texts))
    found = load(source, ends_with_question_mark=True, min_length=4, max_length=5)
    assert [question.text for question in found.questions] == ["abc?", "abcd?"]
    assert found.dropped == {"no_question_mark": 1, "too_short": 1, "too_long": 1, "duplicate": 2}
    assert [pair.question.text for pair in found.pairs] == ["no mark", "ab?", "abc?", "abcd?", "abcde?"]
    assert found.pairs == load(source).pairs
    assert load(source).dropped == {"duplicate": 2}


def test_the_digest_is_of_questions_and_pairs_and_nothing_else(tmp_path: Path) -> None:
    one = load(
        write(tmp_path / "one.jsonl", {"question": "a?", "considerate": "c", "inconsiderate": "i", "topic": "t"})
    )
    other = load(write(tmp_path / "other.jsonl", exchange("a?", "c", "i"), exchange("a?", "x", "y")))
    assert one.sha256 == other.sha256 == hashlib.sha256(b'[["a?"],[["a?","c","i"]]]').hexdigest()
    assert load(write(tmp_path / "q.jsonl", exchange("a?", "c", "I"))).sha256 != one.sha256
    assert load(write(tmp_path / "q.jsonl", {"question": "a?"})).sha256 != one.sha256


@table(
    ("content", "filters", "said"),
    [
        (b"", {}, "no questions in "),
        (b"\n \n", {}, "no questions in "),
        (b"abc\nabc\nde", {"min_length": 4}, "dropped 2 too_short, 1 duplicate"),
        (b"abc", {"max_length": 2}, "dropped 1 too_long"),
        (b"abc", {"ends_with_question_mark": True}, "dropped 1 no_question_mark"),
    ],
)
def test_a_set_without_questions_is_an_error(
    tmp_path: Path, content: bytes, filters: dict[str, int], said: str
) -> None:
    path = tmp_path / "q.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(str(path), ends_with_question_mark=bool(filters.pop("ends_with_question_mark", 0)), **filters)
    assert said in str(caught.value)
    assert repr(str(path)) in str(caught.value)


def test_a_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "q.txt").write_text("a?")
    assert load("~/q.txt").questions == load(str(tmp_path / "q.txt")).questions


def test_a_file_name_that_is_no_text_can_be_written_down(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.txt")
    try:
        path.write_text("a?")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert load(str(path)).name == "\ufffd.txt"
    orjson.dumps(load(str(path)).source)


def test_the_bundled_set() -> None:
    found = load("starter")
    assert found.name == "starter"
    assert len(found.questions) == len(found.pairs) >= 50
    assert found.dropped == {}


@needs_data
def test_hh_rlhf_as_published() -> None:
    found = load(str(DATA / "harmless-base-test.jsonl.gz"))
    assert len(found.questions) == 2_178
    assert found.dropped == {"duplicate": 134}
    assert len(found.pairs) == 657
    assert not any("\n\nHuman:" in text or "\n\nAssistant:" in text for _, *texts in found.pairs for text in texts)


@needs_data
def test_the_questions_of_the_authors() -> None:
    source = str(DATA / "questions-5022.txt")
    found = load(source)
    assert len(found.questions) == 5_022
    assert (found.dropped, found.pairs) == ({}, ())
    assert load(source, ends_with_question_mark=True) == found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sets")


def write_in_every_format(folder: Path, texts: list[str]) -> list[Path]:
    plain = {
        "txt": "\n".join(texts),
        "jsonl": "\n".join(json.dumps({"question": text}) for text in texts),
    }
    for kind, content in plain.items():
        (folder / f"q.{kind}").write_bytes(content.encode("utf-8-sig"))
        (folder / f"q.{kind}.gz").write_bytes(gzip.compress(content.encode("utf-8-sig")))
    with (folder / "q.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["n", "question"], *([number, text] for number, text in enumerate(texts))])
    pq.write_table(pa.table({"question": pa.array(texts, pa.string())}), folder / "q.parquet", row_group_size=3)
    return sorted(folder.iterdir())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12), max_size=12))
def test_every_format_gives_the_same_set(folder: Path, texts: list[str]) -> None:
    distinct = dict.fromkeys(filter(None, (unicodedata.normalize("NFC", text).strip() for text in texts)))
    for path in write_in_every_format(folder, texts):
        if distinct:
            found = load(str(path))
            assert [question.text for question in found.questions] == list(distinct), path.suffix
        else:
            with pytest.raises(UsageError, match="no questions"):
                load(str(path))


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["", " ", "a", "a?", "bb?", "ccc?", "dddd"]), min_size=1),
    st.booleans(),
    st.none() | st.integers(0, 5),
    st.none() | st.integers(5, 9),
)
def test_every_row_is_a_question_or_counted(
    folder: Path, texts: list[str], mark: bool, shortest: int | None, longest: int | None
) -> None:
    source = write(folder / "q.jsonl", {"question": "?????"}, *({"question": text} for text in texts))
    found = load(source, ends_with_question_mark=mark, min_length=shortest, max_length=longest)
    assert len(found.questions) + sum(found.dropped.values()) == 1 + len(texts)
    assert 0 not in found.dropped.values()
    assert len({question.id for question in found.questions}) == len(found.questions)


def test_importing_it_loads_nothing_slow() -> None:
    slow = ["pyarrow", "huggingface_hub", "pydantic", "httpx2", "numpy"]
    program = f"import sys, sandbox.questions.sets; print([name for name in {slow} if name in sys.modules])"
    root = Path(__file__).parents[1]
    printed = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"
