"""Folders that say what they are: card, manifest, `dataset_info.json`. What they say otherwise than it is, is found."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from example_datasets import ALL, ROWS, SHAREGPT, Rows, checked, clean_rows, write_lines, write_mapping, write_parquet
from example_runs import contents
from tables import table

from sandbox.checking.folder.card import read_card
from sandbox.errors import UsageError
from sandbox.export.card.merge import marked

TYPES = {"string": "dtype: string", "float": "dtype: float64", "bool": "dtype: bool", "texts": "list: string"}
TYPES |= {"floats": "list: float64", "turns": "list:\n      - name: role\n        dtype: string"}
TRAINERS_OF = {"alpaca": ["llama-factory", "axolotl"], "stable-alignment": [], "parquet": []}
MAPPINGS: dict[str, dict[str, Any]] = {
    "sft": {"columns": {"prompt": "prompt", "response": "completion"}},
    "dpo": {"ranking": True, "columns": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}},
    "reward": {"ranking": True, "columns": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}},
    "kto": {"columns": {"prompt": "prompt", "response": "completion", "kto_tag": "label"}},
    "alpaca": {"columns": {"prompt": "instruction", "query": "input", "response": "output"}},
}


def _type(value: object) -> str:
    if isinstance(value, list):
        kind = {str: "texts", float: "floats", dict: "turns"}[type(value[0])]
    else:
        kind = {str: "string", float: "float", bool: "bool"}[type(value)]
    return TYPES[kind]


def write_both(path: Path, rows: Rows) -> None:
    """The same rows as JSON lines and as Parquet."""
    write_lines(path.with_suffix(".jsonl"), rows)
    write_parquet(path.with_suffix(".parquet"), pa.Table.from_pylist(rows))


def _card(part: str, row: dict[str, Any], splits: dict[str, int]) -> str:
    files = "".join(f"  - split: {split}\n    path: data/{part}/{split}.parquet\n" for split in splits)
    features = "".join(f"  - name: {column}\n    {_type(value)}\n" for column, value in row.items())
    counts = "".join(f"  - name: {split}\n    num_examples: {rows}\n" for split, rows in splits.items())
    head = f"configs:\n- config_name: {part}\n  data_files:\n{files}dataset_info:\n- config_name: {part}\n"
    return f"---\nlicense: other\n{head}  features:\n{features}  splits:\n{counts}---\n# A set\n{marked('Of us.')}"


def seal(folder: Path, **changes: object) -> None:
    """Write the manifest of the files that are there."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    hashes = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    document = {"schema": 1, "kind": "sandbox-export", "files": hashes, **changes}
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")


def export(folder: Path, kind: str) -> Path:
    """A folder as `sandbox export` lays it out."""
    part = kind.partition(",")[0]
    for split, first in (("train", 0), ("validation", 100), ("test", 200)):
        rows = clean_rows(kind, first=first)
        write_both(folder / "data" / part / split, rows)
        write_lines(folder / "origin" / part / f"{split}.jsonl", [{"row": number} for number in range(ROWS)])
    card = _card(part, clean_rows(kind, 1)[0], dict.fromkeys(("train", "validation", "test"), ROWS))
    (folder / "README.md").write_text(card, encoding="utf-8")
    if kind in MAPPINGS:
        names = {f"{part}_{split}": f"data/{part}/{split}.jsonl" for split in ("train", "validation")}
        write_mapping(folder, {name: {"file_name": file, **MAPPINGS[kind]} for name, file in names.items()})
    seal(folder, format=part, trainers=TRAINERS_OF.get(part, ["trl"] if "," in kind else ALL.split(", ")))
    return folder


def test_flat_interactions_may_have_nulls_and_duplicates_are_told(tmp_path: Path) -> None:
    rows = [{"id": f"r000-a{number:03}", "draft": "x" if number else None, "score": 4} for number in range(9)]
    write_lines(tmp_path / "data" / "interactions" / "train.jsonl", rows)
    schema = pa.schema({"id": pa.string(), "draft": pa.string(), "score": pa.int64()})
    write_parquet(tmp_path / "data" / "interactions" / "train.parquet", pa.Table.from_pylist(rows, schema=schema))
    seal(tmp_path, format="parquet", trainers=[])
    found = checked(tmp_path)
    assert (found.code, found.findings) == (0, [])
    assert {table["kind"] for table in found.document["tables"]} == {"interactions"}


