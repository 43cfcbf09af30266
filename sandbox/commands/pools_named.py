"""The conditions that `sandbox analyze` is given by name: a run is one, and a study as many as its axes tell.

Tells what it leaves out: cells that are not complete, and the round that a run has only begun.
"""

from collections.abc import Iterator, Sequence

from sandbox.analysis.pools import Pool, pooled, told_apart
from sandbox.commands.runs_named import cells_of, study_named
from sandbox.commands.scored import scored
from sandbox.errors import UsageError
from sandbox.figures.study.conditions import axes_named
from sandbox.inspection.analysis.options import AnalysisView
from sandbox.runs.json_lines import count_lines
from sandbox.runs.reading import Run, open_run
from sandbox.runs.study import Study
from sandbox.terminal import warn
from sandbox.text import counted


def pools_named(names: Sequence[str], view: AnalysisView) -> list[Pool]:
    """The conditions of the runs and studies called so, in this order. Raises `UsageError` where one cannot be."""
    found = {name: study_named(name, view.runs, view.studies) for name in names}
    studies = [study for study in found.values() if study]
    if view.conditions is not None and not studies:
        raise UsageError(f"--conditions {view.conditions}: its axes are those of a study, and none is named.")
    pools = [pool for name in names for pool in _pools(name, found[name], view, several=len(names) > 1)]
    pools = [_scored(pool, view.scores) for pool in pools]
    for warning in (warning for pool in pools for run in pool.runs for warning in run.warnings()):
        warn(warning)
    return told_apart(pools)


def _scored(pool: Pool, scores: str | None) -> Pool:
    runs = scored(pool.runs, scores)
    return Pool(pool.name + runs[0].scored_by, runs)


def _pools(name: str, study: Study | None, view: AnalysisView, *, several: bool) -> Iterator[Pool]:
    if study is None:
        run = open_run(name, view.runs, view.studies)
        yield Pool(run.name, [_as_far_as_whole(run)])
        return
    by = axes_named(study.record.all_axes, view.conditions, "--conditions")
    for pool in pooled(cells_of(study), by):
        yield pool._replace(name=f"{study.folder.name}: {pool.name}") if several else pool


def _as_far_as_whole(run: Run) -> Run:
    """`run` as far as its rounds are whole: what has begun may turn out otherwise. Raises `UsageError` if none is."""
    agents = run.manifest.config.agents
    rounds, begun = divmod(count_lines(run.directory.interactions), agents)
    if not rounds:
        raise UsageError(
            f"{run.name}: no round is whole yet, so there is nothing to analyse.\nWatch it: sandbox inspect"
        )
    if begun:
        warn(f"{run.name}: analysed as far as its first {counted(rounds, 'round')}; the next one is not whole.")
    return run._replace(until=rounds * agents)
