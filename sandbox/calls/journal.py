"""The journal of a work: every finished ask, one line each, written before its result is used.

Knows places, request hashes and outcomes; not what a call is about.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple

from agents.endpoints.finish import finish_of
from agents.limits.retry import Outcome
from agents.model import ModelError, Reply, Request
from sandbox.calls.work import K
from sandbox.runs.appended import JsonLines
from sandbox.runs.asks import FinishedAsk, JournalError, JournalReply
from sandbox.runs.beginning import Written
from sandbox.runs.clock import timestamp
from sandbox.runs.json_lines import read_lines


class Answered(NamedTuple, Generic[K]):
    """A finished ask on its way to its work."""

    key: K
    request: Request
    outcome: Outcome


class JournalFiles(NamedTuple, Generic[K]):
    """Where the journal of a work lies, and what a `line` of it is: the fields of a place, then those of `FinishedAsk`.

    `key` tells the place of a line. `superseded` holds lines whose asks are made again, which were paid and count no
    more; it need not be there.
    """

    calls: Path
    superseded: Path
    line: type[FinishedAsk]
    key: Callable[[Any], K]

    def replaced(self) -> Iterator[FinishedAsk]:
        """The lines of `superseded`."""
        return read_lines(self.superseded, self.line)


class Journal(Generic[K]):
    """Appends to the journal in `files`, after a torn last line was cut off.

    `written` is what it holds, and at the start what it held before. `before` is called ahead of every line, for what
    must be on disk by then.
    """

    def __init__(
        self, files: JournalFiles[K], written: Written | None = None, before: Callable[[], object] | None = None
    ) -> None:
        self.written: Final = written or Written()
        self._kind: Final = files.line
        self._lines: Final = JsonLines(files.calls)
        self._before: Final = before

    def append(self, answers: Iterable[Answered[K]]) -> None:
        """Write `answers`, which arrived by now, as one piece; they are with the operating system when this returns."""
        if self._before:
            self._before()
        now = timestamp()
        self.written.add(self._lines.append(_line(self._kind, answer, now) for answer in answers))

    def sync(self) -> None:
        """Flush what was appended to disk."""
        self._lines.sync()

    def close(self) -> None:
        """Flush and close."""
        self._lines.close()


def _line(kind: type[FinishedAsk], answer: Answered[K], at: str) -> FinishedAsk:
    outcome = answer.outcome
    reply, error = outcome.reply, outcome.error
    return kind(
        **answer.key._asdict(),
        request=answer.request.digest(),
        reply=_journalled(reply) if reply else None,
        error=JournalError(kind=error.kind, status=error.status, words=error.words) if error else None,
        usage=reply.usage if reply else None,
        model=(reply.model if reply else None) or answer.request.model,
        tries=outcome.tries,
        latency=round(outcome.latency, 4),
        at=at,
    )


def _journalled(reply: Reply) -> JournalReply:
    return JournalReply(
        text=reply.text,
        finish=reply.finish,
        refusal=reply.refusal,
        thinking=reply.thinking,
        logprobs=reply.logprobs,
    )


def _replied(line: FinishedAsk) -> Reply | None:
    """The reply of `line`; journals of earlier versions have the words of vendors for its end."""
    said = line.reply
    if said is None:
        return None
    finish = finish_of(said.finish)
    return Reply(said.text, finish, said.refusal, line.usage, line.model, said.thinking, said.logprobs)


def line_outcome(line: FinishedAsk) -> Outcome:
    """What the ask of `line` came to."""
    error = line.error
    return Outcome(
        reply=_replied(line),
        error=ModelError(error.kind, f"journalled {error.kind}", status=error.status, words=error.words)
        if error
        else None,
        tries=line.tries,
        latency=line.latency,
    )
