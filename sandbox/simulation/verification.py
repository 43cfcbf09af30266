"""Derives a run again from its journal, with no model, and compares it with its files.

For `--replay`, and for a complete run that is taken up again. Reads the run directory and changes nothing in it.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from memory import Memory, StoreError, VectorSpace
from memory.opening import read_whole
from sandbox.calls.accounts import Accounts
from sandbox.calls.known import KnownCalls
from sandbox.calls.replay import replay
from sandbox.calls.retry_failed import under_way
from sandbox.errors import SandboxError, of_either
from sandbox.options.config import Config
from sandbox.runs.compared import compare
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.locking import is_held
from sandbox.runs.newer import SCHEMA
from sandbox.runs.reading import Run
from sandbox.runs.records import CallKey, Interaction
from sandbox.runs.round_sums import RoundSums
from sandbox.simulation.agreement import Agreement
from sandbox.simulation.resumption import check_same_experiment
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan, make_plan
from sandbox.society.society import Society
from sandbox.society.tally import journal_of
from sandbox.text import typed


class Verified(NamedTuple):
    """A run that its journal gives again: how many calls and interactions that were."""

    calls: int
    interactions: int


def plan_of(run: Run) -> Plan:
    """The plan that `run` was made with, from what it kept; nothing of it will be paid. Raises `SandboxError`."""
    words = ("sandbox", "simulate", "--resume", str(run.directory.path))
    Agreement(run, run.manifest.config, words=words).check_files()
    plan = make_plan(replace(run.manifest.config, prices=None, budget_usd=None), run)
    check_same_experiment(plan, run.manifest)
    return plan


def is_whole(run: Run, wanted: Config) -> bool:
    """Whether `run` is complete as `wanted`, and its files are what its journal gives: nothing is left to be done."""
    manifest, directory = run.manifest, run.directory
    more = wanted.rounds > manifest.config.rounds or (wanted.retry_failed and manifest.totals.failed)
    if manifest.status != "complete" or run.schema < SCHEMA or more or is_held(directory):
        return False
    try:
        society = _verified(plan_of(run), directory)[0]
        return _is_summed_up(directory, society.world.size) and _is_remembered(directory, society)
    except (SandboxError, StoreError, OSError):
        return False  # what is wrong is told, or mended, by who takes the run up


def verify(plan: Plan, directory: RunDirectory) -> Verified:
    """Compare `interactions.jsonl` with what the journal gives. Raises `SandboxError`, naming the first difference."""
    return _verified(plan, directory)[1]


def _verified(plan: Plan, directory: RunDirectory) -> tuple[Society, Verified]:
    try:
        space = VectorSpace.load(directory.memory)
    except (StoreError, OSError) as error:
        raise SandboxError(f"The vectors of run {directory.name} cannot be read: {of_either(error)}") from error
    go_on = f"Go on with it: sandbox simulate --resume {typed(directory.path)}"
    if plan.config.retry_failed:
        raise under_way(directory.calls, go_on)
    society = cast_society(plan, space)
    with closing(KnownCalls(journal_of(directory))) as known:
        calls = len(known)
        derived = _derived(replay(society, plan.routes.count, known, Accounts(plan.prices)), known)
        compared = sum(1 for _ in compare(directory.interactions, ((each.id, each) for each in derived)))
    if society.released < society.planned:
        raise SandboxError(
            f"{directory.calls}: {_missing(society, plan.routes.count)} is not there: the run is not finished.\n{go_on}"
        )
    return society, Verified(calls, compared)


def _is_summed_up(directory: RunDirectory, size: int) -> bool:
    """Whether `rounds.jsonl` is what the log gives."""
    sums, lines = RoundSums(), []
    for interaction in read_lines(directory.interactions, Interaction):
        sums.add(interaction)
        if sums.interactions == size:
            lines.append(sums.summary(interaction.round).model_dump_json().encode() + b"\n")
            sums = RoundSums()
    wanted = b"".join(lines)
    return read_whole(directory.rounds, len(wanted)) == wanted


def _is_remembered(directory: RunDirectory, society: Society) -> bool:
    """Whether the memories of all agents are kept as they are at the end."""
    pairs = ((agent.memory, Memory.load(directory.memory_of(agent.number))) for agent in society.cast.agents)
    return all(memory.entries() == found.entries() for memory, found in pairs)


def _derived(batches: Iterator[list[Interaction]], known: KnownCalls[CallKey]) -> Iterator[Interaction]:
    for batch in batches:
        yield from batch
    known.refuse_unused()


def _missing(society: Society, lanes: int) -> str:
    return str(next(filter(None, map(society.peek, range(lanes))), "a call"))
