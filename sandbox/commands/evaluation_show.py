"""`sandbox inspect` of evaluations: numbers, items, one of them, comparisons, reports and pictures. Reads only."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sandbox.errors import UsageError
from sandbox.figures.killed_evaluation import counted_evaluation
from sandbox.inspection.evaluation.asked import Asked, all_asked, of_item
from sandbox.inspection.evaluation.comparison import compared_view
from sandbox.inspection.evaluation.items import items_data, items_list, why_sheets
from sandbox.inspection.evaluation.numbers import number_sheets, numbers_of, tables_of
from sandbox.inspection.evaluation.story import item_story
from sandbox.inspection.evaluation.view import evaluation_view, scripted
from sandbox.inspection.evaluation.wanted import SORTS, Wanted, labels_of
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, deliver
from sandbox.options.option import flag_of
from sandbox.progress.alive import alive
from sandbox.runs.evaluation.reading import Evaluation, open_evaluation
from sandbox.scores.number import Number
from sandbox.scores.paired import compare, paired_sheet
from sandbox.scores.summary import summary_sheet
from sandbox.suites.suite import Turn
from sandbox.terminal import error_console, plain
from sandbox.text import bytes_shown, nearest

FEW: Final = 20
# What asks about societies: nothing in an evaluation answers it.
_OF_SOCIETIES: Final = ("scores", "round", "agent", "model", "map", "min_gain", "max_gain", "min_disagreement")


def show_evaluations(names: Sequence[str], view: View) -> int:
    """Show what `view` asks of the evaluations called `names`; the exit code. Raises `UsageError`."""
    if wrong := [flag_of(name) for name in _OF_SOCIETIES if getattr(view, name) is not None]:
        raise UsageError(f"{wrong[0]} asks about a society, and this is an evaluation: leave it out.")
    if view.browse:
        _browse(names[0], view)
        return 0
    evaluations = [counted_evaluation(open_evaluation(name, view.runs)) for name in names]
    if view.html:
        _report(evaluations, view.html)
    elif view.plot:
        _plot(evaluations, view)
    else:
        with alive(f"Reading {', '.join(each.name for each in evaluations)}"):
            answer = _compared(evaluations) if len(evaluations) > 1 else _of_one(evaluations[0], view)
        deliver(answer, json=view.json, csv=view.csv, table=view.table)
    return 0


def _of_one(evaluation: Evaluation, view: View) -> Answer:
    if view.interaction:
        return _item(evaluation, view.interaction, prompts=view.prompts)
    if view.why:
        found = list(all_asked(evaluation))
        return Answer(sheets=lambda: why_sheets(found))
    return _items(evaluation, view) if view.lists else _numbers(evaluation, view)


def _numbers(evaluation: Evaluation, view: View) -> Answer:
    numbers = numbers_of(evaluation)
    if view.table and (view.json or view.csv):  # a program gets all of each number
        numbers = _of_table(numbers, view.table)
        sheets = [replace(summary_sheet(numbers), name=view.table)]
    else:
        sheets = list(number_sheets(numbers)) if view.table else [summary_sheet(numbers)]

    def document() -> dict[str, Any]:
        manifest = {**evaluation.manifest.model_dump(mode="json"), "status_now": evaluation.status}
        return {"manifest": manifest, "numbers": [each.model_dump(mode="json") for each in numbers]}

    return Answer(sheets=lambda: sheets, document=document, shown=lambda: evaluation_view(evaluation, numbers))


def _of_table(numbers: Sequence[Number], table: str) -> list[Number]:
    """Raises `UsageError` for a name that is none."""
    tables = tables_of(numbers)
    if table not in tables:
        near = nearest(table, tables)
        raise UsageError(f"--table {table}: no such table.{near}\nThere are: {', '.join(tables)}.")
    return tables[table]


def _browse(name: str, view: View) -> None:
    from sandbox.inspection.browser.app import browse

    browse(view.runs, open_evaluation(name, view.runs))


def _report(evaluations: Sequence[Evaluation], path: Path) -> None:
    from sandbox.inspection.report.evaluation_page import write_evaluation_report

    with alive(f"Writing {path}"):
        note = write_evaluation_report(evaluations, path)
    which = "all" if note.held == note.of else f"{note.held:,} of"
    error_console().print(plain(f"{path} is written: {bytes_shown(note.size)}, {which} {note.of:,} answers."))


def _plot(evaluations: Sequence[Evaluation], view: View) -> None:
    if view.plot != "scores":
        raise UsageError(f"--plot {view.plot} draws runs, and this is an evaluation: --plot scores.")
    if len(evaluations) > 1:
        raise UsageError("--plot scores draws one evaluation: name one. Compare them without it.")
    from sandbox.commands.pictures import write_picture
    from sandbox.inspection.evaluation.plot import scores_plot

    (one,) = evaluations
    numbers, stand_in = numbers_of(one), scripted(one)
    write_picture("scores", view.output, lambda form: scores_plot(one.name, numbers, form, scripted=stand_in))


def _compared(evaluations: Sequence[Evaluation]) -> Answer:
    """The others against the first, sample by sample."""
    base, *others = evaluations
    found = [compare(base, other) for other in others]
    pairs = list(zip(others, found, strict=True))

    def document() -> dict[str, Any]:
        told = ((other.name, [each.model_dump(mode="json") for each in own]) for other, own in pairs)
        return {"base": base.name, "comparisons": [{"other": name, "differences": own} for name, own in told]}

    return Answer(
        sheets=lambda: [paired_sheet(base.name, other.name, own) for other, own in pairs],
        document=document,
        shown=lambda: compared_view(evaluations, found),
    )


def _item(evaluation: Evaluation, wanted: str, *, prompts: bool) -> Answer:
    found = of_item(evaluation, wanted)
    sent = [_sent(each) for each in found] if prompts else []

    def document() -> list[dict[str, Any]]:
        if not prompts:
            return [each.document() for each in found]
        plain = ([[turn.model_dump() for turn in each] for each in of_one] for of_one in sent)
        return [{**each.document(), "prompts": told} for each, told in zip(found, plain, strict=True)]

    return Answer(document=document, shown=lambda: [item_story(found, sent)])


def _sent(each: Asked) -> Sequence[Sequence[Turn]]:
    from sandbox.inspection.evaluation.judged import judges_prompts  # brings templates

    return judges_prompts(each)


def _items(evaluation: Evaluation, view: View) -> Answer:
    rows = list(all_asked(evaluation))
    fits = _wanted(view, rows).of(rows)
    kept = fits[: view.limit or (None if view.csv or view.json else FEW)]
    more = "; --limit shows more" if len(kept) < len(fits) else ""
    note = f"{len(kept)} of {len(fits)} that fit, of {len(rows)} in the log{more}"
    return Answer(
        sheets=lambda: [items_data(kept) if view.csv else items_list(kept, note)],
        document=lambda: {"found": len(fits), "items": [each.document() for each in kept]},
    )


def _wanted(view: View, rows: Sequence[Asked]) -> Wanted:
    """Raises `UsageError` for an order that is none, and a label that nothing here has: slips, and no empty result."""
    by, labels = view.sort or SORTS[0], labels_of(rows)
    if by not in SORTS:
        raise UsageError(f"--sort {by}: items have no such order.{nearest(by, SORTS)}")
    if view.label is not None and view.label not in labels:
        near = nearest(view.label, labels)
        raise UsageError(f"--label {view.label}: no suite or category here is called so.{near}")
    return Wanted(
        label=view.label, search=view.search, missing=view.missing, failed=view.failed, by=by, reverse=view.reverse
    )
