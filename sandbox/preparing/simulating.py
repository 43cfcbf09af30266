"""A simulation before its first call: its options, the run to go on with, what must be agreed to, what is said of it.

Asks nobody and prints nothing: what should be known is reported.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.calls.price_offers import hint
from sandbox.errors import UsageError
from sandbox.figures.killed import counted
from sandbox.options.completion import STUDIES, STUDIES_VARIABLE
from sandbox.options.config import Config
from sandbox.options.consistency import resolve_config
from sandbox.options.file import OptionFile
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.options.speakers import speakers
from sandbox.preparing.continued_options import said_now
from sandbox.progress.events import Finished, Note, Report
from sandbox.runs.directory import RunDirectory
from sandbox.runs.reading import Run, open_run
from sandbox.runs.training.adapters import check_same
from sandbox.simulation.agreement import Agreement
from sandbox.simulation.own_word import what_counts
from sandbox.simulation.resumption import (
    changed_elsewhere,
    check_options,
    check_same_experiment,
    lacks_vectors,
    without_lost_prices,
)
from sandbox.simulation.simulation import ended_as
from sandbox.society.composition import sentences, unlike_training
from sandbox.society.plan import Plan, make_plan


@dataclass(frozen=True)
class Asked:
    """What is asked for: options, and the run to go on with, of which something may have to be agreed to."""

    resolved: Resolved[Config]
    run: Run | None = None
    agreement: Agreement | None = None

    @property
    def directory(self) -> RunDirectory | None:
        """That of the run to go on with."""
        return self.run.directory if self.run else None

    @property
    def done(self) -> int:
        """How many calls are paid: what a stranger says was paid makes nothing cheaper."""
        own = self.run and self.agreement and not self.agreement.is_needed
        return counted(self.run).manifest.totals.calls if self.run and own else 0

    def reading(self) -> Iterator[Note]:
        """That questions are read, where that may take long."""
        if not self.directory or not self.directory.questions.exists():
            yield Note(f"Reading questions from {self.resolved.config.questions}.")

    def plan(self) -> Plan:
        """The plan. Raises `UsageError`, `SandboxError` for what it cannot be made of."""
        return make_plan(self.resolved.config, self.run)

    def settle(self, plan: Plan, report: Report, *, dry_run: bool = False) -> None:
        """Report what is otherwise than before, or could be.

        Raises `SandboxError` where `plan` cannot go on, or nobody agreed to it.
        """
        if self.agreement:
            _settle(self.resolved, self.agreement, plan, report, dry_run=dry_run)
        if said := hint(plan.prices, [each.name for each in speakers(plan.config)]):
            report(Note(said))


def asked(flags: Mapping[str, Any], file: OptionFile | None, resume: str | None, words: Sequence[str]) -> Asked:
    """What options come to, for a new run or for the one called `resume`.

    `words` are those of a command that asks for the same, but for --dry-run. Raises `UsageError`, and `SandboxError`
    where a file would be read by nobody's word who may say so.
    """
    if resume and flags.get("run_id"):
        raise UsageError("--resume goes on with a run under its own name: leave out --run-id.")
    if resume:
        return _resumed(flags, file, opened(flags, file, resume), words)
    resolved = resolve_config(flags, file)
    if resolved.config.retry_failed:
        with naming_places(resolved):
            raise UsageError("--retry-failed asks calls of an earlier run again: name it with --resume RUN.")
    return Asked(resolved)


def opened(flags: Mapping[str, Any], file: OptionFile | None, name: str) -> Run:
    """The run called `name`. Raises `UsageError` where there is none."""
    runs = resolve(Config, flags, file, only={"runs"}).config.runs
    return open_run(name, Path(runs), Path(os.environ.get(STUDIES_VARIABLE) or STUDIES))


def composition(plan: Plan) -> Iterator[Note]:
    """What the society is made of, and what of it does not fit."""
    yield from map(Note, sentences(plan))
    yield from (Note(said, warning=True) for said in unlike_training(plan))


def left_alone(run: Run) -> Iterator[Note | Finished]:
    """That there is nothing to do, and how `run` ended."""
    totals = run.manifest.totals
    there = f"{totals.calls} calls and {totals.planned} interactions are there already."
    yield Note(f"{there} Nothing is left to be done, and nothing was changed.")
    yield ended_as(run.manifest, run.directory.path)


def _resumed(flags: Mapping[str, Any], file: OptionFile | None, run: Run, words: Sequence[str]) -> Asked:
    """`run` as it goes on."""
    before = what_counts(run)
    resolved = resolve_config(flags, file, before=before)
    with naming_places(resolved):
        check_options(before.config, resolved.config, run.manifest.run_id)
    config = without_lost_prices(before.config, resolved.config)
    agreement = Agreement(run, config, said_now(flags, resolved), words)
    agreement.check_files()
    return Asked(replace(resolved, config=config), run, agreement)


def _settle(resolved: Resolved[Config], agreement: Agreement, plan: Plan, report: Report, *, dry_run: bool) -> None:
    run, before = agreement.run, what_counts(agreement.run)
    if changed := changed_elsewhere(before.config, resolved, run.manifest.run_id):
        report(Note(changed, warning=True))
    for given, known in plan.adapters.items():
        check_same(given, known, f"Run {run.manifest.run_id}")
    if not agreement.is_needed:
        return
    check_same_experiment(plan, run.manifest)  # else it would be told after all was agreed to
    agreement = replace(agreement, embeds=lacks_vectors(plan, run.directory))
    if not dry_run:
        agreement.check()
    if told := agreement.refusal if agreement.is_lacking else agreement.lost:
        report(Note(told, warning=True))
