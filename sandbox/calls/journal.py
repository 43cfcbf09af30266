"""The journal of a work: every finished ask, one line each, written before its result is used.

Knows places, request hashes and outcomes; not what a call is about.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple

from agents.endpoints.finish import finish_of
from agents.limits.retry import Outcome
from agents.model import ModelError, Reply, Request
from memory.files import write_atomically
from sandbox.calls.work import K
from sandbox.errors import SandboxError
from sandbox.runs.appended import JsonLines
from sandbox.runs.asks import FinishedAsk, JournalError, JournalReply
from sandbox.runs.clock import timestamp
from sandbox.runs.json_lines import raw_lines, read_line, read_lines


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

    def replaced(self) -> list[FinishedAsk]:
        """The lines of `superseded`."""
        return list(read_lines(self.superseded, self.line))


class KnownCalls(Generic[K]):
    """The outcomes that the journal in `files` holds, read without changing it; a torn last line is skipped.

    With `replace`, asks that failed, or that ask something else since one of those was answered, are as if they were
    not there: `replace` is told the line, and the caller asks again.
    Raises `SandboxError` that names file and line for a journal that cannot be trusted.
    """

    def __init__(self, files: JournalFiles[K], replace: Callable[[FinishedAsk], object] | None = None) -> None:
        self.files: Final = files
        self._replace: Final = replace
        self.superseded: Final = files.replaced()
        self._lines: Final = dict(_numbered(files, set(self.superseded)))

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[FinishedAsk]:
        """The lines that were not taken."""
        return (line for _, line in self._lines.values())

    def take(self, key: K, request: Request) -> Outcome | None:
        """The outcome of `key` if it was asked before, once. Raises `SandboxError` if something else was asked then."""
        if key not in self._lines:
            return None
        number, line = self._lines.pop(key)
        other = line.request != request.digest()
        if self._replace and (other or line.error):
            self._replace(line)
            return None
        if other:
            raise SandboxError(
                f"{self.files.calls}:{number}: {key} was asked something else than this configuration asks.\n"
                "The run was made with other prompts, questions or another version; it cannot be continued."
            )
        return line_outcome(line)

    def refuse_unused(self) -> None:
        """Raises `SandboxError` that names the first line that was not taken; for when every call was asked for.

        Such a line is never the end of an interrupted run: no ask is written before those that it needs.
        """
        if not self._lines:
            return
        key, (number, _) = next(iter(self._lines.items()))
        raise SandboxError(
            f"{self.files.calls}:{number}: {key} is no call that this run makes.\n"
            "The journal was changed, or another version of sandbox wrote it; nothing was overwritten."
        )


class Journal(Generic[K]):
    """Appends to the journal in `files`, after a torn last line was cut off."""

    def __init__(self, files: JournalFiles[K]) -> None:
        self._kind: Final = files.line
        self._lines: Final = JsonLines(files.calls)

    def append(self, answers: Iterable[Answered[K]]) -> None:
        """Write `answers`, which arrived by now, as one piece; they are with the operating system when this returns."""
        now = timestamp()
        self._lines.append(_line(self._kind, answer, now) for answer in answers)

    def sync(self) -> None:
        """Flush what was appended to disk."""
        self._lines.sync()

    def close(self) -> None:
        """Flush and close."""
        self._lines.close()


def without_superseded(files: JournalFiles[K]) -> None:
    """Write the journal anew without the lines that `superseded` holds."""
    superseded = set(files.replaced())
    lines = raw_lines(files.calls)
    kept = [line for number, line in lines if read_line(files.calls, number, line, files.line) not in superseded]
    write_atomically(files.calls, b"".join(kept), durable=True)


def _numbered(files: JournalFiles[K], superseded: Set[FinishedAsk]) -> Iterator[tuple[K, tuple[int, FinishedAsk]]]:
    seen: set[K] = set()
    for number, line in enumerate(read_lines(files.calls, files.line), 1):
        if superseded and line in superseded:
            continue
        key = files.key(line)
        if key in seen:
            raise SandboxError(f"{files.calls}:{number}: {key} stands there twice.")
        seen.add(key)
        yield key, (number, line)


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
