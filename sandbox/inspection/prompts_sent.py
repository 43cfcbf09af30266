"""The prompts of one interaction, rendered again from its record and checked against the hashes in the journal.

Knows speakers, templates and records. Nothing but the record is needed: it holds what was recalled and answered.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from agents.model import Message, Request
from agents.voice import Speaker, Voice
from prompts import Prompts
from sandbox.figures.records_at import calls_of
from sandbox.options.extras import view_of
from sandbox.questions.sets import Question
from sandbox.runs.kept_questions import kept
from sandbox.runs.manifest import Manifest
from sandbox.runs.reading import Run
from sandbox.runs.records import CallKey, Interaction, JournalLine
from sandbox.runs.templates import templates_of
from sandbox.society import asking


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
    """Every ask of `item` in the journal, in order of arrival. Raises `UsageError` for templates that are broken.

    A run that kept none is shown with the bundled ones: a folder that its manifest names is not opened for a look.
    """
    prompts = templates_of(None, run.directory.prompts)
    question = _question(run, item)
    for key, call in calls_of(run, item).items():
        request = _request(key, item, question, run.manifest, prompts)
        messages = request.messages if request else ()
        yield Sent(key, messages, request is not None and request.digest() == call.request, call)


def _question(run: Run, item: Interaction) -> Question:
    """What was discussed; its material, which no record holds, as the run kept it."""
    told = Question(item.question_id, item.question, item.options or (), item.gold, item.gold_text)
    there = kept(run.directory.questions, run.manifest)
    questions = there.questions.questions if there else ()
    return next((each for each in questions if each.id == told.id), told)


def _request(
    key: CallKey, item: Interaction, question: Question, manifest: Manifest, prompts: Prompts
) -> Request | None:
    """What `key` asked; None where the record of its interaction does not hold what it asked about."""
    config = manifest.config
    agents = Voice(prompts, config.temperature, config.max_tokens)
    model, label, recall, group = item.model, item.label, item.recall, item.group
    if key.neighbour is not None:
        by = next((each for each in item.feedback if each.agent == key.neighbour), None)
        if by is None:
            return None
        model, label, recall, group = by.model, by.label, by.recall, by.group
    personas = {each.name: each.persona for each in manifest.population.groups} if manifest.population else {}
    speaker = Speaker(model, agents, label, group, personas.get(group or ""))
    if key.dimension is not None:
        observer = Voice(prompts, config.observer_temperature, config.max_tokens)
        speaker = Speaker(manifest.models.observer, observer)
    said = (item.draft or "", item.revision or "", recall, item.feedback)
    material = asking.Material(question, *said, view_of(config.evaluator_view), item.persuader, item.reflection)
    return asking.request(key, speaker, material, manifest.seed)
