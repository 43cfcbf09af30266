"""How far a run came that was killed: its files say it, the manifest was written some time before.

Knows no run that ended by itself, whose manifest is right.
"""

from sandbox.runs.json_lines import raw_lines
from sandbox.runs.manifest import Manifest, Totals
from sandbox.runs.newer import SCHEMA
from sandbox.runs.reading import Run
from sandbox.society.tally import Tally, tallied

KILLED_NOTE = "It was killed: what is counted here is what its journal and its log hold."


def was_killed(run: Run) -> bool:
    """Whether it says that it is running, and nobody works on it."""
    return run.status == "interrupted" and run.schema == SCHEMA


def counted(run: Run) -> Run:
    """`run`; if it was killed, with the counts of its files in its manifest. Raises `SandboxError`."""
    if not was_killed(run):
        return run
    tally = tallied(run.directory, run.manifest)
    return run._replace(manifest=_true(run.manifest, tally, _totals(run, tally)))


def _totals(run: Run, tally: Tally) -> Totals:
    accounts, earlier = tally.accounts, run.manifest.attempts[:-1]
    failed, missing, finished = _in_log(run)
    return run.manifest.totals.model_copy(
        update={
            "complete": finished - failed,
            "failed": failed,
            "calls": accounts.paid_calls,
            "tries": accounts.tries,
            "prompt_tokens": accounts.prompt_tokens,
            "completion_tokens": accounts.completion_tokens,
            "calls_without_usage": accounts.calls_without_usage,
            "cost_usd": accounts.cost_usd,
            "missing_ratings": missing,
            "wall_seconds": round(sum(each.wall_seconds for each in earlier) + tally.last_seconds, 3),
            "calls_with_thinking": accounts.calls_with_thinking,
            "calls_cut_while_thinking": accounts.calls_cut_while_thinking,
            "calls_with_marks": accounts.calls_with_marks,
        }
    )


def _in_log(run: Run) -> tuple[int, int, int]:
    """Failed interactions, missing ratings, and all interactions: of whole rounds as summed up, then one by one."""
    rounds = run.rounds()
    failed, missing = sum(each.failed for each in rounds), sum(each.missing for each in rounds)
    number = whole = len(rounds) * run.manifest.config.agents
    for number, line in raw_lines(run.directory.interactions):
        if number > whole:
            interaction = run.interaction(number, line)
            failed += interaction.failed is not None
            missing += interaction.missing_ratings
    return failed, missing, number


def _true(manifest: Manifest, tally: Tally, totals: Totals) -> Manifest:
    earlier, last = manifest.attempts[:-1], manifest.attempts[-1:]
    told = {
        "calls": max(0, totals.calls - sum(each.calls for each in earlier)),
        "tries": max(0, totals.tries - sum(each.tries for each in earlier)),
        "wall_seconds": round(tally.last_seconds, 3),
    }
    models = tally.answered(manifest.models)
    attempts = (*earlier, *(each.model_copy(update=told) for each in last))
    return manifest.model_copy(update={"totals": totals, "models": models, "attempts": attempts})
