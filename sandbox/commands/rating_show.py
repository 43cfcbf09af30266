"""`sandbox inspect RUN.NAME`: what a rating came to, beside the run's own scores. Reads only."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group

from agents.protocol import DIMENSIONS
from agents.replies import SEVEN
from sandbox.errors import UsageError
from sandbox.figures.killed_rating import counted_rating
from sandbox.figures.rating import scores_sheet
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.options.config import SCRIPTED
from sandbox.progress.alive import alive
from sandbox.runs.rating.reading import Rating, named_rating
from sandbox.runs.rating.words import account, outcome, what_next
from sandbox.runs.tags import tags_told
from sandbox.terminal import plain_line, warn
from sandbox.text import SCRIPTED_NOTE, typed


def show_rating(names: Sequence[str], view: View) -> int:
    """Show the rating called so; the exit code. Raises `UsageError` where more is asked than its table."""
    asked = View(runs=view.runs, studies=view.studies, table=view.table, csv=view.csv, json=view.json, debug=view.debug)
    if len(names) > 1:
        raise UsageError(
            "One of these is a rating, of which there is one table: name it alone, as sandbox inspect RUN.NAME"
        )
    if view != asked:
        raise UsageError(
            f"{names[0]} is a rating, which has one table: as it is, with --csv or with --json.\n"
            "More is shown of its run: sandbox inspect RUN --scores NAME, or sandbox analyze observer RUN"
        )
    rating = counted_rating(named_rating(names[0], view.runs, view.studies))
    if rating.status == "complete":  # how far another one came, it tells itself
        for warning in rating.warnings():
            warn(warning)
    with alive(f"Reading {rating.directory.name}"):
        sheet = scores_sheet(rating)

    def document() -> dict[str, Any]:
        manifest = {**rating.manifest.model_dump(mode="json"), "status_now": rating.status}
        return {"manifest": manifest, "scores": sheet.document()}

    def shown() -> Iterator[Shown]:
        yield Group(*map(plain_line, _lines(rating)))
        yield sheet

    deliver(
        Answer(sheets=lambda: [sheet], document=document, shown=shown), json=view.json, csv=view.csv, table=view.table
    )
    return 0


def _lines(rating: Rating) -> Iterator[str]:
    manifest = rating.manifest
    yield outcome(manifest, rating.status)
    on = ", ".join(f"{each.name} {each.scale[0]}-{each.scale[1]}" for each in manifest.dimensions)
    log = f"the first {manifest.rated.interactions} interactions of run {rating.run_id}"
    yield f"{manifest.texts} texts of {log}, by {manifest.models.observer} on {on}"
    yield from account(manifest)
    yield from tags_told(rating.directory.path)
    if manifest.models.observer == SCRIPTED:
        yield SCRIPTED_NOTE
    if rating.status in ("stopped", "interrupted", "failed"):
        yield what_next(manifest, rating.directory.path)
    elif any(each.name in DIMENSIONS and each.scale == SEVEN for each in manifest.dimensions):
        yield f"As the scores of its run: sandbox inspect {typed(rating.run_path)} --scores {rating.name}"
