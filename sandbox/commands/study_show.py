"""`sandbox study show`: finds a study, reads what its cells came to, and shows it. Asks no model."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.errors import UsageError
from sandbox.figures.study.cells import figures_of
from sandbox.figures.study.table import write_table
from sandbox.inspection.output import Answer, chosen, deliver, tables
from sandbox.inspection.study_options import StudyView
from sandbox.inspection.study_view import Pooled, pooled, study_document, study_sheets, study_view
from sandbox.options.resolution import naming_places, resolve
from sandbox.progress.alive import alive
from sandbox.runs.named import study_path
from sandbox.runs.study import read_study
from sandbox.studies.finding import find_study
from sandbox.terminal import error_console, plain, warn
from sandbox.text import bytes_shown, typed


def run_show(name: str, flags: Mapping[str, Any], file: Path | None) -> int:
    """Show what the options ask of the study called `name`; the exit code."""
    resolved = resolve(StudyView, flags, file)
    with naming_places(resolved):
        _show(name, resolved.config)
    return 0


def study_folder(word: str, studies: Path) -> Path:
    """The folder of a study: it, its name in `studies`, or the TOML file that made it. Raises `UsageError`."""
    if path := study_path(word, studies):
        return path
    folder = find_study(word, studies).folder.path
    raise UsageError(f"{word}: nothing of it is in {folder} yet.\nBegin it: sandbox study run {typed(Path(word))}")


def _show(name: str, view: StudyView) -> None:
    view.check()
    folder = study_folder(name, view.studies)
    with alive(f"Reading {folder}"):
        figures = figures_of(read_study(folder))
        with suppress(OSError):  # a folder that is read-only can be looked at, too
            write_table(figures)
    for warning in figures.warnings:
        warn(warning)
    study = pooled(figures, view)
    if view.html:
        _report(study, view.html)
    elif view.plot:
        _plot(study, view)
    else:
        deliver(_answer(study, view.table), json=view.json, csv=view.csv, table=view.table)


def _answer(study: Pooled, table: str | None) -> Answer:
    return Answer(
        sheets=lambda: study_sheets(study),
        document=lambda: {"study": study_document(study), **tables(chosen(study_sheets(study), table))},
        shown=lambda: study_view(study),
    )


def _plot(study: Pooled, view: StudyView) -> None:
    from sandbox.commands.pictures import write_picture
    from sandbox.inspection.study_plots import study_plot

    kind = view.plot
    assert kind is not None
    write_picture(kind, view.output, lambda form: study_plot(study, kind, form))


def _report(study: Pooled, path: Path) -> None:
    from sandbox.inspection.report.study_page import write_study_report

    with alive(f"Writing {path}"):
        size = write_study_report(study, path)
    error_console().print(plain(f"{path} is written: {bytes_shown(size)}."))
