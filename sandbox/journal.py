"""The journal of a run: every finished ask, one line each, written before its result is used.

Knows keys, request hashes and outcomes; not what a call is about.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from agents.model import ModelError, Reply, Request
from agents.retry import Outcome
from sandbox.clock import timestamp
from sandbox.errors import SandboxError
from sandbox.json_lines import JsonLines, read_lines
from sandbox.records import CallKey, JournalError, JournalLine, JournalReply


class Answer(NamedTuple):
    """A finished ask on its way to the society."""

    key: CallKey
    request: Request
    outcome: Outcome


class KnownCalls:
    """The outcomes that the journal at `path` holds, read without changing it; a torn last line is skipped.

    Raises `SandboxError` that names file and line for a journal that cannot be trusted.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._lines: Final = dict(_numbered(path))

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, key: CallKey, request: Request) -> Outcome | None:
        """The outcome of `key` if it was asked before, once. Raises `SandboxError` if something else was asked then."""
        line = self._lines.pop(key, None)
        if line is None:
            return None
        if line.request != request.digest():
            raise SandboxError(
                f"{self._path}: {key} was asked something else than this configuration asks.\n"
                "The run was made with other prompts, questions or another version; it cannot be continued."
            )
        return _outcome(line)


class Journal:
    """Appends to the journal at `path`, after a torn last line was cut off."""

    def __init__(self, path: Path) -> None:
        self._lines: Final = JsonLines(path)

    def append(self, answers: Iterable[Answer]) -> None:
        """Write `answers` as one piece; they are with the operating system when this returns."""
        self._lines.append(_line(answer) for answer in answers)

    def sync(self) -> None:
        """Flush what was appended to disk."""
        self._lines.sync()

    def close(self) -> None:
        """Flush and close."""
        self._lines.close()


def _numbered(path: Path) -> Iterator[tuple[CallKey, JournalLine]]:
    seen: set[CallKey] = set()
    for number, line in enumerate(read_lines(path, JournalLine), 1):
        if line.key in seen:
            raise SandboxError(f"{path}:{number}: {line.key} stands there twice.")
        seen.add(line.key)
        yield line.key, line


def _line(answer: Answer) -> JournalLine:
    outcome = answer.outcome
    reply, error = outcome.reply, outcome.error
    return JournalLine(
        **answer.key._asdict(),
        request=answer.request.digest(),
        reply=JournalReply(text=reply.text, finish=reply.finish, refusal=reply.refusal) if reply else None,
        error=JournalError(kind=error.kind, status=error.status) if error else None,
        usage=reply.usage if reply else None,
        model=(reply.model if reply else None) or answer.request.model,
        tries=outcome.tries,
        latency=round(outcome.latency, 4),
        at=timestamp(),
    )


def _outcome(line: JournalLine) -> Outcome:
    reply, error = line.reply, line.error
    return Outcome(
        reply=Reply(reply.text, reply.finish, reply.refusal, line.usage, line.model) if reply else None,
        error=ModelError(error.kind, f"journalled {error.kind}", status=error.status) if error else None,
        tries=line.tries,
        latency=line.latency,
    )
