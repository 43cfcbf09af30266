"""Our own exported folders, checked by the command: every format, style and option, and nothing that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from exported import export
from tiny_model import texts_of, word_tokenizer

from sandbox.export.names import FORMATS

BOTH = ("stable-alignment", "sft", "dpo", "kto", "reward", "modpo")
DRAWN = ("--preference", "bradley-terry", "--opponents", "5")
# Words of the command, and the notes that there may be.
MADE: list[tuple[tuple[str, ...], set[str]]] = [
    *(((name,), set[str]()) for name in FORMATS),
    *(((name, "--style", "conversational"), set[str]()) for name in BOTH),
    (("stable-alignment", "--prompt", "draft", "--style", "conversational"), set()),
    (("reward", "--prompt", "draft"), set()),
    (("modpo", *DRAWN), set()),
    (("dpo", *DRAWN, "--objective", "engagement", "--keep-duplicates"), {"duplicate_row", "contradiction"}),
    (("kto", "--objective", "engagement", "--keep-duplicates"), {"label_imbalance"}),
    (("sft", "--mix", "3:1:0", "--keep-duplicates"), {"duplicate_row"}),
    (("stable-alignment", "--mix", "2:1:0", "--min-score", "4"), set()),
]


def document(sandbox: Sandbox, *words: object) -> dict[str, Any]:
    """What `--check` says of the folder, with its exit code."""
    found = sandbox("export", "--check", "out", *words, "--json")
    return {**json.loads(found.out), "code": found.code}


@pytest.mark.parametrize(("words", "notes"), MADE, ids=[" ".join(words) for words, _ in MADE])
def test_what_we_export_is_clean(sandbox: Sandbox, tmp_path: Path, words: tuple[str, ...], notes: set[str]) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4)
    made = export(sandbox, tmp_path, run, "--format", *words, "--validation", "0.2", "--test", "0.2")
    found = document(sandbox)
    assert (found["code"], found["will_do"], found["max_length"]) == (0, True, 2048)
    assert {finding["code"] for finding in found["findings"]} <= notes
    assert not any(finding["counts"] for finding in found["findings"])
    assert found["for"] == sorted(made.manifest["trainers"])
    rows = {(table["part"], table["split"]): table["rows"] for table in found["tables"]}
    parts = made.manifest["parts"].items()
    assert rows == {(part, split): count for part, counts in parts for split, count in counts.items()}


def test_a_run_and_a_folder_of_exports_are_no_dataset(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    for format_ in ("dpo", "sft"):
        export(sandbox, tmp_path, run, "--format", format_, out=f"sets/{format_}")
    for path, words in ((tmp_path / "sets", "holds exported folders"), (run, "is a run and no dataset")):
        refused = sandbox("export", "--check", path)
        assert refused.code == 2
        assert words in refused.err


@pytest.mark.slow
def test_rows_are_counted_by_a_tokenizer_as_its_model_is_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=1)
    for format_, style in (("stable-alignment", "conversational"), ("stable-alignment", "string")):
        folder = export(sandbox, tmp_path, run, "--format", format_, "--style", style, out=f"{format_}-{style}")
        texts = [*texts_of(folder.path)]
        tokenizer = word_tokenizer(texts)
        tokenizer.save_pretrained(tmp_path / "model")
        part = next(iter(folder.manifest["parts"]))
        lengths = [
            max(
                len(tokenizer.apply_chat_template([*asked(row), {"role": "assistant", "content": text}])["input_ids"])
                for text in row["responses"]
            )
            for row in folder.rows(part)
        ]
        most = sorted(lengths)[len(lengths) // 2]
        words = ("--tokenizer", tmp_path / "model", "--max-length", most, "--json")
        found = json.loads(sandbox("export", "--check", folder.path, *words).out)
        assert found["tokenizer"] == str(tmp_path / "model")
        assert {table["tokens"]["most"] for table in found["tables"] if table["part"] == part} == {max(lengths)}
        over = [each for each in found["findings"] if each["code"] == "row_too_long" and each["table"]["part"] == part]
        assert [each["count"] for each in over] == [sum(length > most for length in lengths)]
        assert over[0]["says"].endswith("(counted)")


def asked(row: dict[str, Any]) -> list[dict[str, str]]:
    """The turns before the answers of a row, whatever its style."""
    if isinstance(row.get("prompt"), list):
        return list(row["prompt"])
    text = "\n\n".join(filter(None, (row["instruction"], row["input"]))) if "query" in row else row["prompt"]
    return [{"role": "user", "content": text.removesuffix("\n")}]


def test_a_tokenizer_is_that_of_a_folder_and_for_a_check(sandbox: Sandbox, tmp_path: Path) -> None:
    for words, error in (
        (("--check", tmp_path, "--tokenizer", "nothing"), "--tokenizer nothing: there is no tokenizer.json."),
        (("one", "--format", "dpo", "--out", "x", "--tokenizer", "local"), "--tokenizer is for --check and --push"),
    ):
        refused = sandbox("export", *words)
        assert refused.code == 2
        assert f"Error: {error}" in refused.err
