"""The stored texts of a run: what was asked, what was answered, and the key where there is one. Knows no observer."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from agents.protocol import TEXTS, ScoredText
from sandbox.errors import SandboxError
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.rating.manifest import RatedLog
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction


class Stored(NamedTuple):
    """The texts of an interaction, None where it has none; `question` is as its observer was shown it."""

    round: int
    agent: int
    question: str
    draft: str | None
    revision: str | None
    gold: str | None

    def of(self, text: ScoredText) -> str | None:
        """The draft, or the revision."""
        return self.draft if text == "draft" else self.revision

    @property
    def texts(self) -> tuple[ScoredText, ...]:
        """Which of the two there are."""
        return tuple(text for text in TEXTS if self.of(text) is not None)


def read_log(run: Run, known: RatedLog | None = None) -> tuple[RatedLog, list[Stored]]:
    """What the log of `run` holds by now, or its first lines that are `known`.

    Raises `SandboxError` that names the log where these are not what they were.
    """
    digest, found = hashlib.sha256(), []
    for number, line in islice(raw_lines(run.directory.interactions), known.interactions if known else None):
        digest.update(line.rstrip(b"\n") + b"\n")
        found.append(_stored(run.interaction(number, line)))
    log = RatedLog(run=run.directory.name, interactions=len(found), sha256=digest.hexdigest())
    if known and (log.interactions, log.sha256) != (known.interactions, known.sha256):
        raise SandboxError(
            f"{run.directory.interactions}: its first {known.interactions} lines are not those that were rated.\n"
            "Bring back the run as it was, or rate it under another --name."
        )
    return log, found


def _stored(interaction: Interaction) -> Stored:
    return Stored(
        round=interaction.round,
        agent=interaction.agent,
        question=interaction.question,
        draft=interaction.draft,
        revision=interaction.revision,
        gold=None,
    )


