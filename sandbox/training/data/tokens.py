"""Prompts and answers as ids of tokens, by the chat template of a tokenizer, and what a greatest length leaves of them.

An answer ends with what the template puts after it, so that the model learns to stop; padding may be the same token,
so nothing here or after goes by an id. Knows no model and no tensor, and imports no library of theirs.
"""

import re
from collections.abc import Iterable
from statistics import fmean
from typing import Any, Final, Literal, NamedTuple

from jinja2 import TemplateError

from agents.protocol import Rated
from sandbox.errors import SandboxError
from sandbox.training.data.examples import Messages, Query

Fit = Literal["whole", "cut", "dropped"]
# A template is a program of others, and may refuse turns or fail on them.
_OF_TEMPLATES: Final = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


class Encoded(NamedTuple):
    """Ids of a prompt, with what the template begins an answer with, and of an answer, with what ends it."""

    prompt: list[int]
    answer: list[int]

    def fit(self, max_length: int) -> Fit:
        """What becomes of it where both may have so many tokens: nothing, its answer cut, or no token left to learn."""
        left = max_length - len(self.prompt)
        return "whole" if left >= len(self.answer) else "cut" if left > 0 else "dropped"

    def within(self, max_length: int) -> list[int]:
        """What is left of the answer, whose end is cut."""
        return self.answer[: max(0, max_length - len(self.prompt))]


class EncodedQuery(NamedTuple):
    """A prompt and its answers, and what they are rated, in the same order; no answer is empty or there twice."""

    prompt: list[int]
    answers: tuple[list[int], ...]
    ratings: tuple[float, ...]

    def tokens(self) -> int:
        """How many there are, those of the prompt once."""
        return len(self.prompt) + sum(map(len, self.answers))

    def chosen(self, places: Iterable[int]) -> "EncodedQuery":
        """With the answers at these places alone."""
        answers, ratings = zip(*((self.answers[place], self.ratings[place]) for place in places), strict=True)
        return EncodedQuery(self.prompt, answers, ratings)


def encode(tokenizer: Any, messages: Messages, text: str) -> Encoded:
    """The ids that TRL's SFT trains on for this prompt and completion.

    Where a template renders a prompt alone unlike a prompt with its answer, the answer begins where they part.
    """
    turns = [dict(message) for message in messages]
    prompt = _ids(tokenizer, turns, add_generation_prompt=True)
    whole = _ids(tokenizer, [*turns, {"role": "assistant", "content": text}])
    begin = _shared(prompt, whole)
    return Encoded(whole[:begin], whole[begin:])


def encode_query(tokenizer: Any, query: Query, dimension: Rated, max_length: int) -> EncodedQuery | None:
    """Of the answers that have a rating and a token left within `max_length`; None where there is none.

    Answers that are the same when cut are one with the mean of their ratings, as equal texts are: nothing tells them
    apart.
    """
    rated = [(answer.text, answer.rated(dimension)) for answer in query.answers]
    encoded = [(encode(tokenizer, query.messages, text), rating) for text, rating in rated if rating is not None]
    prompt = min((each.prompt for each, _ in encoded), key=len, default=[])
    cut = [
        (Encoded(prompt, [*each.prompt, *each.answer][len(prompt) :]).within(max_length), rating)
        for each, rating in encoded
    ]
    ratings: dict[tuple[int, ...], list[float]] = {}
    for answer, rating in cut:
        if answer:
            ratings.setdefault(tuple(answer), []).append(rating)
    return EncodedQuery(prompt, tuple(map(list, ratings)), tuple(map(fmean, ratings.values()))) if ratings else None


def marks(tokenizer: Any) -> re.Pattern[str]:
    """What finds in a text the tokens that a template tells turns apart by: such a text would end its turn by itself.

    What follows would be learnt as said by whomever it names.
    """
    special = (each.content for each in tokenizer.added_tokens_decoder.values() if each.special)
    return re.compile("|".join(map(re.escape, filter(None, special))) or r"(?!)")


def _ids(tokenizer: Any, turns: list[dict[str, str]], **options: bool) -> list[int]:
    try:
        return list(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, **options)["input_ids"])
    except _OF_TEMPLATES as error:
        roles = ", ".join(turn["role"] for turn in turns)
        why = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise SandboxError(
            f"The chat template of the base cannot put turns of {roles}: {why}.\n"
            "Export with --prompt question, whose prompts have no system's turn, or train another --model."
        ) from error


def _shared(one: list[int], other: list[int]) -> int:
    """How many ids they have in common at their beginnings."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))
