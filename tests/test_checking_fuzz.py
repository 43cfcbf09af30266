"""Whatever stands in the files of a folder, a check ends with findings, never with an error of its own."""

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from example_datasets import KINDS, checked, clean_rows, write_lines
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tables import table

KEYS = st.sampled_from(
    ["prompt", "chosen", "rejected", "completion", "label", "margin", "messages", "conversations", "query", "responses",
     "scores", "models", "instruction", "output", "text", "role", "content", "from", "value", "", "\ud800", "tools"]
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\udfff") | st.just(10**400) | KEYS
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
ROWS = st.lists(VALUES | st.dictionaries(KEYS, VALUES, max_size=6), max_size=8)
CELLS = st.tuples(st.sampled_from(KINDS), st.integers(0, 5), KEYS, VALUES)


def check_bytes(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        for file, data in files.items():
            (Path(name) / file).write_bytes(data)
        found = checked(Path(name))
        assert found.code in (0, 1)


@given(rows=ROWS)
@example(rows=[{"prompt": "a", "completion": "b", "label": float("nan")}] * 3)
@settings(deadline=None)
def test_any_json_is_checked(rows: list[Any]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    check_bytes({"train.jsonl": text.encode(), "test.json": json.dumps(rows).encode()})


@table("depth", [200, 900, 5000, 200_000])
def test_any_depth_is_checked(depth: int) -> None:
    deep = b'[{"content":' * depth + b"1" + b"}]" * depth
    check_bytes({"train.jsonl": b'{"prompt":%b,"chosen":%b,"rejected":"x"}\n' % (deep, deep), "test.json": deep})


@given(cell=CELLS)
@settings(deadline=None)
def test_anything_in_a_cell_is_checked(cell: tuple[str, int, str, Any]) -> None:
    kind, row, column, value = cell
    rows = clean_rows(kind, 6)
    rows[row][column] = value
    with tempfile.TemporaryDirectory() as name:
        write_lines(Path(name) / "train.jsonl", rows)
        assert checked(Path(name)).code in (0, 1)


@given(data=st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_checked(data: bytes) -> None:
    check_bytes({"train.jsonl": data, "test.json": b"[" + data, "more.parquet": b"PAR1" + data + b"PAR1"})
    check_bytes({"train.jsonl.gz": gzip.compress(data)[: len(data) // 2 + 10]})


@pytest.mark.slow
@given(document=VALUES, text=st.text(max_size=200))
@example(document={"mine": {"file_name": "train.jsonl", "columns": []}}, text="configs: &a [*a]")
@example(
    document={"kind": "sandbox-export", "files": {"\x00": 1}, "trainers": [[]]}, text="configs: [{config_name: 1}]"
)
@example(document=[], text="a: !!python/object:os.system x")
@example(document=[], text="? [[[[" + "[" * 2000)
@example(document=[], text="configs: 2001-99-99")
@settings(deadline=None)
def test_any_description_of_a_folder_is_checked(document: Any, text: str) -> None:
    described = json.dumps(document).encode()
    card = f"---\n{text}\n---\n".encode("utf-8", "surrogatepass")
    rows = "".join(json.dumps(row) + "\n" for row in clean_rows("dpo")).encode()
    check_bytes({"train.jsonl": rows, "manifest.json": described, "dataset_info.json": described, "README.md": card})


PATTERNS = st.text(alphabet="abcx*?[]!./\\\x00", max_size=12)
CONFIGS = st.lists(
    st.fixed_dictionaries(
        {"config_name": st.text(max_size=4)},
        optional={
            "data_files": PATTERNS | st.lists(PATTERNS | st.dictionaries(KEYS, VALUES, max_size=3), max_size=3),
            "features": VALUES,
        },
    ),
    max_size=3,
)


@given(configs=CONFIGS, info=VALUES)
@settings(deadline=None)
def test_any_configs_of_a_card_are_checked(configs: list[Any], info: Any) -> None:
    card = f"---\n{json.dumps({'configs': configs, 'dataset_info': info})}\n---\n"
    rows = "".join(json.dumps(row) + "\n" for row in clean_rows("dpo")).encode()
    check_bytes({"abc.jsonl": rows, "README.md": card.encode()})
