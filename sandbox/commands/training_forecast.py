"""`train --dry-run` for people and for programs: what is learnt from, what it takes, and how many GPUs do the same."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sandbox.commands.forecast_view import chosen
from sandbox.inspection.output import Answer, Shown
from sandbox.inspection.training.sheets import rows_sheet
from sandbox.options.config import LOCAL, SCRIPTED
from sandbox.options.option import flag_of
from sandbox.options.resolution import Resolved
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.reading import is_training
from sandbox.terminal import plain
from sandbox.text import SCRIPTED_NOTE, bytes_shown, counted, duration, in_a_line, some
from sandbox.training.estimate import memory, processor_seconds, tokens_read
from sandbox.training.plan import Plan

_LAUNCH: Final = "accelerate launch --multi_gpu --num_processes N -m sandbox.training"
# How the estimates come about, for people.
_MEMORY: Final = "weights, gradients and Adam's moments; texts come on top"
_TIME: Final = "by tokens and parameters, as seen with the embedded model; what is held out comes on top"
_NO_OPTIONS: Final = frozenset({"json", "debug"})


def forecast_answer(plans: Sequence[Plan], resolved: Resolved[TrainingConfig], data: Path) -> Answer:
    """What the trainings of `plans` take, of a sweep several, on the export in `data`.

    Or what is left of those that go on, where `data` is the folder of a training.
    """
    return Answer(
        document=lambda: _document(plans, resolved, data),
        shown=lambda: _shown(plans, resolved, data),
    )


def _document(plans: Sequence[Plan], resolved: Resolved[TrainingConfig], data: Path) -> dict[str, Any]:
    return {
        "event": "forecast",
        "origins": dict(resolved.origins),
        "trainings": [_training(plan) for plan in plans],
        "many_gpus": list(_many_gpus(plans[0], resolved, data)),
    }


def _training(plan: Plan) -> dict[str, Any]:
    return {
        "config": asdict(plan.config),
        "data": plan.data.model_dump(mode="json"),
        "base": plan.base.model_dump(mode="json"),
        "trainable": plan.trainable,
        "device": plan.device,
        "precision": plan.precision,
        "threads": plan.threads,
        "rows": {part: rows.model_dump(mode="json") for part, rows in plan.rows.items()},
        "tokens": {"prompt": plan.tokens_prompt, "learnt": plan.tokens_learnt, "read": tokens_read(plan)},
        "steps": plan.steps_planned,
        "held_out": {split: len(queries) for split, queries in plan.held_out.items()},
        "memory_bytes": memory(plan),
        "processor_seconds": processor_seconds(plan),
    }


def _shown(plans: Sequence[Plan], resolved: Resolved[TrainingConfig], data: Path) -> Iterator[Shown]:
    first = plans[0]
    yield plain("\n".join(map(in_a_line, _sentences(plans))))
    yield rows_sheet(first.rows)
    yield from chosen(resolved.config, resolved)
    yield plain("\n".join(("On several GPUs, N of them:", *_many_gpus(first, resolved, data))))


def _sentences(plans: Sequence[Plan]) -> Iterator[str]:
    first = plans[0]
    yield from _what(plans)
    yield (
        f"{counted(first.steps_planned, 'step')} on {counted(len(first.examples), 'row')}, which have "
        f"{first.tokens_prompt:,} tokens of prompts and {first.tokens_learnt:,} to learn; {_cut(first)}."
    )
    splits = [f"{counted(len(queries), 'question')} of {split}" for split, queries in first.held_out.items()]
    yield f"Held out: {', '.join(splits)}." if splits else "Nothing is held out: sandbox export --test 0.2 does it."
    yield f"Memory: at least {bytes_shown(memory(first))} ({_MEMORY})."
    yield _time(plans)


def _what(plans: Sequence[Plan]) -> Iterator[str]:
    plan, data, base = plans[0], plans[0].data, plans[0].base
    times = f"{len(plans)} times " if len(plans) > 1 else ""
    trained = f"{plan.trainable:,} of {base.parameters:,} parameters"
    threads = f", {counted(plan.threads, 'thread')}" if plan.hardware.is_cpu else ""
    yield f"{times}{plan.config.objective} on {base.name}: {trained}, {plan.precision} on {plan.device}{threads}."
    weights = [each.config.weights for each in plans if each.config.weights]
    if weights:
        yield f"Weights: {'; '.join(weights)}."
    yield f"Data: {data.name}, of {some(data.runs)}; answers by {some(data.teachers)}, rated by {some(data.observers)}."
    if SCRIPTED in (*data.teachers, *data.observers):
        yield SCRIPTED_NOTE


def _cut(plan: Plan) -> str:
    used = sum(rows.used for rows in plan.rows.values())
    cut = sum(rows.cut for rows in plan.rows.values())
    return f"{cut} ({100 * cut / max(1, used):.1f} %) are cut at --max-length {plan.config.max_length}"


def _time(plans: Sequence[Plan]) -> str:
    tokens = sum(map(tokens_read, plans))
    known = [seconds for plan in plans if (seconds := processor_seconds(plan)) is not None]
    if len(known) < len(plans):
        why = "answers are sampled" if plans[0].config.objective == "rloo" else "it is as fast as the card"
        return f"Tokens: about {tokens:,} to read. Time is not estimated: {why}."
    took, wall = sum(known), sum(known) / plans[0].threads
    time = f"Time: about {duration(wall)}, {duration(took)} of processors ({_TIME})"
    return f"Tokens: about {tokens:,} to read. {time}."


def _many_gpus(plan: Plan, resolved: Resolved[TrainingConfig], data: Path) -> Iterator[str]:
    """The commands that do the same on several GPUs: ours, and where there is one the library's own."""
    if is_training(data):
        yield f"{_LAUNCH} --resume {shlex.quote(str(data))}"
        return
    yield f"{_LAUNCH} {shlex.join([str(data), *_flags(resolved)])}"
    script = plan.config.objective
    if script in ("sft", "dpo") and plan.data.format == script:
        model = _model(plan.config.model)
        for part in (each for each in plan.rows if (data / "trl" / f"{each}.yaml").is_file()):
            command = f"trl {script} --config trl/{part}.yaml --model_name_or_path {model} --output_dir DIR"
            yield f"cd {shlex.quote(str(data))} && {command} --accelerate_config fsdp2"


def _model(named: str) -> str:
    """The model as a word of a command that runs in another folder, and to which the packaged one means nothing."""
    if named == LOCAL:
        return "MODEL"
    return shlex.quote(str(Path(named).resolve()) if Path(named).is_dir() else named)


def _flags(resolved: Resolved[TrainingConfig]) -> Iterator[str]:
    """What was chosen, wherever that was, as flags."""
    values = asdict(resolved.config)
    for name, value in values.items():
        if resolved.origins[name] != "default" and name not in _NO_OPTIONS and value not in (None, False):
            yield flag_of(name)
            if value is not True:
                yield str(value)
    if not values["out"]:
        yield from ("--out", "DIR")
