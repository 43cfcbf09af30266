"""A stand-in that is no language model: picks ready sentences by seed and label, and rates by counting them.

It exists for demos and tests that must be fast and repeatable. Its scores say something about this file only. Good
agents pick more considerate sentences than bad ones, later rounds more than early ones, revisions more than drafts. Of
questions with a key good agents know it, others as often as chance and a little more allow.
"""

from functools import lru_cache
from random import Random
from string import ascii_uppercase
from typing import Final

import orjson

from agents.endpoints.scripted_suites import answer_to
from agents.endpoints.scripted_words import Counted, counted, said
from agents.model import Reply, Request, Schema, Usage
from agents.protocol import SocietyCue
from agents.suite_cue import SuiteCue

NAME: Final = "scripted"

_CONSIDERATE_SHARE: Final = {"good": 0.65, "bad": 0.2, None: 0.45}
_KNOWN_SHARE: Final = {"good": 1.0, "bad": 0.3, None: 0.6}
_REVISION_BONUS: Final = 0.25
_ROUND_BONUS: Final = 0.02
_MOST_ROUNDS: Final = 10


class Scripted:
    """A `Model` whose reply is a function of (sampling seed, request) and obeys the request's schema."""

    async def complete(self, request: Request) -> Reply:
        """Answer at once; costs nothing; a token is a word."""
        random = Random(f"{request.seed}/{request.messages[-1].content}")
        text = _said(request, random)
        *before, asked = request.messages
        words = sum(_words(message.content) for message in before) + len(asked.content.split())
        return Reply(text, usage=Usage(prompt_tokens=words, completion_tokens=len(text.split())), model=NAME)


@lru_cache(maxsize=16)
def _words(text: str) -> int:
    """Of what stands before a question: the same few texts for all agents of a run."""
    return len(text.split())


def _said(request: Request, random: Random) -> str:
    if isinstance(request.cue, SuiteCue):
        return answer_to(request.cue, request.schema, random)
    cue = request.cue
    if not isinstance(cue, SocietyCue):
        cue = SocietyCue("draft", None, 0, request.messages[-1].content)
    return _form(cue, request.schema, random) if request.schema else _answer(cue, random)


def _answer(cue: SocietyCue, random: Random) -> str:
    share = _CONSIDERATE_SHARE[cue.label] + _ROUND_BONUS * min(cue.round, _MOST_ROUNDS)
    text = said(random, share + (_REVISION_BONUS if cue.stage == "revision" else 0.0))
    return f"{text}\nAnswer: {_letter(cue, random)}" if cue.options else text


def _letter(cue: SocietyCue, random: Random) -> str:
    """What a persuader was told; else the key, as often as such an agent knows it, or any option."""
    known = cue.told
    if known is None and random.random() < _KNOWN_SHARE[cue.label]:
        known = cue.right
    return ascii_uppercase[random.randrange(cue.options) if known is None else known]


def _form(cue: SocietyCue, schema: Schema, random: Random) -> str:
    sentences = counted(cue.subject)
    filled: dict[str, object] = {}
    for key in schema.definition["properties"]:
        engaging = key.startswith("engagement") or cue.dimension == "engagement"
        mean = _engagement(sentences) if engaging else 1.0 + 6.0 * sentences.share
        filled[key] = _near(mean, random) if key.endswith("rating") else str(sentences)
    return orjson.dumps(filled).decode()


def _engagement(sentences: Counted) -> float:
    return 2.0 + 0.5 * sum(sentences) + 0.4 * sentences.considerate


def _near(mean: float, random: Random) -> int:
    return min(7, max(1, round(random.gauss(mean, 0.7))))
