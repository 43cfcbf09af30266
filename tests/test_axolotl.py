"""What we say of axolotl, asked of axolotl: it trains on folders of ours, and on rows that go wrong."""

import json
import math
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from axolotl_facts import (
    CASES,
    END,
    FAULTS,
    NOT_TAKEN,
    PARTS,
    SHAPES,
    TAKEN,
    Found,
    Rows,
    asked,
    planted,
    rows_of,
    said,
    written,
)
from conftest import ROOT, Sandbox
from example_runs import scripted_run
from exported import export
from proofs import Row, shown
from tables import table

from sandbox.export.names import Format, Shape, Style
from sandbox.export.trainers.axolotl import axolotl_files, axolotl_takes

PYTHON = ROOT / ".trainers" / "axolotl" / "bin" / "python"
SCRIPT = ROOT / "tests" / "trainers" / "axolotl_reads.py"


# --- what is exported, and what axolotl must train on -----------------------------------------------------------------
def trained(row: Row) -> Row:
    """What axolotl's trainer must be given for a row of preferences."""
    if "completion" in row:
        return {"prompt_ids": asked(row), "completion_ids": said(row["completion"]), "label": row["label"]}
    chosen, rejected = said(row["chosen"]), said(row["rejected"])
    if "margin" in row:
        return {"chosen_ids": asked(row) + chosen, "rejected_ids": asked(row) + rejected, "margin": row["margin"]}
    return {"prompt_ids": asked(row), "chosen_ids": chosen, "rejected_ids": rejected}


def in_order(rows: Rows) -> Rows:
    """Rows in an order that does not depend on how they lay."""
    return sorted(rows, key=json.dumps)


# --- configurations, which need no axolotl ----------------------------------------------------------------------------


@table(("format_", "style"), SHAPES)
def test_takes_what_it_has_a_configuration_for(format_: Format, style: Style) -> None:
    shape = Shape(format_, style, dict.fromkeys(PARTS.get(format_, (format_,)), ("train", "test")))
    paths = [path for path, _ in axolotl_files(shape)]
    assert axolotl_takes(format_, style) == ((format_, style) not in NOT_TAKEN)
    assert paths == ([f"axolotl/{part}.yaml" for part in shape.parts] if axolotl_takes(format_, style) else [])


@table(("format_", "style"), TAKEN)
def test_configurations_name_the_files_of_their_part(format_: Format, style: Style) -> None:
    shape = Shape(format_, style, {"one": ("train", "validation", "test"), "two": ("train",), "three": ("test",)})
    one, two = (yaml.safe_load(text) for _, text in axolotl_files(shape))
    assert [source["path"] for source in one["datasets"]] == ["data/one/train.parquet"]
    assert [source["path"] for source in one["test_datasets"]] == ["data/one/validation.parquet"]
    assert [source["path"] for source in two["datasets"]] == ["data/two/train.parquet"]
    assert "test_datasets" not in two
    assert "eval_strategy" not in two
    assert isinstance(one["learning_rate"], float)


# --- asking axolotl ---------------------------------------------------------------------------------------------------

# TRL, by which axolotl trains, looks at one column to see whether rows are conversations, and which one depends on the
# seed of hash(). With this seed it is `messages` where there are some, and `chosen` in pairs.
SURROUNDINGS = {"PYTHONHASHSEED": "10", **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}}
needs_axolotl = pytest.mark.skipif(not PYTHON.exists(), reason="make test-trainers makes the environment with axolotl")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Found]]:
    """What axolotl makes of everything here, by folder; asked all at once, as it takes long to start."""
    base = tmp_path_factory.mktemp("axolotl")
    words = [word for pair in (*ours(base), *theirs(base)) for word in pair]
    by_folder: dict[str, list[Found]] = {}
    for item in answers(words):
        by_folder.setdefault(Path(item["folder"]).name, []).append(item)
    return by_folder


