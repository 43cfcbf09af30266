"""The prompts of one interaction, rendered again from its record and checked against the hashes in the journal.

Knows agents, templates and records. Nothing but the record is needed: it holds what was recalled and answered.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from agents.model import Label, Message, Request
from agents.observer import Observer
from agents.replies import Judgement
from agents.social_agent import SocialAgent
from agents.voice import Ask, Voice
from memory import Memory, VectorSpace
from prompts import Prompts, TemplateError
from sandbox.errors import UsageError
from sandbox.figures.records_at import calls_of
from sandbox.runs.manifest import Manifest
from sandbox.runs.reading import Run
from sandbox.runs.records import CallKey, Feedback, Interaction, JournalLine
from sandbox.society.draws import sampling_seed


class Sent(NamedTuple):
    """One ask as it was sent, and whether the journal's hash says so: `is_exact` is False for anything else."""

    key: CallKey
    messages: tuple[Message, ...]
    is_exact: bool
    call: JournalLine

    def document(self) -> dict[str, Any]:
        """For JSON."""
        messages = [message._asdict() for message in self.messages]
        return {"key": self.key._asdict(), "messages": messages, "is_exact": self.is_exact}


def prompts_sent(run: Run, item: Interaction) -> Iterator[Sent]:
    """Every ask of `item` in the journal, in order of arrival. Raises `UsageError` for templates that are gone."""
    speaker = _Speaker(run.manifest, item)
    for key, call in calls_of(run, item).items():
        request = speaker.request(key)
        messages = request.messages if request else ()
        yield Sent(key, messages, request is not None and request.digest() == call.request, call)


class _Speaker:
    """Asks again what was asked in `item`, an interaction of the run with this `manifest`."""

    def __init__(self, manifest: Manifest, item: Interaction) -> None:
        config = manifest.config
        try:
            prompts = Prompts(Path(config.prompts) if config.prompts else None)
        except TemplateError as error:
            raise UsageError(str(error)) from None
        self._manifest: Final = manifest
        self._item: Final = item
        self._voice: Final = Voice(prompts, config.temperature, config.max_tokens)
        observer = Voice(prompts, config.observer_temperature, config.max_tokens)
        self._observer: Final = Observer(manifest.models.observer, observer, ())
        # Nobody recalls anything here: what was recalled stands in the record.
        self._nothing: Final = Memory(VectorSpace((), np.empty((0, 1), dtype=np.float32)))

    def request(self, key: CallKey) -> Request | None:
        """What `key` asked; None where the record does not hold what it asked about."""
        item, ask = self._item, Ask(key.ask, sampling_seed(self._manifest.seed, key))
        agent = self._agent(item.agent, item.label, item.model)
        draft = item.draft or ""
        match key.stage:
            case "draft":
                return agent.draft(item.question, item.recall, key.round, ask)
            case "feedback":
                by = next((each for each in item.feedback if each.agent == key.neighbour), None)
                if by is None:
                    return None
                neighbour = self._agent(by.agent, by.label, by.model)
                return neighbour.feedback(item.question, draft, by.recall, key.round, ask)
            case "revision":
                opinions = [_judgement(each) for each in item.feedback]
                return agent.revision(item.question, draft, opinions, key.round, ask)
        assert key.dimension is not None
        text = draft if key.stage == "score_draft" else item.revision or ""
        return self._observer.score(key.stage, key.dimension, item.question, text, ask)

    def _agent(self, number: int, label: Label | None, model: str) -> SocialAgent:
        threshold = self._manifest.config.threshold
        return SocialAgent(number, label, model, self._nothing, self._voice, threshold)


def _judgement(feedback: Feedback) -> Judgement:
    return Judgement(rating=feedback.rating, missing=feedback.missing, reason=feedback.reason, raw=feedback.raw)
