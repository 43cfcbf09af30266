"""The journal of a run: every finished ask, one line each, written before its result is used.

Knows keys, request hashes and outcomes; not what a call is about.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from typing import Final, NamedTuple

from agents.limits.retry import Outcome
from agents.model import ModelError, Reply, Request
from memory.files import write_atomically
from sandbox.errors import SandboxError
from sandbox.runs.asks import JournalError, JournalReply
from sandbox.runs.clock import timestamp
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import JsonLines, read_lines
from sandbox.runs.records import CallKey, JournalLine


class Answer(NamedTuple):
    """A finished ask on its way to the society."""

    key: CallKey
    request: Request
    outcome: Outcome


class KnownCalls:
    """The outcomes that the journal of `directory` holds, read without changing it; a torn last line is skipped.

    With `replace`, asks that failed, or that ask something else since one of those was answered, are as if they were
    not there: `replace` is told the line, and the caller asks again.
    Raises `SandboxError` that names file and line for a journal that cannot be trusted.
    """

    def __init__(self, directory: RunDirectory, replace: Callable[[JournalLine], object] | None = None) -> None:
        self._path: Final = directory.calls
        self._replace: Final = replace
        self.superseded: Final = list(read_lines(directory.superseded, JournalLine))
        self._lines: Final = dict(_numbered(self._path, set(self.superseded)))

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[JournalLine]:
        """The lines that were not taken."""
        return (line for _, line in self._lines.values())

    def take(self, key: CallKey, request: Request) -> Outcome | None:
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
                f"{self._path}:{number}: {key} was asked something else than this configuration asks.\n"
                "The run was made with other prompts, questions or another version; it cannot be continued."
            )
        return line_outcome(line)

    def refuse_unused(self) -> None:
        """Raises `SandboxError` that names the first line that was not taken; for when every call was asked for.

        Such a line is never the end of an interrupted run: no ask is written before those that it needs.
        """
        for key, (number, _) in self._lines.items():
            raise SandboxError(
                f"{self._path}:{number}: {key} is no call that this run makes.\n"
                "The journal was changed, or another version of sandbox wrote it; nothing was overwritten."
            )


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


def without_superseded(directory: RunDirectory) -> None:
    """Write the journal anew without the lines that `superseded.jsonl` holds."""
    superseded = set(read_lines(directory.superseded, JournalLine))
    lines = directory.calls.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if JournalLine.model_validate_json(line) not in superseded]
    write_atomically(directory.calls, b"".join(kept), durable=True)


def _numbered(path: Path, superseded: Set[JournalLine]) -> Iterator[tuple[CallKey, tuple[int, JournalLine]]]:
    seen: set[CallKey] = set()
    for number, line in enumerate(read_lines(path, JournalLine), 1):
        if superseded and line in superseded:
            continue
        if line.key in seen:
            raise SandboxError(f"{path}:{number}: {line.key} stands there twice.")
        seen.add(line.key)
        yield line.key, (number, line)


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


def line_outcome(line: JournalLine) -> Outcome:
    """What the ask of `line` came to."""
    reply, error = line.reply, line.error
    return Outcome(
        reply=Reply(reply.text, reply.finish, reply.refusal, line.usage, line.model) if reply else None,
        error=ModelError(error.kind, f"journalled {error.kind}", status=error.status) if error else None,
        tries=line.tries,
        latency=line.latency,
    )