def rewrite(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return change


def remove(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def mapped(**changes: Any) -> Callable[[Path], None]:
    """Change the entry of the training split."""

    def change(folder: Path) -> None:
        entries = json.loads((folder / "dataset_info.json").read_bytes())
        entries["dpo_train"].update(changes)
        write_mapping(folder, entries)

    return change


README, INFO = "README.md", "dataset_info.json"
DPO: dict[str, str] = MAPPINGS["dpo"]["columns"]
FILE_FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "card_broken": (rewrite(README, "license: other", "license: [other"), ALL),
    "card_file_missing": (rewrite(README, "dpo/validation.parquet", "dpo/valid.parquet"), ALL),
    "card_features_differ": (rewrite(README, "name: chosen\n    dtype: string", "name: chosen\n    dtype: int64"), ALL),
    "card_rows_differ": (rewrite(README, f"num_examples: {ROWS}", "num_examples: 7"), "trl"),
    "manifest_broken": (lambda folder: (folder / "manifest.json").write_text("{"), ALL),
    "mapping_broken": (lambda folder: (folder / INFO).write_text("{"), "llama-factory"),
    "mapping_file_missing": (mapped(file_name="data/dpo/none.jsonl"), "llama-factory"),
    "mapping_column_missing": (mapped(columns={**DPO, "chosen": "good"}), "llama-factory"),
    "mapping_openai": (mapped(formatting="openai"), "llama-factory"),
    "mapping_ranking": (mapped(ranking=False), "llama-factory"),
}


@table("code", FILE_FAULTS)
def test_what_a_folder_says_wrongly_is_found(tmp_path: Path, code: str) -> None:
    plant, harms = FILE_FAULTS[code]
    folder = export(tmp_path / "out", "dpo")
    plant(folder)
    if code != "manifest_broken":
        seal(folder, format="dpo", trainers=ALL.split(", "))
    found = checked(folder)
    assert (found.code, found.codes) == (1, {code})
    assert {trainer for trainer in ALL.split(", ") if checked(folder, trainer).code} == set(harms.split(", "))


def test_a_file_that_changed_or_went_is_found(tmp_path: Path) -> None:
    folder = export(tmp_path / "out", "stable-alignment")
    rewrite("data/stable-alignment/test.jsonl", "friend", "fiend")(folder)
    remove("origin/stable-alignment/test.jsonl")(folder)
    found = checked(folder)
    assert (found.code, found.codes) == (1, {"checksum_differs", "manifest_file_missing", "copies_differ"})
    assert found.places("checksum_differs") == [("data/stable-alignment/test.jsonl", None)]
    assert found.finding("manifest_file_missing")["about"] == "origin/stable-alignment/test.jsonl"


CONVERSATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "mapping_pairs": ("dpo, conversational", {"ranking": True, **SHAREGPT, "columns": {"messages": "prompt"}}),
    "mapping_tags": ("messages", {"formatting": "sharegpt", "columns": {"messages": "messages"}}),
    "mapping_style": ("messages", {"columns": {"prompt": "messages"}}),
    "mapping_kto_tag": ("kto", {"columns": {"prompt": "prompt", "response": "completion"}}),
}


@table("code", CONVERSATIONS)
def test_a_mapping_that_does_not_fit_is_found(tmp_path: Path, code: str) -> None:
    kind, entry = CONVERSATIONS[code]
    write_lines(tmp_path / "rows.jsonl", clean_rows(kind))
    write_mapping(tmp_path, {"mine": {"file_name": "rows.jsonl", **entry}, "other": {"hf_hub_url": "a/b"}})
    found = checked(tmp_path, "llama-factory")
    assert code in found.codes
    assert found.code == 1


