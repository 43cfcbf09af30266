"""How far a run came that was killed: its files say it, the manifest was written some time before.

Knows no run that ended by itself, whose manifest is right.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sandbox.calls.tally import Tally
from sandbox.runs.any_manifest import M
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.manifest import AttemptEntry, Totals
from sandbox.runs.newer import SCHEMA
from sandbox.runs.reading import Run
from sandbox.society.tally import tallied

KILLED_NOTE = "It was killed: what is counted here is what its journal and its log hold."


class InLog(NamedTuple):
    """What is failed, how many answers and ratings are missing, and what is finished, failed or not."""

    failed: int
    missing: int
    finished: int


def was_killed(run: Run) -> bool:
    """Whether it says that it is running, and nobody works on it."""
    return run.status == "interrupted" and run.schema == SCHEMA


def counted(run: Run) -> Run:
    """`run`; if it was killed, with the counts of its files in its manifest. Raises `SandboxError`."""
    if not was_killed(run):
        return run
    tally = tallied(run.directory, run.manifest)
    return run._replace(manifest=true_manifest(run.manifest, tally, _in_log(run)))


def _totals(before: Totals, tally: Tally, held: InLog, earlier: float) -> Totals:
    accounts = tally.accounts
    return before.model_copy(
        update={
            "complete": held.finished - held.failed,
            "failed": held.failed,
            "calls": accounts.paid_calls,
            "tries": accounts.tries,
            "prompt_tokens": accounts.prompt_tokens,
            "completion_tokens": accounts.completion_tokens,
            "calls_without_usage": accounts.calls_without_usage,
            "cost_usd": accounts.cost_usd,
            "missing_ratings": held.missing,
            "wall_seconds": round(earlier + tally.last_seconds, 3),
            "calls_with_thinking": accounts.calls_with_thinking,
            "calls_cut_while_thinking": accounts.calls_cut_while_thinking,
            "calls_with_marks": accounts.calls_with_marks,
            "cached": accounts.cached,
        }
    )


def _in_log(run: Run) -> InLog:
    """Of whole rounds as summed up, then one by one."""
    rounds = run.rounds()
    failed, missing = sum(each.failed for each in rounds), sum(each.missing for each in rounds)
    number = whole = len(rounds) * run.manifest.config.agents
    for number, line in raw_lines(run.directory.interactions):
        if number > whole:
            interaction = run.interaction(number, line)
            failed += interaction.failed is not None
            missing += interaction.missing_ratings
    return InLog(failed, missing, number)


def true_manifest(manifest: M, tally: Tally, held: InLog) -> M:
    """`manifest` with the counts of journal and log."""
    totals = _totals(manifest.totals, tally, held, sum(each.wall_seconds for each in manifest.attempts[:-1]))
    models = tally.answered(manifest.models)
    attempts = _attempts(manifest.attempts, tally, totals)
    return manifest.model_copy(update={"totals": totals, "models": models, "attempts": attempts})


def _attempts(attempts: Sequence[AttemptEntry], tally: Tally, totals: Totals) -> tuple[AttemptEntry, ...]:
    """The last one is what the others leave of all."""
    earlier, last = attempts[:-1], attempts[-1:]
    told = {
        "calls": max(0, totals.calls - sum(each.calls for each in earlier)),
        "tries": max(0, totals.tries - sum(each.tries for each in earlier)),
        "wall_seconds": round(tally.last_seconds, 3),
    }
    return (*earlier, *(each.model_copy(update=told) for each in last))
