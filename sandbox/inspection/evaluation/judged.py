"""What the judge was sent about an answer, rendered again from the suite that the evaluation keeps. Knows no terminal.

The templates may be a stranger's; `prompts` bounds what they can do.
"""

from collections.abc import Sequence

from prompts import TemplateError
from sandbox.errors import UsageError
from sandbox.inspection.evaluation.asked import Asked
from sandbox.runs.evaluation.records import Judgement
from sandbox.suites.asking import judging
from sandbox.suites.suite import Turn


def judges_prompts(each: Asked) -> Sequence[Sequence[Turn]]:
    """The messages behind each judgement; none where nothing was asked. Raises `UsageError` for a broken template."""
    return [_messages(each, judgement) for judgement in each.judgements]


def _messages(each: Asked, judgement: Judgement) -> Sequence[Turn]:
    texts = each.item.given or ((each.answer.text,) if each.answer.text is not None else ())
    if each.suite.judge is None or not texts:
        return ()
    try:
        return judging(each.suite, each.item, texts[::-1] if judgement.position else texts)
    except (TemplateError, ValueError) as error:
        raise UsageError(f"The judge's prompt of {each.name} cannot be made again: {error}") from None
