"""A training told in sentences: how it ended, what it learnt from, held-out figures. Knows manifests, no terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.options.config import SCRIPTED
from sandbox.runs.training.manifest import Figure, HeldOut, RowsUsed, TrainingManifest
from sandbox.text import SCRIPTED_NOTE, counted, duration, some, typed


def going_on(path: Path) -> str:
    """The command that goes on with the training in `path`."""
    return f"Go on with: sandbox train --resume {typed(path)}"


def what_next(manifest: TrainingManifest, path: Path) -> str:
    """The command to run after this one."""
    if manifest.status != "complete":
        return going_on(path)
    if serves(manifest):
        return f"Let it speak: sandbox simulate --model local --adapter {typed(path)}"
    return f"Look at it: sandbox inspect {typed(path)}"


def serves(manifest: TrainingManifest) -> bool:
    """Whether the embedded server can speak through what was trained."""
    made = manifest.adapter
    return manifest.base.gguf is not None and made is not None and made.gguf is not None


def outcome(manifest: TrainingManifest, status: str | None = None) -> str:
    """How it ended, in a line; `status` if it is known better than the manifest does."""
    by = f" by {manifest.stopped_by}" if manifest.stopped_by else ""
    took = sum(each.wall_seconds for each in manifest.attempts)
    return f"Training {manifest.name} {status or manifest.status}{by} after {duration(took)}."


def sentences(manifest: TrainingManifest) -> Iterator[str]:
    """What was trained on what, and what it took."""
    base, data = manifest.base, manifest.data
    share = f"{manifest.trainable:,} of {base.parameters:,} parameters"
    yield f"{manifest.objective} on {base.name}: {share}, {manifest.precision} on {manifest.device}"
    yield f"data: {data.name} ({data.format}), of {counted(len(data.runs), 'run')}: {some(data.runs)}"
    yield f"answers by {some(data.teachers)}, rated by {some(data.observers)}; prompts: {data.prompt}"
    if taught_by_script(manifest):
        yield SCRIPTED_NOTE
    processor = sum(each.processor_seconds for each in manifest.attempts)
    steps = f"{manifest.steps:,} of {counted(manifest.steps_planned, 'step')}"
    yield f"{steps}, {manifest.tokens:,} tokens, {duration(processor)} of processors"


def taught_by_script(manifest: TrainingManifest) -> bool:
    """Whether the stand-in wrote or rated what it learnt from."""
    return SCRIPTED in (*manifest.data.teachers, *manifest.data.observers)


def dropped(rows: RowsUsed) -> str | None:
    """How many were dropped for what: `12 too long, 3 nothing to learn`; None for none."""
    return ", ".join(f"{count} {reason}" for reason, count in rows.dropped.items() if count) or None


def held_out_line(found: HeldOut) -> str:
    """`margin 0.65 [0.41, 0.89], 90 % [77 %, 97 %] of 21 pairs ranked right, ...`: what there is, with its interval."""
    margin, ranked, loss, reward = found.margin, found.ranked, found.best_loss, found.reward
    said = [
        f"margin {number(margin)}" if margin else "",
        f"{share(ranked)} of {counted(found.pairs, 'pair')} ranked right" if ranked else "",
        f"loss of the best answer {number(loss)}" if loss else "",
        f"reward {number(reward)}" if reward else "",
    ]
    return f"{', '.join(filter(None, said)) or 'nothing to compare'}; {counted(found.questions, 'question')}"


def number(figure: Figure | None) -> str:
    """`0.65 [0.41, 0.89]`; a dash where there is none."""
    return _with_interval(figure, lambda value: f"{value:z.2f}")


def share(figure: Figure | None) -> str:
    """`90 % [77 %, 97 %]`; a dash where there is none."""
    return _with_interval(figure, lambda value: f"{100 * value:.0f} %")


def _with_interval(figure: Figure | None, shown: Callable[[float], str]) -> str:
    if figure is None:
        return "-"
    if figure.low is None or figure.high is None:
        return shown(figure.mean)
    return f"{shown(figure.mean)} [{shown(figure.low)}, {shown(figure.high)}]"
