"""`sandbox simulate --replay`: derives a run again from its journal, with no model, and compares it with its log.

Reads the run directory and changes nothing in it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from memory import StoreError, VectorSpace
from sandbox.calls.accounts import Accounts
from sandbox.calls.journal import KnownCalls
from sandbox.calls.replay import replay
from sandbox.errors import SandboxError
from sandbox.runs.directory import RunDirectory
from sandbox.runs.records import CallKey, Interaction
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan
from sandbox.society.society import Society
from sandbox.society.tally import journal_of


class Verified(NamedTuple):
    """A run that its journal gives again: how many calls and interactions that were."""

    calls: int
    interactions: int


def verify(plan: Plan, directory: RunDirectory) -> Verified:
    """Compare `interactions.jsonl` with what the journal gives. Raises `SandboxError`, naming the first difference."""
    try:
        space = VectorSpace.load(directory.memory)
    except (StoreError, OSError) as error:
        raise SandboxError(f"The vectors of run {directory.name} cannot be read: {error}") from error
    society = cast_society(plan, space)
    known = KnownCalls(journal_of(directory))
    calls = len(known)
    derived = _derived(replay(society, plan.routes.count, known, Accounts(plan.prices)), known)
    compared = sum(1 for _ in _compared(derived, directory.interactions))
    if society.released < society.planned:
        raise SandboxError(
            f"{directory.calls}: {_missing(society, plan.routes.count)} is not there: the run is not finished.\n"
            f"Go on with it: sandbox simulate --resume {directory.path}"
        )
    return Verified(calls, compared)


def _derived(batches: Iterator[list[Interaction]], known: KnownCalls[CallKey]) -> Iterator[Interaction]:
    for batch in batches:
        yield from batch
    known.refuse_unused()


def _compared(derived: Iterator[Interaction], path: Path) -> Iterator[Interaction]:
    with path.open("rb") as log:
        number = 0
        for number, interaction in enumerate(derived, 1):
            line = log.readline()
            if line != interaction.model_dump_json().encode() + b"\n":
                raise SandboxError(
                    f"{path}:{number}: {interaction.id} differs from the journal: {_where(interaction, line)}."
                )
            yield interaction
        if log.readline():
            raise SandboxError(f"{path}:{number + 1}: there are more interactions than the journal gives.")


def _where(interaction: Interaction, line: bytes) -> str:
    """The first field in which a log line is not `interaction`."""
    if not line:
        return "the line is absent"
    try:
        logged: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "the line is no JSON"
    for name, value in interaction.model_dump(mode="json").items():
        if not isinstance(logged, dict) or logged.get(name) != value:
            return name
    return "the order or number of its fields"


def _missing(society: Society, lanes: int) -> str:
    return str(next(filter(None, map(society.peek, range(lanes))), "a call"))
