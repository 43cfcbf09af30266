"""A report of an analysis: one HTML file with sentences, a picture and tables, which asks nobody for anything.

Knows how the page is put together. The same findings give the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.inspection.analysis.view import warning_of
from sandbox.inspection.report.found import found
from sandbox.inspection.report.parts import check_new, environment, file_of_page, policy, write_page
from sandbox.sheet import Cell, Sheet


def write_analysis_report(findings: Findings, pools: Sequence[Pool], path: Path) -> int:
    """Write the report of `findings` of `pools` into the new file `path`; its size in bytes.

    Raises `UsageError` for a file that is there already or cannot be written.
    """
    check_new(path)
    css = file_of_page("page.css")
    page = (
        environment()
        .get_template("analysis.html.jinja")
        .render(
            policy=policy(css),
            css=Markup(css),  # noqa: S704 - a file of ours
            warning=warning_of(pools),
            found=found(findings, pools),
            runs=_runs(pools),
        )
        .encode(errors="replace")
    )
    write_page(path, page)
    return len(page)


def _runs(pools: Sequence[Pool]) -> Sheet:
    rows: list[list[Cell]] = [
        [pool.name, run.name, run.status, run.manifest.seed] for pool in pools for run in pool.runs
    ]
    return Sheet("runs", ("condition", "run", "status", "seed"), rows, texts=frozenset({"condition", "run", "status"}))
