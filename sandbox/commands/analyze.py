"""`sandbox analyze`: which runs, one of four questions to them, and where the answer goes. Reads alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sandbox.analysis.defaults import approver_of, groups_by
from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.commands.pictures import picture_place, write_picture
from sandbox.commands.pools_named import pools_named
from sandbox.commands.unquoted import quotes_missed
from sandbox.errors import UsageError
from sandbox.inspection.analysis.options import (
    AnalysisView,
    ObserverView,
    ParetoView,
    RepresentationView,
    SophistryView,
)
from sandbox.inspection.analysis.view import findings_answer, noted
from sandbox.inspection.output import deliver
from sandbox.options.resolution import naming_places, resolve
from sandbox.progress.alive import alive
from sandbox.runs.rating.given import scores_note
from sandbox.runs.reading import open_run
from sandbox.terminal import error_console, plain, warn
from sandbox.text import bytes_shown

V = TypeVar("V", bound=AnalysisView)


def run_sophistry(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """Whether approval rose where correctness did not; the exit code."""
    return _run(SophistryView, names, flags, file, _sophistry)


def run_representation(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """How groups rate and are rated; the exit code."""
    return _run(RepresentationView, names, flags, file, _representation)


def run_observer(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """How far the observer's ratings can be relied on; the exit code. With --again texts are rated first."""
    view = resolve(ObserverView, flags, file).config
    if view.again and (code := _again(names, view, view.again)):
        return code
    return _run(ObserverView, names, flags, file, _observer)


def _again(names: Sequence[str], view: ObserverView, texts: int) -> int:
    from sandbox.commands.rating_again import rate_again  # brings what makes calls

    view.check()
    _check_place(view)
    if len(names) > 1:
        raise UsageError("--again has the texts of one run rated: name one.")
    return rate_again(open_run(names[0], view.runs, view.studies), texts, yes=view.yes)


def run_pareto(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """Which conditions no other beats, and how soon they reach a target; the exit code."""
    return _run(ParetoView, names, flags, file, _pareto)


def _run(
    kind: type[V],
    names: Sequence[str],
    flags: Mapping[str, Any],
    file: Path | None,
    analyse: Callable[[Sequence[Pool], V], Findings],
) -> int:
    resolved = resolve(kind, flags, file)
    view = resolved.config
    with naming_places(resolved), quotes_missed(kind, view.runs, view.studies):
        view.check()
        _check_place(view)
        with alive(f"Reading {', '.join(names)}"):
            pools = pools_named(names, view)
            findings = noted(analyse(pools, view), scores_note([run for pool in pools for run in pool.runs]))
        _show(findings, pools, view)
    return 0


def _check_place(view: AnalysisView) -> None:
    """Raises `UsageError` where what is asked for cannot be written, before anything is read or paid."""
    if view.html:
        from sandbox.inspection.report.parts import check_new

        check_new(view.html)
    elif view.plot:
        picture_place(view.analysis, view.output, flag="--plot")


def _show(findings: Findings, pools: Sequence[Pool], view: AnalysisView) -> None:
    if view.html:
        from sandbox.inspection.report.analysis_page import write_analysis_report

        size = write_analysis_report(findings, pools, view.html)
        error_console().print(plain(f"{view.html} is written: {bytes_shown(size)}."))
    elif view.plot:
        from sandbox.inspection.analysis.pictures import picture_of

        write_picture(findings.name, view.output, lambda form: picture_of(findings, form), flag="--plot")
    else:
        deliver(findings_answer(findings, pools, view.table), json=view.json, csv=view.csv)


def _sophistry(pools: Sequence[Pool], view: SophistryView) -> Findings:
    from sandbox.analysis.sophistry.analysis import analyse
    from sandbox.questions.keys import read_keys

    return analyse(
        pools,
        tau=view.tau,
        approver=view.approver or approver_of(pools),
        gold=read_keys(view.gold) if view.gold else None,
        judged=view.judged,
    )


def _representation(pools: Sequence[Pool], view: RepresentationView) -> Findings:
    from sandbox.analysis.representation.analysis import analyse

    return analyse(pools, by=view.by or groups_by(pools))


def _observer(pools: Sequence[Pool], view: ObserverView) -> Findings:
    from sandbox.analysis.observer.analysis import analyse
    from sandbox.commands.raters_named import raters_named

    found = raters_named([run for pool in pools for run in pool.runs], view.with_)
    ratings = [rating for rating in found.ratings if rating.name != view.scores]
    for warning in (warning for rating in ratings for warning in rating.warnings()):
        warn(warning)
    return analyse(pools, ratings=ratings, annotations=found.annotations)


def _pareto(pools: Sequence[Pool], view: ParetoView) -> Findings:
    from sandbox.analysis.pareto import analyse

    return analyse(pools, target=view.targets(), window=view.window)