def test_a_mapping_of_conversations_that_fits_is_clean(tmp_path: Path) -> None:
    write_lines(tmp_path / "rows.jsonl", clean_rows("messages"))
    write_mapping(tmp_path, {"mine": {"file_name": "rows.jsonl", **SHAREGPT}})
    found = checked(tmp_path, "llama-factory")
    assert (found.code, found.codes) == (0, set())
    assert checked(tmp_path, "trl").code == 1  # it trains on what users say


def test_a_fault_in_the_file_that_one_trainer_reads_is_a_note_for_the_others(tmp_path: Path) -> None:
    folder = export(tmp_path / "out", "dpo")
    rows = clean_rows("dpo")
    rows[3]["rejected"] = None
    write_both(folder / "data" / "dpo" / "train", rows)
    seal(folder, trainers=["axolotl"])
    found = checked(folder)
    assert found.code == 1
    null = [finding for finding in found.findings if finding["code"] == "null_text"]
    read_by = {finding["table"]["edition"]: set(finding["trainers"]) for finding in null}
    assert read_by == {"parquet": {"trl", "axolotl"}, "json": {"llama-factory"}}
    assert {finding["table"]["edition"]: finding["counts"] for finding in null} == {"parquet": True, "json": False}


def test_for_beats_the_manifest(tmp_path: Path) -> None:
    folder = export(tmp_path / "out", "alpaca")
    assert (checked(folder).code, checked(folder).document["for"]) == (0, ["axolotl", "llama-factory"])
    assert checked(folder, "trl").code == 1
    assert "does not take these rows" in checked(folder, "trl").document["trainers"]["trl"]["why"][0]


@table(("kind", "code"), [("alpaca", 0), ("messages", 0), ("stable-alignment", 0), ("dpo", 0)])
def test_without_a_word_on_trainers_some_trainer_is_enough(tmp_path: Path, kind: str, code: int) -> None:
    write_lines(tmp_path / "train.jsonl", clean_rows(kind))
    found = checked(tmp_path)
    assert (found.code, found.document["for"]) == (code, None)


@table("name", ["tlr", "llamafactory", "axolotl, trll"])
def test_a_trainer_that_is_none_is_told_the_nearest(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"Did you mean '(trl|llama-factory)'"):
        checked(tmp_path, name)


@table("file", ["../outside.jsonl", "/etc/passwd", "data/\x00.jsonl", "a" * 5000])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, file: str) -> None:
    write_lines(tmp_path / "outside.jsonl", clean_rows("dpo"))
    folder = tmp_path / "set"
    write_lines(folder / "train.jsonl", clean_rows("dpo"))
    card = f"---\nconfigs:\n- config_name: a\n  data_files:\n  - split: train\n    path: {json.dumps(file)}\n---\n"
    (folder / README).write_text(card, encoding="utf-8")
    write_mapping(folder, {"mine": {"file_name": file}})
    seal(folder, trainers=["trl"], files={file: "0" * 64})
    found = checked(folder)
    assert {"card_file_missing", "mapping_file_missing", "manifest_file_missing"} <= found.codes
    assert [table["paths"] for table in found.document["tables"]] == [["train.jsonl"]]


def test_patterns_of_a_card_are_followed(tmp_path: Path) -> None:
    for number in range(3):
        rows = clean_rows("sft", first=100 * number)
        write_lines(tmp_path / "shards" / f"part-{number}.jsonl", rows)
    card = "---\nconfigs:\n- config_name: all\n  data_files: shards/part-[01].jsonl\n---\n"
    (tmp_path / README).write_text(card, encoding="utf-8")
    (table,) = checked(tmp_path).document["tables"]
    assert (table["part"], table["split"], table["rows"]) == ("all", "train", 2 * ROWS)


def test_a_copy_that_nothing_leads_to_is_not_told_twice(tmp_path: Path) -> None:
    kind = "dpo, conversational"
    folder = export(tmp_path / "out", kind)
    rows = [*clean_rows(kind), clean_rows(kind)[4]]
    rows[2]["chosen"] = rows[2]["rejected"]
    write_both(folder / "data" / "dpo" / "train", rows)
    rewrite(README, f"train\n    num_examples: {ROWS}", f"train\n    num_examples: {ROWS + 1}")(folder)
    seal(folder, trainers=["trl"])
    told = [(finding["code"], finding["table"]["edition"]) for finding in checked(folder).findings]
    assert told == [("equal_pair", "parquet"), ("duplicate_row", "parquet")]


