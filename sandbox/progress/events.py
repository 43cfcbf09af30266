"""What long work reports while it goes on. The command line turns these into a panel, log lines or JSON.

The text of an event, which is for people, is harmless on a terminal, whatever endpoints said.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sandbox.calls.accounts import Accounts
from sandbox.calls.lane import Lane
from sandbox.terminal import harmless
from sandbox.text import in_a_line


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know; `warning` marks what they might not expect."""

    text: str
    warning: bool = False

    def __str__(self) -> str:
        return harmless(f"Warning: {self.text}" if self.warning else self.text)


@dataclass(frozen=True, slots=True)
class Started:
    """The first call is about to be made: of `planned` things, named by `noun`, and `calls` by stage.

    `accounts` go on counting, `lanes` say what is in flight, and `figures` are lines of the work's own, as of now. A
    call is thought to take `seconds`, waiting and others beside it included; 0 where nobody knows.
    """

    run_id: str
    path: Path
    planned: int
    noun: str
    calls: Mapping[str, int]
    accounts: Accounts
    lanes: Sequence[Lane]
    figures: Callable[[], Iterable[str]]
    seconds: float = 0.0

    @property
    def all_calls(self) -> int:
        """Planned calls of every stage."""
        return sum(self.calls.values())

    def __str__(self) -> str:
        return harmless(f"Run {self.run_id}: {self.planned} {self.noun}, {self.all_calls} calls, in {self.path}")


class Milestone(Protocol):
    """A part of the work is done: an event of the work's own, whose text is its line."""

    def document(self) -> dict[str, Any]:
        """For programs: its name under `event`."""
        ...


@dataclass(frozen=True, slots=True)
class Finished:
    """The work ended, complete or not: `lines` say how, `document` is the same for programs."""

    lines: Sequence[str]
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return "\n".join(harmless(in_a_line(line)) for line in self.lines)


Event = Note | Started | Milestone | Finished
Report = Callable[[Event], None]
