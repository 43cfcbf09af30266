"""One process's work as people follow it, whatever it is about: taking in what is known, then what is left, in events.

Knows the order of the two and what is said between; not what a work keeps of its answers.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from sandbox.calls.accounts import Accounts
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.forecast import Forecast
from sandbox.calls.lane import Lane
from sandbox.progress.events import Note, Report, Started
from sandbox.runs.cautions import over
from sandbox.runs.directory import WorkDirectory
from sandbox.text import duration

R = TypeVar("R")


class Working(Protocol):
    """What of a work is asked before its calls are made."""

    @property
    def replaces(self) -> bool:
        """Whether answers of the journal are asked for again."""
        ...

    def has_work(self) -> bool:
        """Whether there are calls to make, and something to make them with."""
        ...

    async def catch_up(self, report: Report) -> None:
        """Make the calls that the journal answers."""
        ...


async def worked(
    attempt: Working,
    connect: Callable[[], AbstractAsyncContextManager[Endpoints]],
    report: Report,
    drive: Callable[[Endpoints | None], Awaitable[R]],
) -> R:
    """Take in what the journal knows, and `drive` what is left; endpoints are opened only for that."""
    # Answers are replaced, and logs cut, only when somebody is there to answer anew.
    if attempt.replaces:
        async with connect() as endpoints:
            await attempt.catch_up(report)
            return await drive(endpoints)
    await attempt.catch_up(report)
    if not attempt.has_work():
        return await drive(None)
    async with connect() as endpoints:
        return await drive(endpoints)


def starting(
    directory: WorkDirectory,
    expected: Forecast,
    noun: str,
    accounts: Accounts,
    lanes: Sequence[Lane],
    figures: Callable[[], Iterable[str]],
) -> Iterator[Started | Note]:
    """That calls are about to be made for what is planned, named by `noun`, and how long those here will take."""
    seconds = expected.local_seconds / max(1, expected.all_calls)
    calls = {str(stage): count for stage, count in expected.calls.items()}
    yield Started(directory.name, directory.path, expected.planned, noun, calls, accounts, lanes, figures, seconds)
    if left := expected.after(accounts.all_calls).local_seconds:
        yield Note(f"On this machine that takes about {duration(left)}, if it does nothing else.")


def caught_up(known: int, done: str, replaced: int | None, dropped: int) -> Iterator[Note]:
    """What the journal gave: `known` calls, what they come to in words, and what is asked or derived anew."""
    if known:
        yield Note(f"{known} calls and {done} are there already.")
    if replaced is not None:
        yield Note(f"{replaced} calls that failed are asked again.")
    elif dropped:
        yield Note(f"{dropped} log lines go beyond the journal: they are derived again.", warning=True)


def overruns(accounts: Accounts, told: set[str], max_tokens: int | None) -> Iterator[Note]:
    """Which models turned out to answer with more than a call should take, each once: `told` is added to."""
    for model in accounts.overruns.keys() - told:
        told.add(model)
        by = over(accounts.overruns[model], max_tokens)
        then = " Budgets reckon with that from now on." if accounts.budget.is_limited else ""
        yield Note(f"Replies of {model} exceed the bound of their call: {by}.{then}", warning=True)
