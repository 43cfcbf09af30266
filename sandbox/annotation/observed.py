"""What the observer of a run was asked about a text, for people who want to know. Asks no model."""

from typing import Final

from sandbox.annotation.session import ToJudge
from sandbox.rating.inquiry import BOTH, SameInquiry, Sampling
from sandbox.rating.plan import STAGES
from sandbox.runs.rating.records import RatingKey
from sandbox.runs.reading import Run
from sandbox.runs.templates import templates_of

_NOBODY: Final = Sampling("", 0, 1, 0)


def observed(run: Run, item: ToJudge) -> str:
    """The prompt word by word, from the templates that `run` kept. Raises `TemplateError` where it cannot be made."""
    joint = run.manifest.config.observe == "joint"
    inquiry = SameInquiry(templates_of(None, run.directory.prompts), joint=joint)
    key = RatingKey(item.stored.round, item.stored.agent, STAGES[item.key.text], BOTH if joint else item.key.dimension)
    return "\n\n".join(message.content for message in inquiry.request(key, item.stored, _NOBODY).messages)
