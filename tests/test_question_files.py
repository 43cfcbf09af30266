"""Files of questions: every format is read, and what cannot be is named with file, line and what was found."""

import gzip
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.errors import UsageError
from sandbox.questions import files as question_files
from sandbox.questions.files import rows
from sandbox.questions.rows import Row

ENDINGS = [".jsonl", ".jsonl.gz", ".txt", ".txt.gz", ".csv", ".csv.gz", ".parquet"]
GOOD = b'{"question": "a?"}\n'


def zipped(data: bytes) -> bytes:
    """Without a time: these bytes name tests, and every process has to find the same ones."""
    return gzip.compress(data, mtime=0)


def parquet(path: Path, table: Mapping[str, object]) -> bytes:
    pq.write_table(pa.table(table), path)
    return path.read_bytes()


def fault(path: Path) -> str:
    """What reading `path` says, checked for the form of every message."""
    with pytest.raises(UsageError) as caught:
        list(rows(path))
    message = str(caught.value)
    assert 1 <= len(message.splitlines()) <= 3
    assert path.name[:20] in message
    return message


@table(
    ("name", "content", "expected"),
    [
        ("a.jsonl", b'{"question": "a?"}\r\n\r\n  \n{"question": "b"}', [Row("a?"), Row("b")]),
        ("a.JSONL", b'\xef\xbb\xbf{"question": "a?"}', [Row("a?")]),
        ("a.jsonl", '{"question": "a\u2028b"}'.encode(), [Row("a\u2028b")]),
        ("a.jsonl", rb'{"question": "\ud800 \ud83d\ude00"}', [Row("\ud800 \U0001f600")]),
        ("a.jsonl.gz", zipped(GOOD) + zipped(GOOD), [Row("a?"), Row("a?")]),
        (
            "a.txt",
            'one?\r\n\n \t\nt\u00e9w\u00f6 \u2028 , "'.encode(),
            [Row("one?\r\n"), Row('téwö \u2028 , "')],
        ),
        ("a.txt", b"", []),
        ("a.txt", b"\xef\xbb\xbf", []),
        ("a.txt", b"\xef\xbb\xbf\na", [Row("a")]),
        ("a.jsonl", b"\xef\xbb\xbf", []),
        ("a.TXT.GZ", zipped(b"one?"), [Row("one?")]),
        ("a.csv", b"", []),
        ("a.csv", b"question\n", []),
        (
            "a.csv",
            b'\xef\xbb\xbfid,question\r\n1,"a, ""b""?"\r\n\r\n2,"c\nd"\r\n',
            [Row('a, "b"?'), Row("c\nd")],
        ),
        ("a.csv", b"question,considerate,inconsiderate\nq,c,i\np\n", [Row("q", "c", "i"), Row("p")]),
        ("a.csv.gz", zipped(b"question\nq"), [Row("q")]),
    ],
)
def test_formats(tmp_path: Path, name: str, content: bytes, expected: list[Row]) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert list(rows(path)) == expected


def test_transcripts_in_a_table(tmp_path: Path) -> None:
    chosen, rejected = "\n\nHuman: q\n\nAssistant: c", "\n\nHuman: q\n\nAssistant: i"
    parquet(tmp_path / "a.parquet", {"rejected": [rejected], "chosen": [chosen], "other": [[1]]})
    (tmp_path / "a.csv").write_text(f'rejected,chosen\n"{rejected}","{chosen}"\n')
    assert list(rows(tmp_path / "a.parquet")) == list(rows(tmp_path / "a.csv")) == [Row("q", "c", "i")]


