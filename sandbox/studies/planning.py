"""All cells of a study, worked out before the first call: every mistake in any of them is found here.

Reads question sets, templates and prices once, and manifests of cells that were begun. Asks no model, embeds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from sandbox.calls.forecast import Forecast
from sandbox.calls.keys import is_missing, variable_of
from sandbox.calls.routes import Routes
from sandbox.calls.union import Union
from sandbox.embedders import open_cached
from sandbox.errors import SandboxError, UsageError
from sandbox.options.config import Config
from sandbox.options.consistency import consistent
from sandbox.options.resolution import Resolved, merged, variables
from sandbox.options.speakers import speakers
from sandbox.runs.reading import Run
from sandbox.runs.study import Cell, StudyFolder
from sandbox.simulation.resumption import check_options, check_same_experiment
from sandbox.society.fingerprint import fingerprint
from sandbox.society.plan import Plan, make_plan
from sandbox.society.sources import Sources
from sandbox.studies.cells import numbered, shown_values
from sandbox.studies.matrix import Combination, combinations
from sandbox.studies.settings import StudyFile, source_of

_OTHER_STUDY: Final = "Put back what it was made with, or give the study another name."


class PlannedCell(NamedTuple):
    """A cell, the options of its run and where they came from, what it will take, and its run if it was begun."""

    cell: Cell
    config: Config
    origins: Mapping[str, str]
    forecast: Forecast
    missing_keys: frozenset[str]
    run: Run | None
    routes: Routes

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be done, but perhaps to ask again what failed."""
        return (
            self.run is not None
            and self.run.manifest.status == "complete"
            and self.run.manifest.config.rounds >= self.config.rounds
        )

    @property
    def made(self) -> int:
        """Calls that were made."""
        return self.run.manifest.totals.calls if self.run else 0


@dataclass(frozen=True)
class StudyPlan:
    """`cells` in order of index, and `retired` ones; `sources` are what their plans were made from."""

    file: StudyFile
    folder: StudyFolder
    cells: Sequence[PlannedCell]
    retired: Sequence[Cell]
    sources: Sources = field(repr=False)


def plan_study(study: StudyFile, folder: StudyFolder, before: Sequence[Cell], *, costs: bool) -> StudyPlan:
    """Work out every cell of `study`, whose folder has the cells `before`. Raises `UsageError`, `SandboxError`.

    With `costs`, there must be a price for every model.
    """
    planner = _Planner(study, folder, costs=costs)
    found = [planner.look(each) for each in combinations(study)]
    planner.check_distinct(found)
    cells, retired = numbered([(each.combination, each.fingerprint) for each in found], before)
    both = sorted(zip(cells, found, strict=True), key=lambda pair: pair[0].index)
    plan = StudyPlan(study, folder, [planner.planned(*pair) for pair in both], retired, planner.sources)
    Union(each.routes for each in plan.cells)  # else they are at odds about an endpoint that they have in common
    return plan


class _Looked(NamedTuple):
    """A combination, the options that it comes to, and what identifies its results."""

    combination: Combination
    resolved: Resolved[Config]
    fingerprint: str
    forecast: Forecast
    missing_keys: frozenset[str]
    routes: Routes


class _Planner:
    def __init__(self, study: StudyFile, folder: StudyFolder, *, costs: bool) -> None:
        self._study: Final = study
        self._folder: Final = folder
        self._common: Final = [source_of(study.base), variables(Config)]
        self._costs: Final = costs
        self._digest: Final = cache(lambda name: open_cached(name).digest)
        self.sources: Final = Sources()

    def look(self, combination: Combination) -> _Looked:
        """Resolve and plan it. Raises `UsageError` that says which cell it is of."""
        try:
            resolved = self._resolved(combination)
            plan = make_plan(resolved.config, None, self.sources)
            if self._costs:
                self.sources.prices(plan.config.prices, [each.name for each in speakers(plan.config)])
            digest = self._digest(plan.config.embedder)
        except UsageError as error:
            first, *others = str(error).splitlines()
            first += f" (cell {shown_values(combination.values)} of {self._study.path})"
            raise UsageError("\n".join([first, *others])) from error
        return _Looked(combination, resolved, fingerprint(plan, digest), plan.forecast, _missing(plan), plan.routes)

    def _resolved(self, combination: Combination) -> Resolved[Config]:
        """What the matrix says beats variables, and these beat what is the same for all cells."""
        resolved = consistent(merged(Config, [*self._common, source_of(combination.sets)]))
        if resolved.config.society and "model" in combination.sets:
            at = combination.sets["model"].place
            raise UsageError(f"{at}: model and [[society.models]] contradict each other: leave one of them out.")
        return resolved

    def check_distinct(self, found: Sequence[_Looked]) -> None:
        """Raises `UsageError` where two cells would ask the same."""
        first: dict[str, _Looked] = {}
        for each in found:
            other = first.setdefault(each.fingerprint, each)
            if other is not each:
                one, two = (shown_values(cell.combination.values) for cell in (other, each))
                rounds = {cell.resolved.config.rounds for cell in (other, each)}
                why = " (a longer run begins with the same interactions)" if len(rounds) > 1 else ""
                raise UsageError(
                    f"{self._study.path}: {one} and {two} ask the same{why}.\n"
                    "Leave one of them out: nothing can be compared, and all would be paid twice."
                )

    def planned(self, cell: Cell, looked: _Looked) -> PlannedCell:
        """With its run, if it was begun. Raises `UsageError` that names the option where that is another one.

        A run that cannot be read stops nobody else: its cell says so when its turn comes.
        """
        self._folder.refuse_links(cell)
        try:
            run = self._folder.run(cell)
        except SandboxError:
            run = None
        config = looked.resolved.config
        if run:
            self._check_same(cell, config, run)
        cell = cell.model_copy(update={"rounds": config.rounds})
        return PlannedCell(
            cell, config, looked.resolved.origins, looked.forecast, looked.missing_keys, run, looked.routes
        )

    def _check_same(self, cell: Cell, config: Config, run: Run) -> None:
        """Raises `UsageError` that names what `run` was made with and `cell` is not."""
        try:
            check_options(run.manifest.config, config, run.manifest.run_id)
            if run.manifest.fingerprint == cell.fingerprint:
                return
            check_same_experiment(make_plan(config, None, self.sources), run.manifest)
        except UsageError as error:
            what, *_ = str(error).splitlines()
            raise UsageError(f"{what}\n{_OTHER_STUDY}") from error
        raise UsageError(
            f"Run {run.manifest.run_id} cannot be continued: --embedder {config.embedder} is another model than it was."
            f"\n{_OTHER_STUDY}"
        )


def _missing(plan: Plan) -> frozenset[str]:
    """Variables without a key that is needed."""
    return frozenset(variable_of(route) for route in plan.routes.models if is_missing(route, plan.config))


def missing_keys(cells: Sequence[PlannedCell]) -> list[str]:
    """Variables of keys that cells need and that are not set."""
    return sorted(set().union(*(each.missing_keys for each in cells)))