def answers(words: Sequence[str]) -> list[Found]:
    """What axolotl makes of folders and configurations, which come in turn."""
    command = [str(PYTHON), "-W", "ignore", str(SCRIPT), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=SURROUNDINGS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(base: Path) -> Iterator[tuple[str, str]]:
    for format_, style in TAKEN:
        folder = base / f"{format_} {style}"
        yield from ((str(folder), f"axolotl/{part}.yaml") for part in written(folder, format_, style).parts)


def theirs(base: Path) -> Iterator[tuple[str, str]]:
    for format_, style, name in CASES:
        folder = base / f"{format_} {style} {name}"
        yield str(folder), planted(folder, format_, style, FAULTS[format_, style][name])


@needs_axolotl
@pytest.mark.slow
@table(("format_", "style"), TAKEN)
def test_trains_on_what_was_exported(found: dict[str, list[Found]], format_: Format, style: Style) -> None:
    parts = found[f"{format_} {style}"]
    assert [part["yaml"] for part in parts] == [f"axolotl/{part}.yaml" for part in PARTS.get(format_, (format_,))]
    for part in parts:
        assert "failed" not in part, part["failed"]
        assert len(part["evaluation"]) == 2
        assert len(part["losses"]) == 2
        assert all(map(math.isfinite, part["losses"]))
        check = check_sft if format_ in ("sft", "alpaca") else check_preferences
        check(rows_of(format_, style), part["tokens"])


def check_preferences(rows: Rows, tokens: Rows) -> None:
    wanted = [trained(row) for row in rows]
    got = [{name: row[name] for name in wanted[0]} for row in tokens]
    assert in_order(got) == in_order(wanted)
    if "label" in rows[0]:
        assert got == wanted  # KTO needs the order
        assert all(row["KL_completion_ids"] != row["completion_ids"] for row in tokens)


def check_sft(rows: Rows, tokens: Rows) -> None:
    """Only the answer is trained on, and the question, with its input, stands before it."""
    assert Counter(
        (row["input_ids"].partition("### Instruction:")[2] or row["input_ids"], row["labels"]) for row in tokens
    ) == Counter(map(read, rows))


def read(row: Row) -> tuple[str, str]:
    """What a model reads of a row of SFT, from the instruction on, and what of it it is trained on."""
    if "prompt" in row:
        return row["prompt"] + row["completion"] + END, row["completion"] + END
    told = f"\n\n### Input:\n{row['input']}" if row["input"] else ""
    answer = row["output"] + END
    return f"\n{row['instruction']}{told}\n\n### Response:\n{answer}", answer


@needs_axolotl
@pytest.mark.slow
def test_trains_on_what_the_command_exports(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4, max_length=45)
    folders = {}
    for format_, style in TAKEN:
        words = ["--format", format_, "--max-rows", 14, "--validation", 0.4]
        words += ["--style", style] if format_ != "alpaca" else []
        folder = export(sandbox, tmp_path, run, *words, out=f"{format_}-{style}")
        folders[str(folder.path)] = folder
    asked_of = [
        word
        for folder in folders.values()
        for name in folder.files()
        if "axolotl/" in name
        for word in (str(folder.path), name)
    ]
    found = answers(asked_of)
    assert len(found) == len(asked_of) // 2 >= 15
    for item in found:
        assert "failed" not in item, item["failed"]
        folder, part = folders[item["folder"]], Path(item["yaml"]).stem
        check = check_sft if folder.manifest["format"] in ("sft", "alpaca") else check_preferences
        check(folder.rows(part), item["tokens"])


@needs_axolotl
@pytest.mark.slow
@table(("format_", "style", "name"), CASES)
def test_does_what_we_say(found: dict[str, list[Found]], format_: Format, style: Style, name: str) -> None:
    (item,) = found[f"{format_} {style} {name}"]
    fault = FAULTS[format_, style][name]
    assert fault.does(item), json.dumps({key: item.get(key) for key in ("failed", "losses", "tokens")}, indent=1)
    if fault.codes:
        taught = [row for row in item.get("tokens", ()) if row.get("labels") != ""]
        assert fault.verdict in shown(item.get("failed"), len(fault.rows), len(taught))


@needs_axolotl
@pytest.mark.slow
def test_any_label_but_zero_counts_as_good(found: dict[str, list[Found]]) -> None:
    ratings, one, numbers = (
        found[f"kto string {name}"][0]["losses"] for name in ("labels 2 and 6", "one label", "labels 0 and 1")
    )
    assert ratings == one != numbers
