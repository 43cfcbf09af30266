"""Which exports serve which objective, and the command that makes the right one. Opens no file."""

from collections.abc import Mapping
from shlex import quote
from typing import Final

from sandbox.errors import UsageError
from sandbox.export.names import Format
from sandbox.options.training import Objective, TrainingConfig
from sandbox.text import in_a_line, typed
from sandbox.training.data.folder import ExportFolder

# Formats that serve an objective, the one that is made for it first. Of those for rloo only prompts are taken.
SERVES: Final[Mapping[Objective, tuple[Format, ...]]] = {
    "stable": ("stable-alignment",),
    "sft": ("sft", "alpaca"),
    "dpo": ("dpo",),
    "modpo": ("modpo",),
    "kto": ("kto",),
    "reward": ("reward",),
    "rloo": ("sft", "stable-alignment", "alpaca", "dpo", "kto", "reward", "modpo"),
}


def check_serves(folder: ExportFolder, config: TrainingConfig) -> None:
    """Raises `UsageError` with the command that makes the right export, if this one is none for its objective."""
    objective, manifest = config.objective, folder.manifest
    assert objective, "settled options name one"
    # Both ratings of an answer stand beside its text in the pairs of modpo alone.
    is_sum = objective == "dpo" and config.weights is not None
    serving, weights = (SERVES["modpo"], " with --weights") if is_sum else (SERVES[objective], "")
    if manifest.format not in serving:
        raise UsageError(
            f"--objective {objective}{weights} learns from {' or '.join(serving)}, "
            f"and {folder.path} is of {manifest.format}.\n"
            f"{_made_by(folder, serving[0])}"
        )
    if _is_draft(folder) and manifest.style == "string":
        raise UsageError(
            f"{folder.path} has the society's prompt in one text, of which nobody can tell what the system says.\n"
            f"{_made_by(folder, 'sft' if manifest.format == 'alpaca' else manifest.format)}"
        )


def _is_draft(folder: ExportFolder) -> bool:
    return folder.manifest.options.get("prompt") == "draft"


def _made_by(folder: ExportFolder, format_: Format) -> str:
    """The command that makes the right export of the same runs, by the same ratings."""
    runs = " ".join(dict.fromkeys(quote(in_a_line(run.study or run.run_id)) for run in folder.manifest.runs))
    prompt = " --prompt draft" if _is_draft(folder) else ""
    scores = "".join(
        {f" --scores {quote(in_a_line(run.scores.rating))}": None for run in folder.manifest.runs if run.scores}
    )
    out = typed(folder.path.parent / f"{folder.path.resolve().name}-{format_}")
    made = f"--format {format_}{prompt}{scores} --style conversational --test 0.2 --out {out}"
    return f"Make it: sandbox export {runs} {made}"
