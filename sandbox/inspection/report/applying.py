"""The analyses that a report has without being asked: those for which a log has something. Computes nothing itself."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from sandbox.analysis.defaults import approver_of, groups_by, has_keys
from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool, pooled
from sandbox.errors import UsageError
from sandbox.inspection.analysis.options import ParetoView, SophistryView
from sandbox.inspection.report.found import Found, found
from sandbox.inspection.study_view import Pooled
from sandbox.runs.annotation.reading import annotations_of
from sandbox.runs.rating.reading import ratings_of
from sandbox.runs.reading import Run


def of_run(run: Run) -> list[Found]:
    """Of a run whose log holds interactions: what its observer is worth, and what keys and groups show."""
    pools = [Pool(run.name, [run])]
    return [found(each, pools) for each in _findings(run, pools)]


def of_study(study: Pooled) -> list[Found]:
    """Of a study with complete cells: which conditions no other beats."""
    from sandbox.analysis.pareto import analyse

    cells = [(each.cell, study.figures.study.cell_run(each.cell).run) for each in study.figures.complete]
    pools = pooled([(cell, run) for cell, run in cells if run], study.by)
    view = ParetoView()
    return [found(analyse(pools, target=view.targets(), window=view.window), pools)] if pools else []


def _findings(run: Run, pools: Sequence[Pool]) -> Iterator[Findings]:
    if has_keys(run):
        from sandbox.analysis.sophistry.analysis import analyse as sophistry

        with suppress(UsageError):
            yield sophistry(pools, tau=SophistryView().tau, approver=approver_of(pools), gold=None)
    if run.manifest.population:
        from sandbox.analysis.representation.analysis import analyse as representation

        with suppress(UsageError):
            yield representation(pools, by=groups_by(pools))
    from sandbox.analysis.observer.analysis import analyse as observer

    yield observer(pools, ratings=ratings_of(run), annotations=[*annotations_of(run)])
