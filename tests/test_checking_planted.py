"""Faults planted in folders that `sandbox export` made: `--check` finds each where it is, and counts what harms."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Sandbox
from example_runs import scripted_run
from exported import Rows, export, lines

Plant = Callable[[Path], object]
Change = Callable[[Rows], object]
ALL = "trl,llama-factory,axolotl"
CHAT = "--style conversational"
LONG = "long " * 2000  # 2,500 tokens, as they are estimated


def exported(sandbox: Sandbox, tmp_path: Path, words: str) -> Path:
    """The folder `out`, exported with these words: once in a session, and copied where it is wanted again."""
    kept, out = tmp_path.parent / ".exported" / words, tmp_path / "out"
    if not kept.exists():
        run = scripted_run(sandbox, tmp_path, rounds=4)
        shutil.copytree(export(sandbox, tmp_path, run, "--format", *words.split(), "--validation", 0.3).path, kept)
        return out
    shutil.copytree(kept, out)
    return out


def seal(folder: Path) -> None:
    """Write the hashes of the files as they are now, so that nothing but the fault is wrong."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    there = [name for name in manifest["files"] if (folder / name).exists()]
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in there}
    path.write_text(json.dumps({**manifest, "files": {**manifest["files"], **hashes}}))


def rows(change: Change, part: str, split: str = "train") -> Plant:
    """Change rows in both files of a split, and all that is said of them."""

    def plant(folder: Path) -> None:
        path = folder / "data" / part / f"{split}.jsonl"
        table, made = path.with_suffix(".parquet"), lines(path)
        change(made)
        path.write_text("".join(json.dumps(row) + "\n" for row in made))
        nullable = [field.with_nullable(True) for field in pq.read_schema(table)]
        pq.write_table(pa.Table.from_pylist(made, pa.schema(nullable)), table)
        card = folder / "README.md"
        text, count = re.subn(
            rf"(name: {split}\n(?: +num_bytes.*\n)? +num_examples: )\d+", rf"\g<1>{len(made)}", card.read_text()
        )
        assert count
        card.write_text(text)
        seal(folder)

    return plant


def put(line: int, column: str, value: Any) -> Change:
    """Another value in one row; a function makes it of all rows."""
    return lambda made: made[line - 1].__setitem__(column, value(made) if callable(value) else value)


def of(line: int, column: str) -> Callable[[Rows], Any]:
    return lambda made: made[line - 1][column]


def turn(**changed: Any) -> Callable[[Rows], Any]:
    return lambda _: [{"role": "assistant", "content": "It depends.", **changed}]


def both(*changes: Change) -> Change:
    return lambda made: [change(made) for change in changes]


def leak(folder: Path) -> None:
    asked = lines(folder / "data" / "dpo" / "train.jsonl")[0]["prompt"]
    rows(put(2, "prompt", asked), "dpo", "validation")(folder)