@table("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), "string")])
def test_every_text_type_of_parquet(tmp_path: Path, kind: pa.DataType) -> None:
    parquet(tmp_path / "a.parquet", {"question": pa.array(["a", "b", "a"]).cast(kind)})
    assert list(rows(tmp_path / "a.parquet")) == [Row("a"), Row("b"), Row("a")]


@table(
    ("name", "content", "found"),
    [
        ("a.jsonl", GOOD + b'{"question": }', "line 2: not JSON (Expecting value, column 14)"),
        ("a.jsonl", GOOD + b"[1]", "line 2: found list"),
        ("a.jsonl", b'"question"', "line 1: found str"),
        ("a.jsonl", b"\n" + b'{"text": "a"}', "line 2: found 'text'"),
        ("a.jsonl", b"[" * 100_000, "line 1: a number too long or nesting too deep"),
        ("a.jsonl", b'{"question": ' + b"1" * 5_000 + b"}", "line 1: a number too long or nesting too deep"),
        ("a.jsonl", GOOD + b'{"question": "\xff"}', "line 2: byte 15 (0xff) is not UTF-8"),
        ("a.jsonl", '{"question": "a"}'.encode("utf-16"), "line 1: byte 1 (0xff) is not UTF-8"),
        ("a.jsonl", zipped(GOOD), "line 1: byte 2 (0x8b) is not UTF-8"),
        ("a.jsonl.gz", zipped(GOOD * 999)[:-9], "no whole gzip file"),
        ("a.jsonl.gz", zipped(GOOD) + b"rest", "no whole gzip file"),
        ("a.jsonl.gz", zipped(GOOD)[:12] + b"\xff" * 40, "no whole gzip file"),
        ("a.jsonl.gz", GOOD, "no whole gzip file"),
        ("a.txt", b"one\ntw\xf6", "line 2: byte 3 (0xf6) is not UTF-8"),
        ("a.csv", b"text\na\n", "line 1 (names of the columns): found 'text'"),
        ("a.csv", b"\nquestion\na\n", "line 1 (names of the columns): found nothing"),
        (
            "a.csv",
            b"question,question\na,b\n",
            "line 1 (names of the columns): more than one column `question`",
        ),
        ("a.csv", b"question\na\nb, or c\n", "line 3: more fields than columns"),
        ("a.csv", b'question\n"a\n', "line 2: unexpected end of data"),
        ("a.csv", b"id,question\n1\n", "line 2: `question` is missing"),
        ("a.csv", b"question\n" + b"a" * 200_000, "line 2: field larger than field limit"),
        ("a.csv", b"question\ra\r", "line 1: new-line character seen in unquoted field\n"),
        ("a.parquet", b"", "cannot be read as Parquet"),
        ("a.parquet", GOOD * 9, "cannot be read as Parquet"),
        ("a.json", GOOD, "is of no known kind"),
        ("a", GOOD, "is of no known kind"),
        ("a.gz", zipped(GOOD), "is of no known kind"),
    ],
)
def test_a_fault_names_file_line_and_what_was_found(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert found in fault(path)


@table(
    ("table", "found"),
    [
        ({"text": ["a"]}, "found 'text'"),
        ({"question": [1]}, "column `question` is int64"),
        ({"question": [b"a"]}, "column `question` is binary"),
        ({"question": [["a"]]}, "column `question` is list<"),
        ({"question": [{"question": "a"}]}, "column `question` is struct<"),
        ({"question": ["a"], "considerate": [1.0]}, "column `considerate` is double"),
        ({"question": ["a"] * 5_000 + [None]}, "row 5001: `question` is missing"),
    ],
)
def test_a_fault_of_a_parquet_table(tmp_path: Path, table: Mapping[str, object], found: str) -> None:
    parquet(tmp_path / "a.parquet", table)
    assert found in fault(tmp_path / "a.parquet")


def test_text_in_a_parquet_table_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", {"question": pa.array([b"\xff"]).view(pa.string())})
    assert "cannot be read as Parquet" in fault(tmp_path / "a.parquet")


def test_rows_come_before_a_later_fault(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD + b"{")
    stream = rows(tmp_path / "a.jsonl")
    assert next(stream) == Row("a?")
    with pytest.raises(UsageError, match="line 2"):
        next(stream)


def test_a_line_that_fills_the_memory_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_files, "LONGEST_LINE", 10)
    (tmp_path / "a.txt").write_bytes(b"a" * 9 + b"\n" + b"b" * 10 + b"\n")
    stream = rows(tmp_path / "a.txt")
    assert next(stream) == Row("a" * 9 + "\n")
    with pytest.raises(UsageError, match="line 2: longer than 10 bytes"):
        next(stream)


def test_an_absent_file_names_the_nearest(tmp_path: Path) -> None:
    for name in ("questions.jsonl", "questions.txt", "other.csv"):
        (tmp_path / name).touch()
    message = fault(tmp_path / "question.txt")
    assert "did you mean 'questions.txt'" in message
    assert "other" not in message
    assert "did you mean" not in fault(tmp_path / "zzz.parquet")
    assert "there is no folder" in fault(tmp_path / "nowhere" / "a.txt")


def test_what_is_no_readable_file(tmp_path: Path) -> None:
    assert "is a folder" in fault(tmp_path)
    assert "cannot read" in fault(tmp_path / f"{'a' * 999}.txt")
    (tmp_path / "a.txt").touch()
    assert "Not a directory" in fault(tmp_path / "a.txt" / "b.txt")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch(mode=0)
    assert "Permission denied" in fault(path)


def spliced(seeds: Iterable[bytes]) -> st.SearchStrategy[bytes]:
    """Files that begin well: a good one with a piece replaced."""
    places = st.integers(0, 2_000)
    return st.builds(
        lambda seed, start, length, piece: seed[: start % len(seed)] + piece + seed[start % len(seed) + length :],
        st.sampled_from(list(seeds)),
        places,
        st.integers(0, 40),
        st.binary(max_size=40),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def good_file(folder: Path, ending: str) -> bytes:
    table = {"question": ["a?", "b, c", "d"] * 20, "considerate": ["x", None, "y"] * 20}
    if ending == ".parquet":
        return parquet(folder / "good.parquet", table)
    plain = {
        ".jsonl": GOOD + b'{"chosen": "\\n\\nHuman: q\\n\\nAssistant: a", "rejected": "\\n\\nHuman: q"}\n',
        ".txt": b"one?\ntwo\n",
        ".csv": b'question,considerate\n"a, b",c\nd,"e\nf"\n',
    }[ending.removesuffix(".gz")]
    return gzip.compress(plain, mtime=0) if ending.endswith(".gz") else plain


def outcome(path: Path) -> list[Row] | str:
    """Rows, or the message of the `UsageError` in their place."""
    try:
        return list(rows(path))
    except UsageError as error:
        return str(error)


@pytest.mark.parametrize("ending", ENDINGS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_bytes_give_anything_but_rows_or_a_usage_error(folder: Path, ending: str, data: st.DataObject) -> None:
    path = folder / f"any{ending}"
    path.write_bytes(data.draw(st.binary(max_size=300) | spliced([good_file(folder, ending)])))
    found = outcome(path)
    if isinstance(found, str):
        assert len(found.splitlines()) <= 3
    else:
        assert all(isinstance(row.question, str) for row in found)


@settings(max_examples=60)
@given(st.text(min_size=1).filter(lambda name: "/" not in name and "\0" not in name))
@example("\x1b[31m\n\ud800")
def test_no_name_breaks_the_form_of_a_message(folder: Path, name: str) -> None:
    path = folder / "names" / name.encode("utf-8", "ignore").decode()
    with pytest.raises(UsageError) as caught:
        list(rows(path))
    message = str(caught.value)
    assert len(message.split("\n")) <= 3
    assert all(line.isprintable() for line in message.split("\n"))
