"""The prompts of one interaction, rendered again from its record and checked against the hashes in the journal.

Knows speakers, templates and records. Nothing but the record is needed: it holds what was recalled and answered.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from agents.model import Message, Request
from agents.voice import Speaker, Voice
from prompts import Prompts
from sandbox.figures.records_at import calls_of
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
    for key, call in calls_of(run, item).items():
        request = _request(key, item, run.manifest, prompts)
        messages = request.messages if request else ()
        yield Sent(key, messages, request is not None and request.digest() == call.request, call)


def _request(key: CallKey, item: Interaction, manifest: Manifest, prompts: Prompts) -> Request | None:
    """What `key` asked; None where the record of its interaction does not hold what it asked about."""
    config = manifest.config
    agents = Voice(prompts, config.temperature, config.max_tokens)
    model, label, recall = item.model, item.label, item.recall
    if key.neighbour is not None:
        by = next((each for each in item.feedback if each.agent == key.neighbour), None)
        if by is None:
            return None
        model, label, recall = by.model, by.label, by.recall
    speaker = Speaker(model, agents, label)
    if key.dimension is not None:
        observer = Voice(prompts, config.observer_temperature, config.max_tokens)
        speaker = Speaker(manifest.models.observer, observer)
    material = asking.Material(item.question, item.draft or "", item.revision or "", recall, item.feedback)
    return asking.request(key, speaker, material, manifest.seed)
