"""Events of a cell as they travel to the parent: what is shown of them, in values that JSON has.

Knows events and accounts, not what carries them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from sandbox.calls.accounts import Accounts
from sandbox.progress.events import Event, Finished, Note, Report, Started
from sandbox.runs.tokens import Cached

# Seconds from one time that accounts are told to the next.
_TOLD_EVERY: Final = 0.5
_COUNTS: Final = ("earlier_calls", "paid_calls", "all_calls", "prompt_tokens", "completion_tokens", "cost_usd")


class Telling:
    """What a worker reports goes to `tell`, and how its accounts stand does twice a second."""

    def __init__(self, tell: Callable[[dict[str, Any]], object]) -> None:
        self._tell: Final = tell
        self._accounts: Accounts | None = None

    def report(self, event: Event) -> None:
        """Tell it."""
        match event:
            case Note(text, warning):
                self._tell({"note": [text, warning]})
            case Finished(lines, document):
                self.counts()
                self._tell({"finished": [[*lines], {**document}]})
            case Started():
                self._accounts = event.accounts
                self._tell({"started": _started(event)})
            case _:
                self._tell({"milestone": [str(event), event.document()]})

    def counts(self) -> None:
        """Tell how the accounts stand."""
        if self._accounts:
            self._tell({"counts": _counts(self._accounts)})

    async def keep_counting(self) -> None:
        """Tell it until cancelled."""
        while True:
            await asyncio.sleep(_TOLD_EVERY)
            self.counts()


def _counts(accounts: Accounts) -> dict[str, Any]:
    cached = accounts.cached and accounts.cached.model_dump()
    return {name: getattr(accounts, name) for name in _COUNTS} | {"cached": cached}


def _heard(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The same counts, on the other side."""
    return {**counts, "cached": counts["cached"] and Cached(**counts["cached"])}


def _started(event: Started) -> dict[str, Any]:
    return {
        "run_id": event.run_id, "path": str(event.path), "planned": event.planned, "noun": event.noun,
        "calls": dict(event.calls), "seconds": event.seconds, "counts": _counts(event.accounts),
    }  # fmt: skip


@dataclass
class _Counted:
    """Accounts of a worker, as far as they are shown, and as they were told last."""

    earlier_calls: int
    paid_calls: int
    all_calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    cached: Cached | None


@dataclass(frozen=True)
class _Told:
    """A milestone of a worker."""

    line: str
    of_programs: Mapping[str, Any]

    def __str__(self) -> str:
        return self.line

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {**self.of_programs}


class Hearing:
    """Reports what a worker told as it was reported there; accounts go on counting as they are told."""

    def __init__(self, report: Report) -> None:
        self._report: Final = report
        self._counted: _Counted | None = None

    def hear(self, told: Mapping[str, Any]) -> None:
        """Report it."""
        match told:
            case {"note": [text, warning]}:
                self._report(Note(text, warning))
            case {"milestone": [line, document]}:
                self._report(_Told(line, document))
            case {"finished": [lines, document]}:
                self._report(Finished(lines, document))
            case {"counts": counts} if self._counted:
                vars(self._counted).update(_heard(counts))
            case {"started": started}:
                self._counted = _Counted(**_heard(started["counts"]))
                self._report(self._started(started, cast("Accounts", self._counted)))

    def _started(self, told: Mapping[str, Any], accounts: Accounts) -> Started:
        """Lanes and figures of its own are not shown beside other cells."""
        path, calls = Path(told["path"]), told["calls"]
        return Started(
            told["run_id"], path, told["planned"], told["noun"], calls, accounts, [], lambda: (), told["seconds"]
        )
