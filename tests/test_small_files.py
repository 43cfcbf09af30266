"""Small files that unpack to gigabytes: what is read of them has a bound, and the finding or error says it."""

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Sandbox
from example_datasets import checked
from peaks import measured

from sandbox.foreign import bounded
from sandbox.foreign.bounded import BoundedParquet

MIB = 2**20
FURTHER = "bytes whose rows are far more, and are read no further"


def write(path: Path, table: "pa.Table", **options: object) -> Path:
    """Without types of Arrow's own, as other programs write."""
    options = {"compression": "zstd", "store_schema": False, "dictionary_pagesize_limit": 2**30, **options}
    path.parent.mkdir(exist_ok=True)
    pq.write_table(table, path, **options)
    assert path.stat().st_size < 80_000
    return path


def each(value: str, count: int) -> "pa.Array":
    """A text that stands once in the file, in as many rows."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value]))


def noise(length: int) -> str:
    return bytes(np.random.default_rng(0).integers(97, 103, length, np.uint8)).decode()


def listed(rows: int, messages: int, content: "pa.Array") -> "pa.Table":
    turns = pa.StructArray.from_arrays([each("user", rows * messages), content], ["role", "content"])
    ends = pa.array(np.arange(rows + 1, dtype=np.int32) * messages)
    return pa.table({"prompt": pa.ListArray.from_arrays(ends, turns)})


def small_files(path: Path) -> dict[str, tuple[Path, str]]:
    """By what is large in it, with what is said of it."""
    return {
        "a text in each row": (
            write(path / "each" / "a.parquet", pa.table({"prompt": each("x" * MIB, 20)})), FURTHER
        ),
        "a text in each list": (
            write(path / "list" / "a.parquet", listed(20, 1, each("x" * MIB, 20))), FURTHER
        ),
        "a page": (
            write(path / "page" / "a.parquet", pa.table({"prompt": ["x" * (20 * MIB)]}), use_dictionary=False),
            "bytes that unpack to 20 MiB at once",
        ),
        "a text": (
            write(path / "text" / "a.parquet", pa.table({"prompt": ["x" * (2 * MIB)]})), "a row of more than 1 MiB"
        ),
        "a list": (
            write(path / "nulls" / "a.parquet", listed(1, 100_000, pa.nulls(100_000, pa.string()))),
            "bytes that unpack to lists of 200000 values",
        ),
        "texts by their ends": (
            write(
                path / "ends" / "a.parquet", pa.table({"prompt": ["x" * (MIB // 2)] * 20}), use_dictionary=False,
                column_encoding="DELTA_BYTE_ARRAY",
            ),
            FURTHER,
        ),
        "rows": (
            write(path / "rows" / "a.parquet", pa.table({"prompt": each("a", 9000)}), data_page_size=2**30), FURTHER
        ),
    }  # fmt: skip


@pytest.mark.slow
def test_what_is_large_in_a_small_file_is_a_finding_and_an_error(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With smaller bounds, which takes less time."""
    smaller = {"_ALL": 8 * MIB, "_ALL_PER_BYTE": 1, "_PAGES": 8 * MIB, "_IN_LISTS": 10_000, "LARGEST_ROW": 1.2 * MIB}
    for name, value in smaller.items():
        monkeypatch.setattr(bounded, name, int(value))
    wrong = {}
    for name, (file, said) in small_files(tmp_path).items():
        found = checked(file.parent).finding("unreadable_file")["about"]
        told = sandbox("questions", "show", "--questions", file)
        if said not in found or told.code != 2 or said not in told.err:
            wrong[name] = (found, told.code, told.err)
    assert wrong == {}


def test_too_many_columns_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_COLUMNS", 3)
    write(tmp_path / "set" / "a.parquet", pa.table({name: ["x"] for name in "abcd"}))
    found = checked(tmp_path / "set").finding("unreadable_file")
    assert found["about"] == "4 columns; up to 3 are read"


def rows_of(path: Path) -> list[dict[str, object]]:
    with path.open("rb") as file, BoundedParquet(file) as table:
        return [row for batch in table.batches() for row in batch.to_pylist()]


@pytest.mark.slow
def test_tables_of_every_type_and_encoding_are_read_as_pyarrow_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pieces, too: halves of batches keep what stands in their lists."""
    many, texts = 300, [f"{number % 140} " + "é" * (number % 90) for number in range(300)]
    monkeypatch.setattr(bounded, "BATCH", 100)
    turns = [
        None if number % 11 == 0 else [{"role": "user", "content": text}, {"role": "assistant", "content": None}]
        for number, text in enumerate(texts)
    ]
    table = pa.table({
        "messages": turns, "text": [text if len(text) % 5 else None for text in texts], "none": pa.nulls(many),
        "bytes": pa.array([b"abc"] * many, pa.binary()), "large": pa.array(texts, pa.large_string()),
        "words": pa.array(["x", "y"] * (many // 2)).dictionary_encode(),
        "fixed": pa.array([b"ab"] * many, pa.binary(2)),
        "map": pa.array([[("k", text)] for text in texts], pa.map_(pa.string(), pa.string())),
        "lists": [[["a", text], []] for text in texts],
        "pair": pa.array([[1.0, 2.0]] * many, pa.list_(pa.float32(), 2)),
        "inner": [{"a": {"b": text, "c": [1, 2]}} for text in texts], "view": pa.array(texts, pa.string_view()),
    })  # fmt: skip
    written = [
        (table, {}), (table, {"use_dictionary": False}), (table, {"row_group_size": 30}),
        (table, {"data_page_version": "2.0", "data_page_size": 2000}), (table, {"dictionary_pagesize_limit": 500}),
        (table, {"store_schema": False}), (table.select(["text"]), {"compression": "none"}),
        (table.select(["text", "bytes"]), {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}),
    ]  # fmt: skip
    path, wrong = tmp_path / "a.parquet", []
    for largest in (bounded.LARGEST_ROW, 5000):
        monkeypatch.setattr(bounded, "LARGEST_ROW", largest)
        for rows, options in written:
            pq.write_table(rows, path, **options)
            if rows_of(path) != pq.read_table(path).to_pylist():
                wrong.append((largest, options))
    assert wrong == []


@pytest.mark.slow
def test_a_packed_file_of_lines_without_number_is_read_no_further(sandbox: Sandbox, tmp_path: Path) -> None:
    """400 bytes of 300,000 empty lines; half a megabyte of them took minutes."""
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"\n" * 300_000))
    further = "bytes that unpack to far more, which is read no further"
    assert further in checked(tmp_path).finding("unreadable_file")["about"]
    done = sandbox("questions", "show", "--questions", tmp_path / "a.jsonl.gz")
    assert (done.code, further in done.err) == (2, True), done.err


@pytest.mark.slow
def test_a_file_of_70_kb_is_checked_in_less_than_500_mib(tmp_path: Path) -> None:
    """It says that 140,000 characters stand in each of 30,000 rows: 4 GB."""
    write(tmp_path / "set" / "a.parquet", pa.table({"prompt": each(noise(140_000), 30_000)}))
    done, peak = measured(tmp_path, "export", "--check", "set")
    assert (done.code, FURTHER in " ".join(done.out.split())) == (1, True)
    assert peak < 500
