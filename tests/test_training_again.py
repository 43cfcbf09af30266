"""What a training that is taken up again refuses by name, and whose word it is. Nothing is trained here."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tables import table
from trained import manifest

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.training.continued import refuse_changed
from sandbox.training.own_word import marked, refuse_foreign

PACKAGES = {"trl": "1.16.0", "torch": "2.13.0", "pydantic": "2.12"}
BEFORE = manifest("lesson", packages=PACKAGES, reward="a" * 64)


def now(**changes: Any) -> TrainingManifest:
    return BEFORE.model_copy(update=changes)


def options(**changes: Any) -> TrainingManifest:
    return now(config=replace(BEFORE.config, **changes))


DATA = BEFORE.data.model_copy(update={"files": {"data/imitation/train.parquet": "9" * 64}})
CHANGED: list[tuple[TrainingManifest, list[str]]] = [
    (options(learning_rate=0.5), ["--learning-rate None -> 0.5"]),
    (options(seed=3, batch=8), ["--seed 0 -> 3", "--batch 4 -> 8"]),
    (now(data=DATA), ["data/imitation/train.parquet of lesson-data (sha256 aaaaaaaaaaaa -> 999999999999)"]),
    (now(data=DATA.model_copy(update={"files": {}})), ["train.parquet of lesson-data (sha256 aaaaaaaaaaaa -> none)"]),
    (now(base=BEFORE.base.model_copy(update={"sha256": "0" * 64})), ["the base SmolLM2", "bbbbbbbbbbbb -> 000000"]),
    (now(reward="7" * 64), ["the reward model (sha256 aaaaaaaaaaaa -> 777777777777)"]),
    (now(packages=PACKAGES | {"torch": "2.14.0"}), ["torch 2.13.0 -> 2.14.0"]),
    (now(packages={"torch": "2.13.0"}), ["trl 1.16.0 -> none"]),
    (now(threads=2), ["--threads 1 -> 2"]),
    (now(precision="bf16"), ["--precision float32 -> bf16"]),
    (now(device="NVIDIA H200"), ["device cpu -> NVIDIA H200"]),
    (now(ranks=2), ["processes 1 -> 2"]),
    (now(steps_planned=20), ["planned for 12 steps, and 20 are asked for", "train anew with --steps 20"]),
    (
        options(seed=1, batch=1, accumulate=9, warmup=0.5, schedule="linear", full=True, lora_rank=2),
        ["--batch 4 -> 1; --accumulate 1 -> 9; --warmup 0.03 -> 0.5;", "; and 1 more."],
    ),
]  # fmt: skip
SAME = [
    now(),
    now(packages=PACKAGES | {"pydantic": "2.13"}),
    options(model="/elsewhere/SmolLM2", reward="elsewhere", save_steps=3, threads=1, precision="float32", out="x"),
    now(data=BEFORE.data.model_copy(update={"name": "moved"})),
]


@table(("changed", "words"), CHANGED)
def test_what_would_change_results_is_refused_by_name_with_both_values(
    changed: TrainingManifest, words: list[str]
) -> None:
    with pytest.raises(UsageError) as refused:
        refuse_changed(BEFORE, changed)
    message = str(refused.value)
    assert all(each in message for each in words), message
    assert len(message.splitlines()) <= 3
    assert "train anew" in message


@table("same", SAME)
def test_what_counts_by_its_contents_or_changes_nothing_may_change(same: TrainingManifest) -> None:
    refuse_changed(BEFORE, same)


def test_a_training_of_others_or_from_elsewhere_is_not_taken_up(tmp_path: Path) -> None:
    folder = tmp_path / "lesson"
    own = marked(BEFORE, folder)
    folder.mkdir()
    kept = TrainingManifest.model_validate_json(own.model_dump_json())
    refuse_foreign(kept, folder)
    going_on = kept.model_copy(update={"status": "running", "steps": 3, "held_out": {}, "adapter": None})
    refuse_foreign(going_on, folder)
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    changed = kept.model_copy(update={"data": DATA})
    for theirs, place in ((kept, copied), (changed, folder), (BEFORE, folder)):
        with pytest.raises(SandboxError, match="does not carry your mark") as refused:
            refuse_foreign(theirs, place)
        assert len(str(refused.value).splitlines()) == 3