@table("name", ["README.md", "manifest.json", INFO, "more.jsonl"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    write_lines(tmp_path / "train.jsonl", clean_rows("dpo"))
    os.mkfifo(tmp_path / name)
    assert checked(tmp_path).findings == []


@table(("where", "snapshot"), [("blobs", "snapshots/abc"), ("out/all", "out")])
def test_links_that_stay_in_the_folder_or_in_the_cache_of_the_hub_are_followed(
    tmp_path: Path, where: str, snapshot: str
) -> None:
    there = export(tmp_path / where, "dpo")
    for path in [path for path in there.rglob("*") if path.is_file()]:
        moved = there / hashlib.sha256(str(path).encode()).hexdigest()
        link = tmp_path / snapshot / path.relative_to(there)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(path.rename(moved), link.parent))
    found = checked(tmp_path / snapshot)
    assert (found.code, found.findings, len(found.document["tables"])) == (0, [], 6)


@table("name", ["README.md", "manifest.json", INFO, "data/dpo/train.jsonl", "origin"])
def test_a_link_out_of_the_folder_is_told_and_not_followed(tmp_path: Path, name: str) -> None:
    folder = export(tmp_path / "out", "dpo")
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path)
    found = checked(folder)
    assert found.code == 1
    assert "it is a link that leads out of the folder" in json.dumps(found.findings)
    assert name in json.dumps([place["file"] for finding in found.findings for place in finding["places"]])
    assert contents(tmp_path) == before


def test_a_folder_of_nothing_but_links_out_of_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "data").symlink_to(export(tmp_path / "elsewhere", "dpo") / "data")
    with pytest.raises(UsageError, match=r"holds no data: data is a link that leads out of it\."):
        checked(tmp_path / "out")


def test_without_a_word_on_trainers_what_harms_only_some_is_a_note(tmp_path: Path) -> None:
    rows = [{**row, "label": int(row["label"])} for row in clean_rows("kto")]
    write_lines(tmp_path / "train.jsonl", rows)
    assert checked(tmp_path).code == 0
    assert [checked(tmp_path, trainer).code for trainer in ALL.split(", ")] == [0, 1, 0]
    write_lines(tmp_path / "train.jsonl", [{**row, "label": str(row["label"])} for row in clean_rows("kto")])
    assert checked(tmp_path).code == 1


def test_a_card_that_stands_in_itself_again_and_again_is_too_large(tmp_path: Path) -> None:
    """As merged keys, eight such lines took minutes."""
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (tmp_path / README).write_text("\n".join(["---", "a0: &a0 lol", *lines, "---", ""]), encoding="utf-8")
    assert read_card(tmp_path / README).problem == "its front matter is too large"


@table(
    ("feature", "kind"),
    [
        ("dtype: string", "text"), ("dtype: large_string", "text"), ("dtype: float32", "float"),
        ("dtype: uint8", "integer"), ("dtype: bool", "truth value"), ("list: string", "list of text"),
        ("sequence: float64", "list of float"), ("struct: [{name: a, dtype: string}]", "object"),
        ("list: [{name: a, dtype: string}]", "list of object"), ("list: {dtype: int64}", "list of integer"),
        ("dtype: 'timestamp[s]'", "unknown"), ("nothing: here", "unknown"),
    ],
)  # fmt: skip
def test_types_of_a_card_are_understood(tmp_path: Path, feature: str, kind: str) -> None:
    info = f"{{config_name: a, features: [{{name: c, {feature}}}]}}"
    (tmp_path / README).write_text(f"---\nconfigs: [{{config_name: a}}]\ndataset_info: {info}\n---\n", encoding="utf-8")
    (config,) = read_card(tmp_path / README).configs
    assert config.features == {"c": kind}
