"""The stored texts of a run: what was asked, what was answered, and the key where there is one. Knows no observer."""

import hashlib
from itertools import islice
from string import ascii_uppercase
from typing import Final, NamedTuple

from agents.protocol import TEXTS, ScoredText
from sandbox.errors import SandboxError
from sandbox.questions.sets import Question
from sandbox.questions.shown import shown
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.kept_questions import materials
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
    digest, found, shown = hashlib.sha256(), [], _Shown(run)
    for number, line in islice(raw_lines(run.directory.interactions), known.interactions if known else None):
        digest.update(line.rstrip(b"\n") + b"\n")
        found.append(shown.stored(run.interaction(number, line)))
    log = RatedLog(run=run.directory.name, interactions=len(found), sha256=digest.hexdigest())
    if known and (log.interactions, log.sha256) != (known.interactions, known.sha256):
        raise SandboxError(
            f"{run.directory.interactions}: its first {known.interactions} lines are not those that were rated.\n"
            "Bring back the run as it was, or rate it anew under another --name."
        )
    return log, found


class _Shown:
    """The questions of `run` as its observer was shown them, each once."""

    def __init__(self, run: Run) -> None:
        self._materials: Final = materials(run.directory.questions, run.manifest)
        self._questions: Final[dict[str, str]] = {}

    def stored(self, interaction: Interaction) -> Stored:
        name = interaction.question_id
        if name not in self._questions:
            options, material = interaction.options or (), self._materials.get(name)
            self._questions[name] = shown(Question(name, interaction.question, options, material=material))
        texts = interaction.draft, interaction.revision
        return Stored(interaction.round, interaction.agent, self._questions[name], *texts, _key(interaction))


def _key(interaction: Interaction) -> str | None:
    """The right option with its letter, or the key in free text."""
    options, gold = interaction.options or (), interaction.gold
    if gold is not None and gold < min(len(options), len(ascii_uppercase)):
        return f"{ascii_uppercase[gold]}) {options[gold]}"
    return interaction.gold_text
