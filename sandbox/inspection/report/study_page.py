"""A report of a study: one HTML file with its figures and its tables, which asks nobody for anything.

Knows how the page is put together. The same study gives the same bytes.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from markupsafe import Markup

from sandbox.figures.study.sheets import cells_sheet
from sandbox.inspection.report import made
from sandbox.inspection.report.applying import of_study
from sandbox.inspection.report.parts import Picture, check_new, drawn, environment, file_of_page, policy, write_page
from sandbox.inspection.study_options import StudyPlot
from sandbox.inspection.study_plots import study_plot
from sandbox.inspection.study_view import Pooled, pooled_sheets, study_lines
from sandbox.text import SCRIPTED_NOTE

_SAYS: Final[Mapping[StudyPlot, str]] = {
    "conditions": "Mean alignment against mean engagement of revisions, a curve a condition with its band over cells",
    "rounds": "Mean alignment of revisions by round, a curve a condition with its band over cells",
    "pareto": "Where conditions end, a point each with its intervals, and the front of them",
}


def write_study_report(study: Pooled, path: Path) -> int:
    """Write the report of `study` into the new file `path`; its size in bytes.

    Raises `UsageError` for a file that is there already or cannot be written.
    """
    check_new(path)
    css = file_of_page("page.css")
    page = (
        environment()
        .get_template("study.html.jinja")
        .render(
            policy=policy(css),
            css=Markup(css),  # noqa: S704 - a file of ours
            name=study.figures.study.record.name,
            warning=SCRIPTED_NOTE if study.scripted else None,
            notes=[line for line in study_lines(study) if line != SCRIPTED_NOTE] + list(study.figures.warnings),
            pictures=list(_pictures(study)) if study.figures.complete else [],
            analyses=of_study(study),
            conditions=list(pooled_sheets(study)),
            made=made.of_study(study.figures.study),
            cells=cells_sheet(study.figures),
        )
        .encode()
    )
    write_page(path, page)
    return len(page)


def _pictures(study: Pooled) -> Iterator[Picture]:
    for what, says in _SAYS.items():
        yield drawn(says, partial(_plot, study, what))


def _plot(study: Pooled, what: StudyPlot, dark: bool) -> bytes:
    return study_plot(study, what, "svg", dark=dark)
