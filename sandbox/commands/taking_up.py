"""A run that `simulate --resume` takes up again: which options hold, and what is said before anything is asked."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.options.config import Config
from sandbox.options.consistency import resolve_config
from sandbox.options.resolution import Resolved, naming_places
from sandbox.progress.display import Display
from sandbox.progress.events import Note
from sandbox.runs.reading import Run
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
from sandbox.society.plan import Plan


def resolve_again(flags: Mapping[str, Any], file: Path | None, run: Run) -> tuple[Resolved[Config], Agreement]:
    """The configuration of `run` as it goes on, and what its user must agree to.

    Raises `UsageError`, and `SandboxError` where a file would be read by nobody's word who may say so.
    """
    before = what_counts(run)
    resolved = resolve_config(flags, file, before=before)
    with naming_places(resolved):
        check_options(before.config, resolved.config, run.manifest.run_id)
    config = without_lost_prices(before.config, resolved.config)
    said = {name for name, value in flags.items() if value is not None} | resolved.places.keys()
    words = ["sandbox", *(word for word in sys.argv[1:] if word != "--dry-run")]
    agreement = Agreement(run, config, said, words)
    agreement.check_files()
    return replace(resolved, config=config), agreement


def settle(resolved: Resolved[Config], agreement: Agreement, plan: Plan, display: Display, *, dry_run: bool) -> None:
    """Tell what is otherwise than before. Raises `SandboxError` where `plan` cannot go on, or nobody agreed to it."""
    run, before = agreement.run, what_counts(agreement.run)
    if changed := changed_elsewhere(before.config, resolved, run.manifest.run_id):
        display.show(Note(changed, warning=True))
    for given, known in plan.adapters.items():
        check_same(given, known, f"Run {run.manifest.run_id}")
    if not agreement.is_needed:
        return
    check_same_experiment(plan, run.manifest)  # else it would be told after all was agreed to
    agreement = replace(agreement, embeds=lacks_vectors(plan, run.directory))
    if not dry_run:
        agreement.check()
    if told := agreement.refusal if agreement.is_lacking else agreement.lost:
        display.show(Note(told, warning=True))