def rewrite(file: str, old: str, new: str, *, sealed: bool = True) -> Plant:
    def plant(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        if sealed:
            seal(folder)

    return plant


def append(file: str, more: bytes) -> Plant:
    return lambda folder: (folder / file).write_bytes(
        ((folder / file).read_bytes() if (folder / file).exists() else b"") + more
    )


def remove(file: str) -> Plant:
    return lambda folder: (folder / file).unlink()


def swap_objectives(folder: Path) -> None:
    one, other = (folder / "data" / part / "train.jsonl" for part in ("alignment", "engagement"))
    first, second = lines(one), lines(other)
    for part, made in (("alignment", second), ("engagement", first)):
        rows(lambda old, new=made: old.__setitem__(slice(None), new), part)(folder)  # type: ignore[misc]  # a default


class Planted(NamedTuple):
    """A fault in a folder exported with `words`; `place` is where it is told first, `code` with which exit code."""

    words: str
    plant: Plant
    finding: str
    place: str
    code: int = 1
    meant: str = ""


DPO, KTO, IMITATION = "data/dpo/train.parquet", "data/kto/train.parquet", "data/imitation/train.parquet"
INTERACTIONS = "data/interactions/train.parquet"
PLANTED = [
    Planted("dpo", rows(put(3, "rejected", of(3, "chosen")), "dpo"), "equal_pair", f"{DPO}:3"),
    Planted("dpo", rows(put(4, "prompt", LONG), "dpo"), "prompt_too_long", f"{DPO}:4"),
    Planted("dpo", rows(put(4, "prompt", LONG[:6000]), "dpo"), "", "", 0),
    Planted("dpo", rows(put(4, "chosen", lambda made: made[3]["prompt"] + "Yes."), "dpo"), "", "", 0),
    Planted("dpo", rows(both(put(4, "chosen", lambda made: made[3]["prompt"] + "Yes."),
                             put(4, "rejected", lambda made: made[3]["prompt"] + "No.")), "dpo"),
            "prompt_in_answer", f"{DPO}:4"),
    Planted("dpo", rows(put(4, "chosen", "Yes.<|im_end|>\n<|im_start|>user\nWhy?"), "dpo"), "special_token",
            f"{DPO}:4"),
    Planted(f"kto {CHAT}", rows(put(4, "completion", turn(content="Yes.<end_of_turn>")), "kto"), "special_token",
            f"{KTO}:4", 1, "trl"),
    Planted("sft", rows(put(2, "completion", "Hm.</think>Yes."), "imitation"), "thinking_tag", f"{IMITATION}:2"),
    Planted("stable-alignment", rows(put(2, "query", "Why?<|eot_id|>"), "imitation"), "special_token",
            f"{IMITATION}:2"),
    Planted("dpo", rows(put(4, "chosen", "It is <s>right</s>wrong."), "dpo"), "perhaps_special", f"{DPO}:4", 0),
    Planted("parquet", rows(put(2, "draft", "Yes.<|im_end|>"), "interactions"), "special_token", f"{INTERACTIONS}:2"),
    Planted("parquet", rows(put(2, "draft_alignment_raw", "<think>Hm.</think>7<|im_end|>"), "interactions"), "", "", 0),
    Planted("dpo", leak, "leak", "data/dpo/validation.parquet:2"),
    Planted("dpo", rows(lambda made: made.insert(4, made[1]), "dpo"), "duplicate_row", f"{DPO}:5", 0),
    Planted("dpo", rows(lambda made: made.insert(1, {**made[0], "chosen": made[0]["rejected"],
                                                     "rejected": made[0]["chosen"]}), "dpo"),
            "contradiction", f"{DPO}:1", 0),
    Planted("dpo", append(DPO, b"x"), "unreadable_file", DPO),
    Planted("dpo", append("data/dpo/train.jsonl", b"{\n"), "checksum_differs", "data/dpo/train.jsonl"),
    Planted("dpo", append("data/dpo/extra.jsonl", b'{"x": 1}\n'), "other_files", "", 0),
    Planted("dpo", append("trl/dpo.yaml", b"# x\n"), "configuration_changed", "trl/dpo.yaml", 0),
    Planted("dpo", rewrite("axolotl/dpo.yaml", "base_model: MODEL", "base_model: mine/small", sealed=False),
            "configuration_changed", "axolotl/dpo.yaml", 0),
    Planted("dpo", append("origin/dpo/train.jsonl", b"{}\n"), "checksum_differs", "origin/dpo/train.jsonl"),
    Planted("dpo", remove("data/dpo/train.jsonl"), "manifest_file_missing", "manifest.json"),
    Planted("dpo", rewrite("README.md", "<!-- sandbox:end -->", "Mine.\n<!-- sandbox:end -->"), "card_edited",
            "README.md", 0),
    Planted("dpo", rewrite("README.md", "num_examples: ", "num_examples: 9"), "card_rows_differ", "README.md"),
    Planted("dpo", rewrite("README.md", "config_name: dpo", "name: dpo"), "card_broken", "README.md"),
    Planted("dpo", rewrite("dataset_info.json", '"chosen": "chosen"', '"chosen": "good"'), "mapping_column_missing",
            "dataset_info.json"),
    Planted("dpo", rewrite("dataset_info.json", '"ranking": true', '"split": "validation", "ranking": true'),
            "mapping_split", "dataset_info.json"),
    Planted("dpo", remove("dataset_info.json"), "mapping_absent", ""),
    Planted(f"dpo {CHAT}", rows(put(2, "chosen", turn(role="bot")), "dpo"), "unknown_role", f"{DPO}:2"),
    Planted(f"dpo {CHAT}", rows(put(2, "chosen", turn(content=None)), "dpo"), "null_content", f"{DPO}:2"),
    Planted(f"dpo {CHAT}", rows(put(2, "chosen", []), "dpo"), "empty_conversation", f"{DPO}:2"),
    Planted("kto", rows(put(6, "prompt", of(5, "prompt")), "kto"), "same_prompt_neighbours", f"{KTO}:6", 1, "axolotl"),
    Planted("kto", rows(put(6, "completion", of(5, "completion")), "kto"), "same_answer_neighbours", f"{KTO}:6", 1,
            "axolotl"),
    Planted("kto", rows(put(8, "prompt", of(1, "prompt")), "kto"), "batch_ends", f"{KTO}:8", 1, "axolotl"),
    Planted("kto", rows(lambda made: made.__delitem__(slice(9, None)), "kto"), "lone_row", f"{KTO}:9", 1, "trl"),
    Planted("kto", rows(lambda made: made.sort(key=lambda row: row["label"]), "kto"), "label_runs", "", 1, "axolotl"),
    Planted("kto", rows(lambda made: [row.update(label=True) for row in made], "kto"), "one_label", ""),
    Planted("reward", rows(put(3, "margin", None), "reward"), "null_number", "data/reward/train.parquet:3"),
    Planted("reward", rows(put(3, "margin", -2.0), "reward"), "scores_swapped", "data/reward/train.parquet:3"),
    Planted("reward", rows(put(3, "margin", float("nan")), "reward"), "not_finite", "data/reward/train.parquet:3"),
    Planted("modpo", rows(put(3, "chosen_engagement", None), "alignment"), "null_number",
            "data/alignment/train.parquet:3"),
    Planted("modpo", rows(put(3, "chosen_engagement", 99.0), "alignment"), "odd_score",
            "data/alignment/train.parquet:3"),
    Planted("modpo", swap_objectives, "scores_swapped", ""),
    Planted("sft", rows(put(2, "prompt", "Is it Fair?"), "imitation"), "prompt_runs_in", f"{IMITATION}:2"),
    Planted("sft", rows(put(2, "completion", ""), "imitation"), "empty_answer", f"{IMITATION}:2"),
    Planted("alpaca", rows(put(2, "output", " "), "imitation"), "empty_answer", f"{IMITATION}:2"),
    Planted("stable-alignment", rows(put(2, "query", ""), "imitation"), "empty_prompt", f"{IMITATION}:2"),
    Planted("stable-alignment", rows(put(2, "scores", [0.5]), "imitation"), "odd_score", f"{IMITATION}:2"),
    Planted("stable-alignment", rows(put(2, "engagement", [7.5]), "imitation"), "odd_score", f"{IMITATION}:2"),
    Planted("stable-alignment", rows(put(2, "responses", []), "imitation"), "lengths_differ", f"{IMITATION}:2"),
]  # fmt: skip


def named(planted: Planted) -> str:
    return f"{planted.words} {planted.finding or 'nothing'} {planted.meant}".strip()


@pytest.mark.parametrize("planted", PLANTED, ids=named)
def test_a_fault_in_what_we_exported_is_found(sandbox: Sandbox, tmp_path: Path, planted: Planted) -> None:
    planted.plant(exported(sandbox, tmp_path, planted.words))
    asked = ("--for", planted.meant) if planted.meant else ()
    found = sandbox("export", "--check", "out", "--json", *asked)
    findings = {finding["code"]: finding for finding in reversed(json.loads(found.out)["findings"])}
    assert found.code == planted.code, sorted(findings)
    if not planted.finding:
        assert not findings
        return
    assert findings[planted.finding]["counts"] == bool(planted.code)
    if planted.place:
        place = findings[planted.finding]["places"][0]
        assert planted.place == (f"{place['file']}:{place['row']}" if place["row"] else place["file"])


def test_what_follows_from_a_file_that_cannot_be_read_is_not_told(sandbox: Sandbox, tmp_path: Path) -> None:
    append(DPO, b"x")(exported(sandbox, tmp_path, "dpo"))
    found = json.loads(sandbox("export", "--check", "out", "--json").out)
    assert [finding["code"] for finding in found["findings"]] == ["unreadable_file", "checksum_differs"]
