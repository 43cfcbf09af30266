"""Our own exported folders, checked by the command: every format and style, and not one finding."""

import json
from pathlib import Path

import pytest
from conftest import Sandbox
from damage import whole_run

FORMATS = ("stable-alignment", "alpaca", "sft", "dpo", "kto", "reward", "modpo", "parquet")
BOTH = ("sft", "dpo", "kto", "reward", "modpo")
MADE = [(name, "string") for name in FORMATS] + [(name, "conversational") for name in BOTH]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_run(tmp_path_factory.mktemp("made")).parent


@pytest.mark.parametrize(("name", "style"), MADE)
def test_what_we_export_is_clean(sandbox: Sandbox, runs: Path, name: str, style: str) -> None:
    styled = ("--style", style) if name in BOTH else ()
    made = sandbox("export", "one", "--runs", runs, "--format", name, *styled, "--out", "out", "--validation", "0.3")
    assert made.code == 0, made.err
    found = sandbox("export", "--check", "out", "--json")
    document = json.loads(found.out)
    assert (found.code, document["findings"], document["will_do"]) == (0, [], True)
    manifest = json.loads(Path("out/manifest.json").read_bytes())
    assert document["for"] == sorted(manifest["trainers"])
    rows = {(table["part"], table["split"]): table["rows"] for table in document["tables"]}
    assert rows == {
        (part, split): count for part, counts in manifest["parts"].items() for split, count in counts.items()
    }


def test_one_changed_letter_in_what_we_export_is_found(sandbox: Sandbox, runs: Path) -> None:
    sandbox("export", "one", "--runs", runs, "--format", "sft", "--out", "out")
    path = Path("out/data/imitation/train.jsonl")
    path.write_bytes(path.read_bytes().replace(b"e", b"a", 1))
    found = sandbox("export", "--check", "out")
    assert found.code == 1
    assert "  at data/imitation/train.jsonl" in found.out.splitlines()
