"""Plans a training: reads the data, finds the base, counts what is learnt from. Loads no weights.

What makes a training impossible is said here, before anything is made.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from agents.protocol import Rated
from memory.opening import read_whole
from sandbox.errors import UsageError
from sandbox.export.names import CARD, Split
from sandbox.options.training import TrainingConfig
from sandbox.runs.packages import packages
from sandbox.runs.training.manifest import BaseUsed, DataUsed, RowsUsed
from sandbox.training.base.base_model import Base, folder_of, tokenizer_of
from sandbox.training.base.model_files import (
    adapter_parameters_of,
    architecture_of,
    bytes_needed,
    check_length,
    check_memory,
    free_memory,
    parameters_of,
)
from sandbox.training.continued import DECIDING
from sandbox.training.data import reading
from sandbox.training.data.examples import Query
from sandbox.training.data.fitting import SAME, TOO_LONG, Kept, account, fitting
from sandbox.training.data.folder import ExportFolder, open_folder
from sandbox.training.data.serving import check_serves
from sandbox.training.hardware import Hardware, hardware
from sandbox.training.plan import Plan
from sandbox.training.rewarding import check_same_base, rewarding_of

_HELD_OUT: Final[tuple[Split, ...]] = ("validation", "test")
_DIGITS: Final = 6
_MOST_CARD: Final = 16 << 20  # bytes


def plan_of(config: TrainingConfig, origins: Mapping[str, str], data: Path, tell: Callable[[str], object]) -> Plan:
    """The training of settled `config` on the export in the folder `data`; `tell` hears what takes long.

    Raises `UsageError` and `SandboxError`.
    """
    assert config.objective, "settled options name one"
    folder = open_folder(data)
    check_serves(folder, config)
    rewarding = rewarding_of(config)
    model = folder_of(config.model, tell)
    if rewarding:
        check_same_base(rewarding, model)
    check_length(config.model, model.folder, config.max_length)
    tokenizer = tokenizer_of(model)
    parts = _parts(folder, config, tokenizer)
    kept = [each for of_part, _ in parts.values() for each in of_part]
    if not kept:
        raise UsageError(_nothing_left(parts, config))
    on = hardware(config)
    base = _base_used(model)
    trainable = _trainable(config, model, base, on)
    planned = _steps(config, len(kept), on.ranks)
    used = _needed(kept, config, planned * _of_a_step(config, on.ranks))
    held_out = _held_out(folder)  # before the digests of what was read
    return Plan(
        config=config,
        origins=origins,
        data=_data_used(folder),
        card=_card(folder),
        model=model,
        base=base,
        trainable=trainable,
        rewarding=rewarding,
        reward=rewarding.manifest.adapter.sha256 if rewarding and rewarding.manifest.adapter else None,
        hardware=on,
        packages=packages(DECIDING),
        tokenizer=tokenizer,
        examples=[each.example for each in used],
        rows={part: _account(part, *found, used) for part, found in parts.items()},
        tokens_prompt=sum(each.fitted.prompt for each in used),
        tokens_learnt=sum(each.fitted.learnt for each in used),
        held_out=held_out,
        steps_planned=planned,
    )


def _held_out(folder: ExportFolder) -> dict[str, Sequence[Query]]:
    """The questions of each split that is not trained on, where it has any."""
    return {split: held for split in _HELD_OUT if (held := reading.held_out(folder, split))}


_Parts = dict[str, tuple[list[Kept], Counter[str]]]


def _parts(folder: ExportFolder, config: TrainingConfig, tokenizer: Any) -> _Parts:
    """What can be learnt from, by part, and how many rows cannot, by reason."""
    assert config.objective
    # The margin of MODPO is that of the rating that pairs were not compared on; its baseline has the same pairs.
    compared: Rated | None = "alignment" if folder.manifest.format == "modpo" and config.objective != "rloo" else None
    return {
        part: fitting(part, reading.examples(folder, part, config.objective), tokenizer, config)
        for part in reading.parts(folder, "train", compared=compared)
    }


def _account(part: str, kept: Sequence[Kept], dropped: Counter[str], used: Sequence[Kept]) -> RowsUsed:
    return account(kept, [each for each in used if each.part == part], dropped)


def _steps(config: TrainingConfig, rows: int, ranks: int) -> int:
    """Optimizer steps: as many as are asked for, or as the epochs have. Raises `UsageError` where none is filled."""
    most = _of_a_step(config, ranks)
    if config.objective == "rloo" and rows < most:  # each would be answered twice in every step
        raise UsageError(
            f"--batch {config.batch}: a step of rloo is of {most} prompts, and there are {rows}.\nTake less."
        )
    if config.steps:
        return config.steps
    assert config.epochs
    of_all = round(config.epochs * math.ceil(rows / most), _DIGITS)  # 1.1 times 50 is a little more than 55
    return max(1, math.ceil(of_all))


def _of_a_step(config: TrainingConfig, ranks: int) -> int:
    return config.batch * config.accumulate * ranks


def _needed(kept: Sequence[Kept], config: TrainingConfig, most: int) -> Sequence[Kept]:
    """Those that all steps come to, `most` rows, drawn by the seed: what is never read need not be prepared."""
    if most >= len(kept):
        return kept
    places = sorted(Random(f"{config.seed}/rows").sample(range(len(kept)), most))
    return [kept[place] for place in places]


def _trainable(config: TrainingConfig, model: Base, base: BaseUsed, on: Hardware) -> int:
    """How many parameters are trained. Raises `SandboxError` where that takes more memory than there is."""
    trainable = base.parameters if config.full else adapter_parameters_of(model.folder, config.lora_rank)
    if on.is_cpu:
        check_memory(config.model, bytes_needed(base.parameters, trainable, on.precision), free_memory())
    return trainable


def _base_used(model: Base) -> BaseUsed:
    return BaseUsed(
        name=model.name,
        sha256=model.sha256,
        architecture=architecture_of(model.folder),
        parameters=parameters_of(model.folder),
        gguf=model.sha256 if model.gguf else None,
    )


def _data_used(folder: ExportFolder) -> DataUsed:
    """What the folder is, with the digests of the files that were read so far."""
    manifest = folder.manifest
    return DataUsed(
        name=folder.path.resolve().name,
        sha256=folder.sha256,
        format=manifest.format,
        style=manifest.style,
        prompt=manifest.options.get("prompt") or "question",
        prompts=manifest.prompts or {},
        files=dict(folder.files),
        runs=tuple(run.run_id for run in manifest.runs),
        teachers=tuple(sorted({name for run in manifest.runs for name in run.models.agents})),
        observers=tuple(sorted({run.models.observer for run in manifest.runs})),
        license=manifest.license,
    )


def _card(folder: ExportFolder) -> str:
    """The card of the data, into which people may write; nothing where there is none."""
    try:
        return read_whole(folder.path / CARD, _MOST_CARD).decode(errors="replace")
    except OSError:
        return ""


def _nothing_left(parts: _Parts, config: TrainingConfig) -> str:
    dropped = sum((dropped for _, dropped in parts.values()), Counter[str]())
    if not dropped:
        return "The export has no rows to train on: its train split is empty.\nExport more, or a smaller --test."
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
    longer = (
        f"Raise --max-length, which is {config.max_length}, or export" if {TOO_LONG, SAME} & {*dropped} else "Export"
    )
    return f"Nothing is left to learn: {why}.\n{longer} other rows."
