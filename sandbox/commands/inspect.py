"""`sandbox inspect`: which view is meant, and one interaction. Reads only.

Imports nothing that is only needed for figures: a list and a story should be there at once.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.commands.lists import list_of_cells, list_of_runs
from sandbox.commands.runs_named import runs_named, study_named
from sandbox.commands.scored import scored
from sandbox.commands.unquoted import quotes_missed
from sandbox.errors import UsageError
from sandbox.export.names import EXPORT_KIND
from sandbox.figures.records_at import find_interaction
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, deliver
from sandbox.inspection.story import interaction_story, prompts_story
from sandbox.options.resolution import naming_places, resolve
from sandbox.progress.alive import alive
from sandbox.runs.annotation.records import ANNOTATION
from sandbox.runs.evaluation.manifest import EVALUATION
from sandbox.runs.kinds import OtherKindError
from sandbox.runs.rating.given import scores_note
from sandbox.runs.rating.manifest import RATING
from sandbox.runs.reading import Run, open_run
from sandbox.runs.records import Interaction
from sandbox.runs.study import Study
from sandbox.runs.training.manifest import TRAINING
from sandbox.runs.training.named import is_sweep
from sandbox.terminal import warn, write_json
from sandbox.text import typed


def run_inspect(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """Show what the options ask of the runs called `names`, or the list of runs; the exit code."""
    resolved = resolve(View, flags, file)
    of_variables = resolved.of_variables()
    asked = resolved.without(of_variables)
    study = _study_alone(names, asked)
    view = resolved.without(of_variables - asked.standing(0 if study else len(names)))
    with naming_places(resolved), quotes_missed(View, view.runs, view.studies):
        try:
            if any(is_sweep(name, view.runs) for name in names):
                view.check(len(names))
                return _trainings(names, view)
            _show(names, view, study)
        except OtherKindError as error:
            return _open_elsewhere(error, names, view)
    return 0


def _open_elsewhere(error: OtherKindError, names: Sequence[str], view: View) -> int:
    """Show a folder of another kind with what knows it. Raises `UsageError` where nothing does, or more is asked."""
    if error.kind == EVALUATION:
        from sandbox.commands.evaluation_show import show_evaluations

        return show_evaluations(names, view)
    if error.kind == TRAINING:
        return _trainings(names, view)
    if error.kind == RATING:
        from sandbox.commands.rating_show import show_rating

        return show_rating(names, view)
    if error.kind == ANNOTATION:
        from sandbox.commands.annotation_show import show_annotation

        return show_annotation(error.path, names, view)
    if error.kind != EXPORT_KIND:
        raise error
    if len(names) > 1 or view != View(runs=view.runs, studies=view.studies, json=view.json, debug=view.debug):
        raise UsageError(
            f"{error.path} is a training set, and no run.\nLook at it: sandbox inspect {typed(error.path)}"
        )
    from sandbox.commands.check import run_check
    from sandbox.export.options import ExportOptions

    return run_check(error.path, ExportOptions(json=view.json))


def _trainings(names: Sequence[str], view: View) -> int:
    from sandbox.commands.training_show import show_trainings

    return show_trainings(names, view)


def _study_alone(names: Sequence[str], view: View) -> Study | None:
    """The study whose runs are to be listed, or browsed, where `view` asks for nothing else."""
    if len(names) != 1 or view.of_a_run or view.table or view.schema:
        return None
    return study_named(names[0], view.runs, view.studies)


def _show(names: Sequence[str], view: View, study: Study | None) -> None:
    view.check(0 if study else len(names))
    if view.schema:
        from sandbox.commands.schemas import SCHEMAS

        write_json({file: kind.model_json_schema() for file, kind in SCHEMAS.items()})
    elif view.browse:
        _browse(names, view, study)
    elif study:
        _deliver(list_of_cells(study, view), view)
    elif not names:
        _deliver(list_of_runs(view), view)
    else:
        runs = scored(runs_named(names, view.runs, view.studies), view.scores)
        view.check(len(runs))
        _runs(runs, view)


def _runs(runs: Sequence[Run], view: View) -> None:
    if view.interaction and len(runs) == 1:
        with alive(f"Looking for {view.interaction}"):
            answer = _interaction(runs[0], view.interaction, view)
        _deliver(answer.noted(scores_note(runs)), view)
        return
    from sandbox.commands.figures import show_figures

    with alive("Counting lines"):
        warnings = [warning for run in runs for warning in run.warnings()]
    for warning in warnings:
        warn(warning)
    show_figures(runs, view)


def _deliver(answer: Answer, view: View) -> None:
    deliver(answer, json=view.json, csv=view.csv, table=view.table)


def _interaction(run: Run, wanted: str, view: View) -> Answer:
    found = find_interaction(run, wanted)
    if view.prompts:
        return _prompts(run, found)
    seen = run.manifest.config.evaluator_view
    return Answer(document=lambda: found.model_dump(mode="json"), shown=lambda: [interaction_story(found, seen)])


def _prompts(run: Run, found: Interaction) -> Answer:
    from sandbox.inspection.prompts_sent import prompts_sent  # brings templates and agents

    sent = list(prompts_sent(run, found))
    return Answer(
        document=lambda: {**found.model_dump(mode="json"), "prompts": [each.document() for each in sent]},
        shown=lambda: [prompts_story(sent)],
    )


def _browse(names: Sequence[str], view: View, study: Study | None) -> None:
    from sandbox.inspection.browser.app import browse

    run = open_run(names[0], view.runs, view.studies) if names and not study else None
    browse(study.folder.runs if study else view.runs, run)
