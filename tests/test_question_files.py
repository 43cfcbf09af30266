"""Files of questions: every format is read, and what cannot be is named with file, line and what was found."""

import codecs
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
from sandbox.questions import streams
from sandbox.questions.files import rows
from sandbox.questions.rows import Row

KINDS = [".jsonl", ".ndjson", ".json", ".txt", ".csv", ".tsv"]
ENDINGS = [*KINDS, ".jsonl.gz", ".txt.gz", ".csv.gz", ".json.zst", ".tsv.zst", ".parquet"]
GOOD = b'{"question": "a?"}\n'
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def zipped(data: bytes) -> bytes:
    """Without a time: these bytes name tests, and every process has to find the same ones."""
    return gzip.compress(data, mtime=0)


def packed(data: bytes) -> bytes:
    """As `zstd` packs it."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


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
        ("a.csv", b"question,considerate,inconsiderate\nq,c,i\np,,\n", [Row("q", "c", "i"), Row("p", "", "")]),
        ("a.csv.gz", zipped(b"question\nq"), [Row("q")]),
        ("a.csv", b"\n \nquestion\na\n", [Row("a")]),
        ("a.csv", b"id,question\n1,a\n \n,\n", [Row("a"), Row("")]),
        ("a.csv", b'id, question\n1, a\n2, "b, c"\n', [Row("a"), Row("b, c")]),
        ("a.csv", b"ID,Question \n1,a\n", [Row("a")]),
        ("a.csv", b"question;note\na, b;c\n", [Row("a, b")]),
        ("a.csv", b'id|question\n1|"a|b;c"\n', [Row("a|b;c")]),
        ("a.csv", b"id\tquestion\n1\ta\n", [Row("a")]),
        ("a.csv", b"question\na;b|c\td\n", [Row("a;b|c\td")]),
        ("a.csv", b"question,note;more\na,b;c\n", [Row("a")]),
        ("a.csv", b'\xef\xbb\xbfsep=;\r\nid;question\r\n1;"a,\r\nb"\r\n', [Row("a,\r\nb")]),
        ("a.csv", b'question,note\ra,"b\rc"\rd,\r', [Row("a"), Row("d")]),
        ("a.csv", b'note,question\r1,"a\nb"\r2,c\r', [Row("a\nb"), Row("c")]),
        ("a.csv", b"question\r\r\na\r\r\n", [Row("a")]),
        ("a.tsv", b"id\tquestion\n1\ta, b; c\n", [Row("a, b; c")]),
        ("a.tsv.gz", zipped(b"id\tquestion\n1\ta"), [Row("a")]),
        ("a.tsv", b"question,id\na,1\n", [Row("a")]),
        ("a.txt", b"one?\rtwo?\rthree?\r", [Row("one?\r"), Row("two?\r"), Row("three?\r")]),
        ("a.txt", b"one?\r\r\xc3\xa4", [Row("one?\r"), Row("\u00e4")]),
        ("a.txt", b"one?\rtwo?\r\n", [Row("one?\r"), Row("two?\r\n")]),
        ("a.txt", b"one?\rtwo?\n", [Row("one?\r"), Row("two?\n")]),
        ("a.txt", b"one?\r\n", [Row("one?\r\n")]),
        ("a.txt.gz", zipped(b"one?\rtwo?"), [Row("one?\r"), Row("two?")]),
        ("a.csv", b'id, "question"\n1, "a, b"\n', [Row("a, b")]),
        ("a.txt", b"a\rb\nc", [Row("a\r"), Row("b\n"), Row("c")]),
        ("a.txt", b"a\rb\r\nc\rd", [Row("a\r"), Row("b\r\n"), Row("c\r"), Row("d")]),
        ("a.csv", b"question\n" + b"a" * 200_000, [Row("a" * 200_000)]),
        ("a.jsonl", b'{"question": "a"}\r{"question": "b\\r"}\r', [Row("a"), Row("b\r")]),
        ("a.ndjson", GOOD, [Row("a?")]),
        ("a.json", b'\n[\n {"question": "a"},\n "b"\n]\n', [Row("a"), Row("b")]),
        ("a.json", b"[]", []),
        ("a.json", GOOD * 2, [Row("a?"), Row("a?")]),
        ("a.jsonl", b'[{"question": "a"},\r\n"b"]', [Row("a"), Row("b")]),
        ("a.jsonl", b'"a"\n{"prompt": "b"}', [Row("a"), Row("b")]),
        ("a.jsonl", zipped(GOOD), [Row("a?")]),
        ("a.txt", packed(b"one?"), [Row("one?")]),
        ("a.csv.zst", packed(b"question\na\n") + packed(b"b\n"), [Row("a"), Row("b")]),
        ("a.json.zst", packed(b'["a"]'), [Row("a")]),
        ("a.JSONL.ZST", packed(GOOD), [Row("a?")]),
        ("a.jsonl", '{"question": "\u00e4\u2028"}\n'.encode("utf-16"), [Row("\u00e4\u2028")]),
        (
            "a.txt",
            codecs.BOM_UTF16_BE + "one\r\ntw\U0001f600".encode("utf-16-be"),
            [Row("one\r\n"), Row("tw\U0001f600")],
        ),
        ("a.tsv.gz", zipped("id\tquestion\r\n1\t\u4e00\r\n".encode("utf-16")), [Row("\u4e00")]),
        ("a.csv", "question\na".encode("utf-32"), [Row("a")]),
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
        ("a.jsonl", GOOD + b'{"question": }', "line 2: not JSON at column 14"),
        ("a.jsonl", GOOD + b"[1]", "line 2: found a list"),
        ("a.jsonl", b"7", "line 1: found a number"),
        ("a.jsonl", b"\n" + b'{"text": "a"}', "line 2: found 'text'"),
        ("a.jsonl", b"[" * 100_000, "line 1: a number too long or nesting too deep"),
        ("a.jsonl", b'{"question": ' + b"1" * 5_000 + b"}", "line 1: a number too long or nesting too deep"),
        ("a.jsonl", GOOD + b'{"question": "\xff"}', "line 2: byte 15 (0xff) is not UTF-8"),
        ("a.jsonl", '{"question": "a"}'.encode("utf-16-le"), "is UTF-16 without a byte order mark"),
        ("a.txt", "one two three".encode("utf-16-be"), "is UTF-16 without a byte order mark"),
        ("a.txt", "one\n".encode("utf-16")[:-1], "is not UTF-16 throughout"),
        ("a.txt", "one\n".encode("utf-16") + b"\x00\xd8\x00\x00", "is not UTF-16 throughout"),
        ("a.jsonl.gz", zipped(GOOD * 999)[:-9], "no whole gzip file"),
        ("a.jsonl.gz", zipped(GOOD) + b"rest", "no whole gzip file"),
        ("a.jsonl.gz", zipped(GOOD)[:12] + b"\xff" * 40, "no whole gzip file"),
        ("a.jsonl.gz", GOOD, "no whole gzip file"),
        ("a.txt", b"one\ntw\xf6", "line 2: byte 3 (0xf6) is not UTF-8"),
        ("a.csv", b"text\na\n", "line 1 (names of the columns): found 'text'"),
        ("a.csv", b"\nno;thing;or, else\n", "line 2 (names of the columns): found 'no', 'thing', 'or, else'\n"),
        (
            "a.csv",
            b"question,question\na,b\n",
            "line 1 (names of the columns): more than one column `question`",
        ),
        ("a.csv", b"question\na\nb, or c\n", "line 3: more fields than columns"),
        ("a.csv", b'question\n"a\n', "line 2: a quotation mark opens a field and none closes it"),
        ("a.csv", b"id,question\n1\n", "line 2: fewer fields than columns (1, not 2)"),
        ("a.csv", b"question,note\na\n", "line 2: fewer fields than columns (1, not 2)"),
        ("a.csv", b'question,note\n"a\nb",c\n\n"d\n\ne"\n', "line 5: fewer fields than columns (1, not 2)"),
        ("a.csv", b'question,note\r\n"a\r\nb",c\r\nd\r\n', "line 4: fewer fields than columns (1, not 2)"),
        ("a.csv", b"sep=;\n\nquestion;note\na\n", "line 4: fewer fields than columns (1, not 2)"),
        ("a.csv", b"question,note\ra,b\rc\r", "line 3: fewer fields than columns (1, not 2)"),
        ("a.csv", b"question,Question \na\n", "line 2: fewer fields"),
        ("a.csv", b"Question,question \na,b\n", "more than one column `question`"),
        ("a.tsv", b"id\tquestion\n1\ta\tb\n", "line 2: more fields than columns (3, not 2)"),
        ("a.tsv", b'question\n"a" b\n', "wanted: fields with a tab between them"),
        ("a.csv", b"PK\x03\x04" + b"\x00" * 30, "is a spreadsheet or a zip archive\nsave it as CSV"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old spreadsheet"),
        ("a.txt", b"\xfd7zXZ\x00", "unpack it first"),
        ("a.txt", b"\n<!DOCTYPE html><html>", "is a web page"),
        ("a.jsonl.gz", POINTER, "run `git lfs pull`"),
        ("a.parquet", POINTER, "run `git lfs pull`"),
        ("a.json", b'[{"question": "a"}, {}]', "item 2: found nothing"),
        ("a.json", b'[{"question": "a"}, 7]', "item 2: found a number"),
        ("a.json", b'\n[{"question": "a"},\n{"question": }]', "line 3: not JSON at column 14"),
        ("a.json", b'{"data": [{"question": "a"}]}', "line 1: found 'data'"),
        ("a.json", b'[["a"]]', "item 1: found a list"),
        ("a.jsonl.zst", packed(GOOD * 999)[:-9], "no whole zstd file"),
        ("a.jsonl.zst", GOOD, "no whole zstd file"),
        ("a.jsonl", packed(GOOD) + b"rest", "no whole zstd file"),
        ("a.csv", b'question\n"' + b"a\n" * 100_000, "line 2: a quotation mark opens a field and none closes it"),
        ("a.jsonl", b"PAR1\0\0", "is Parquet"),
        ("a.csv", b"May I lie?\nMay I not?\n", "into a line before the first"),
        ("a.parquet", b"", "cannot be read as Parquet"),
        ("a.parquet", GOOD * 9, "cannot be read as Parquet"),
        ("a.xlsx", GOOD, "is of no known kind"),
        ("a", GOOD, "is of no known kind"),
        ("a", zipped(GOOD), "(it is packed with gzip) is of no known kind"),
        ("a.xlsx", b"PK\x03\x04", "save it as CSV"),
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
        ({"question": ["a"], "considerate": [[{"role": "user", "content": "c"}]]}, "column `considerate` is list<"),
        ({"prompt": ["a"], "chosen": [["b"]], "rejected": [["c"]]}, "column `chosen` is list<"),
        ({"chosen": [1], "rejected": [2]}, "column `chosen` is int64"),
        ({"chosen": [[{"role": None, "content": "a"}]], "rejected": ["b"]}, "row 1: `chosen`: message 1 has no `role`"),
        ({"question": ["a"] * 5_000 + [None]}, "row 5001: `question` is missing"),
    ],
)
def test_a_fault_of_a_parquet_table(tmp_path: Path, table: Mapping[str, object], found: str) -> None:
    parquet(tmp_path / "a.parquet", table)
    assert found in fault(tmp_path / "a.parquet")


def test_text_in_a_parquet_table_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", {"question": pa.array([b"\xff"]).view(pa.string())})
    assert "cannot be read as Parquet" in fault(tmp_path / "a.parquet")


def test_messages_and_numbers_in_a_parquet_table(tmp_path: Path) -> None:
    messages = {
        name: [[{"content": text, "role": role}]]
        for name, role, text in [("prompt", "user", "q"), ("chosen", "assistant", "c"), ("rejected", "assistant", "i")]
    }
    parquet(tmp_path / "chat.parquet", messages)
    assert list(rows(tmp_path / "chat.parquet")) == [Row("q", "c", "i")]
    large = pa.array(messages["prompt"]).cast(pa.large_list(pa.struct({"content": "string", "role": "string"})))
    parquet(tmp_path / "large.parquet", {"question": large, "score": [1.0]})
    assert list(rows(tmp_path / "large.parquet")) == [Row("q")]
    parquet(tmp_path / "numbers.parquet", {"question": ["q"], "chosen": [1], "rejected": [0]})
    assert list(rows(tmp_path / "numbers.parquet")) == [Row("q")]
    parquet(tmp_path / "upper.parquet", {"Prompt": ["q"], "Chosen": ["c"], "Rejected": ["i"]})
    assert list(rows(tmp_path / "upper.parquet")) == [Row("q", "c", "i")]


def test_an_array_that_fills_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_ARRAY", 20)
    (tmp_path / "a.json").write_bytes(b'[\n"a",\n"b"]')
    assert list(rows(tmp_path / "a.json")) == [Row("a"), Row("b")]
    (tmp_path / "a.json").write_bytes(b'[\n"a",\n"b",\n"c",\n"d"]')
    assert "an array of more than 20 bytes\nwrite an object a line" in fault(tmp_path / "a.json")


def test_rows_come_before_a_later_fault(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD + b"{")
    stream = rows(tmp_path / "a.jsonl")
    assert next(stream) == Row("a?")
    with pytest.raises(UsageError, match="line 2"):
        next(stream)


def test_a_line_that_fills_the_memory_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LONGEST_LINE", 10)
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
    table: dict[str, object] = {"question": ["a?", "b, c", "d"] * 20, "considerate": ["x", None, "y"] * 20}
    table |= {"gold": [0, 1, None] * 20, "options": [["p", "q"], ["r", "s"], None] * 20}
    if ending == ".parquet":
        return parquet(folder / "good.parquet", table)
    lines = GOOD + b'{"question": "b", "options": ["p", "q"], "gold": "p", "material": "m"}\n'
    lines += b'{"chosen": "\\n\\nHuman: q\\n\\nAssistant: a", "rejected": "\\n\\nHuman: q"}\n'
    plain = {
        ".jsonl": lines,
        ".ndjson": lines,
        ".json": b'[{"prompt": [{"role": "user", "content": "a"}], "chosen": "b", "rejected": "c"}, "d"]',
        ".txt": b"one?\ntwo\n",
        ".csv": b'question;considerate\n"a, b";c\nd;"e\nf"\n',
        ".tsv": b"question\tconsiderate\na\tb\r\n",
    }[next(kind for kind in KINDS if ending.startswith(kind) and ending[len(kind) :] in ("", ".gz", ".zst"))]
    return zipped(plain) if ending.endswith(".gz") else packed(plain) if ending.endswith(".zst") else plain


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
