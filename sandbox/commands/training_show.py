"""`sandbox inspect DIR` of trainings: one, several beside each other, a sweep, and their pictures. Reads only."""

from collections.abc import Sequence
from typing import Any

from sandbox.errors import UsageError
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, deliver, documents
from sandbox.inspection.training.sheets import answers_sheet, held_out_sheet
from sandbox.inspection.training.view import training_sheets, training_view, trainings_view
from sandbox.progress.alive import alive
from sandbox.runs.training.named import trainings_named
from sandbox.runs.training.reading import Training


def show_trainings(names: Sequence[str], view: View) -> int:
    """Show the trainings called so; the exit code. Raises `UsageError` where more is asked than there is of one."""
    asked = View(
        runs=view.runs, studies=view.studies, table=view.table, csv=view.csv, json=view.json, plot=view.plot,
        output=view.output, debug=view.debug,
    )  # fmt: skip
    if view != asked:
        raise UsageError(
            "This is a training, of which there are tables and pictures: as it is, with --table, --csv, --json,\n"
            "--plot loss, or --plot pareto for several."
        )
    with alive(f"Reading {', '.join(names)}"):
        trainings = [each for name in names for each in trainings_named(name, view.runs)]
    if view.plot:
        _plot(trainings, view)
    else:
        deliver(_answer(trainings), json=view.json, csv=view.csv, table=view.table)
    return 0


def _answer(trainings: Sequence[Training]) -> Answer:
    return Answer(
        sheets=lambda: training_sheets(trainings),
        document=lambda: _document(trainings),
        shown=lambda: training_view(trainings[0]) if len(trainings) == 1 else trainings_view(trainings),
    )


def _document(trainings: Sequence[Training]) -> dict[str, Any]:
    """Of one its manifest and answers, of several their manifests; held-out figures as rows."""
    manifests = [{**each.manifest.document(), "status_now": each.status} for each in trainings]
    held_out = held_out_sheet(trainings).document()
    if len(trainings) > 1:
        return {"trainings": manifests, "held_out": held_out}
    return {"manifest": manifests[0], "held_out": held_out, **documents([answers_sheet(trainings[0])])}


def _plot(trainings: Sequence[Training], view: View) -> None:
    from sandbox.commands.pictures import write_picture
    from sandbox.inspection.training.plot import training_plot

    kind = view.plot
    if kind not in ("loss", "pareto"):
        raise UsageError(f"--plot {kind} draws no training: --plot loss, or --plot pareto for several.")
    write_picture(kind, view.output, lambda form: training_plot(trainings, kind, form))
