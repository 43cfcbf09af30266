"""An evaluation told in sentences: how it ended, its accounts, what to run next. Knows manifests, no terminal."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.words import after_accounts, calls_made, not_reached, with_more
from sandbox.text import duration, typed


def going_on(path: Path) -> str:
    """The command that goes on with the evaluation in `path`."""
    return f"Go on with it: sandbox evaluate --resume {typed(path)}"


def outcome(manifest: EvaluationManifest, status: str | None = None) -> str:
    """How it ended, in a line; `status` if it is known better than the manifest does."""
    by = f" by {manifest.stopped_by}" if manifest.stopped_by else ""
    told = f"{status or manifest.status}{by} after {duration(manifest.totals.wall_seconds)}"
    return f"Evaluation {manifest.run_id} {told}."


def what_next(manifest: EvaluationManifest, path: Path) -> str:
    """The command to run after this one."""
    if manifest.status != "complete":
        return f"{going_on(path)}{with_more(manifest)}"
    if manifest.totals.failed:
        return f"Ask what failed again: sandbox evaluate --resume {typed(path)} --retry-failed"
    return f"Look at it: sandbox inspect {typed(path)}"


def account(manifest: EvaluationManifest) -> Iterator[str]:
    """The accounts, which always add up."""
    totals = manifest.totals
    yield (
        f"{totals.planned} answers planned = {totals.complete} complete + {totals.failed} failed + "
        f"{not_reached(totals)} not reached; {totals.missing_ratings} answers and ratings missing."
    )
    yield f"{calls_made(totals)}."
    yield from after_accounts(manifest)
