"""A rating told in sentences: how it ended, its accounts, what to run next. Knows manifests, no terminal."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.words import after_accounts, calls_made, not_reached, with_more
from sandbox.text import duration, typed


def going_on(path: Path) -> str:
    """The command that goes on with the rating in `path`."""
    return f"Go on with it: sandbox rate --resume {typed(path)}"


def outcome(manifest: RatingManifest, status: str | None = None) -> str:
    """How it ended, in a line; `status` if it is known better than the manifest does."""
    by = f" by {manifest.stopped_by}" if manifest.stopped_by else ""
    told = f"{status or manifest.status}{by} after {duration(manifest.totals.wall_seconds)}"
    return f"Rating {manifest.run_id} {told}."


def what_next(manifest: RatingManifest, path: Path) -> str:
    """The command to run after this one."""
    if manifest.status != "complete":
        return f"{going_on(path)}{with_more(manifest)}"
    if manifest.totals.failed:
        return f"Ask what failed again: sandbox rate --resume {typed(path)} --retry-failed"
    return f"Look at it: sandbox inspect {typed(path)}"


def account(manifest: RatingManifest) -> Iterator[str]:
    """The accounts, which always add up."""
    totals = manifest.totals
    yield (
        f"{manifest.texts} texts of {totals.planned} interactions planned = {totals.complete} complete + "
        f"{totals.failed} failed + {not_reached(totals)} not reached; {totals.missing_ratings} missing ratings."
    )
    yield f"{calls_made(totals)}."
    yield from after_accounts(manifest)
