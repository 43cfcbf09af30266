"""`sandbox inspect RUN.NAME` of what a person judged: how much, and how. Reads only."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group

from sandbox.errors import UsageError
from sandbox.figures.judgements import judgements_sheet
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.runs.annotation.reading import Annotation, read_annotation
from sandbox.terminal import plain_line
from sandbox.text import counted, typed


def show_annotation(path: Path, names: Sequence[str], view: View) -> int:
    """Show the annotation in `path`; the exit code. Raises `UsageError` where more is asked than its table."""
    asked = View(runs=view.runs, studies=view.studies, table=view.table, csv=view.csv, json=view.json, debug=view.debug)
    if len(names) > 1 or view != asked:
        raise UsageError(
            f"{path} is what a person judged, of which there is one table: name it alone, as it is, with --csv or "
            f"with --json.\nCompare it: sandbox analyze observer {typed(read_annotation(path).run_path)}"
        )
    annotation = read_annotation(path)
    sheet = judgements_sheet(annotation)

    def document() -> dict[str, Any]:
        return {"manifest": annotation.manifest.model_dump(mode="json"), "judgements": sheet.document()}

    def shown() -> Iterator[Shown]:
        yield Group(*map(plain_line, _lines(annotation)))
        yield sheet

    deliver(
        Answer(sheets=lambda: [sheet], document=document, shown=shown), json=view.json, csv=view.csv, table=view.table
    )
    return 0


def _lines(annotation: Annotation) -> Iterator[str]:
    manifest, run = annotation.manifest, typed(annotation.run_path)
    drawn = f"up to {counted(manifest.texts, 'text')} of run {annotation.run_id}, drawn by seed {manifest.seed}"
    yield f"{annotation.name} judges {drawn}, on {' and '.join(manifest.dimensions)}."
    yield f"Go on: sandbox annotate {run} --annotator {annotation.name}"
    yield f"Compare it: sandbox analyze observer {run} --with {annotation.name}"
