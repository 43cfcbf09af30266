"""A study before its first call: all of its cells planned, and what is left of them to be done.

Asks nobody and prints nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.calls.costly import costly
from sandbox.errors import UsageError
from sandbox.options.resolution import Source, flag_shown, merged, variables
from sandbox.studies.backends.ray_start import check_ray
from sandbox.studies.finding import Found
from sandbox.studies.forecast import left
from sandbox.studies.options import StudyOptions
from sandbox.studies.planning import PlannedCell, StudyPlan, missing_keys, plan_study
from sandbox.studies.settings import source_of
from sandbox.studies.task import Task


@dataclass(frozen=True)
class Asked:
    """What is asked for: options, the plan of the study, and those of its `cells` that are meant."""

    options: StudyOptions
    plan: StudyPlan
    cells: Sequence[PlannedCell]

    def tasks(self) -> list[Task]:
        """What is to be done: cells that are not, and with --retry-failed those in which something failed.

        Raises `UsageError` where keys are missing that these need.
        """
        retry = self.options.retry_failed
        due = [each for each in self.cells if not each.is_done or (retry and _has_failed(each))]
        if missing := missing_keys(due):
            these = "it" if len(missing) == 1 else "them"
            raise UsageError(
                f"{', '.join(missing)}: no key is there, and cells need {these}. Set {these}, and try again."
            )
        return [Task.of(each, self.plan.folder, retry_failed=retry) for each in due]

    def cost(self) -> str | None:
        """That what is left is expensive; None where it is not, or is agreed to."""
        if self.options.yes or not (cost := left(self.cells).cost_usd):
            return None
        most = self.options.budget_usd or float("inf")
        return costly("This study", *(min(each, most) for each in cost))


def asked(found: Found, flags: Mapping[str, Any]) -> Asked:
    """The study `found`, by options. Raises `UsageError` for what cannot be, in any cell."""
    options = _resolved(flags, found)
    _check_backend(options)
    before = found.record.cells if found.record else ()
    plan = plan_study(found.file, found.folder, before, costs=options.budget_usd is not None)
    return Asked(options, plan, _chosen(plan, options))


def _resolved(flags: Mapping[str, Any], found: Found) -> StudyOptions:
    """What flags say beats variables, and these beat the file."""
    given = {name: value for name, value in flags.items() if value is not None}
    of_file = source_of(found.file.budget)
    return merged(StudyOptions, [of_file, variables(StudyOptions), Source("flag", given, flag_shown)]).config


def _check_backend(options: StudyOptions) -> None:
    """Raises `UsageError` where cells cannot run as they should."""
    if options.on == "ray":
        check_ray(options.address)
    elif options.address:
        raise UsageError(f"--address {options.address} is of a Ray cluster: it needs --on ray.")


def _chosen(plan: StudyPlan, options: StudyOptions) -> Sequence[PlannedCell]:
    if options.cell is None:
        return plan.cells
    found = [each for each in plan.cells if each.cell.index == options.cell]
    if not found:
        last = max(each.cell.index for each in plan.cells)
        raise UsageError(f"--cell {options.cell}: {plan.file.name} has no such cell: they go from 0 to {last}.")
    return found


def _has_failed(planned: PlannedCell) -> bool:
    return planned.run is not None and planned.run.manifest.totals.failed > 0
