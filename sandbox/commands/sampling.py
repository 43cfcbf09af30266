"""How a model samples, as `sandbox doctor` finds it out: with six small calls, it asks one question again and again.

Knows seeds and replies; not how the endpoint is reached.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from agents.limits.retry import Outcome, Retrying
from agents.model import Message, ModelError, Reply, Request
from agents.spoken import spoken
from sandbox.commands.checkup import Check

# Two answers to this that are drawn are hardly ever the same.
QUESTION: Final = "Invent a town, a river and somebody who lives there, and tell in one sentence what happened to them."
SEED: Final = 7
OTHER_SEED: Final = 8
NOT_AGAIN: Final = "A second run will differ; the journal of a run still gives the same log again."
SWITCH_ON: Final = (
    "Who asks the same gets the same answer, whatever the seed. Switch sampling on at the server:\n"
    "for `transformers serve` with do_sample in the model's generation_config.json."
)
ROOM: Final = "A model that thinks first needs room for both: raise --max-tokens."


async def sampling(asker: Retrying, model: str, max_tokens: int) -> list[Check]:
    """Ask `model` as a run with `max_tokens` does, with two seeds, one by one and at the same time."""

    async def ask(*seeds: int) -> list[Reply]:
        """The replies to calls that leave together."""
        asks = (asker.ask(_request(model, max_tokens, seed)) for seed in seeds)
        # All of them come to an end: an error that nobody asks for would be shown as a traceback.
        came = await asyncio.gather(*asks, return_exceptions=True)
        return [_reply(each) for each in came]

    try:
        alone = [(await ask(seed))[0] for seed in (SEED, SEED, OTHER_SEED)]
        found = [*_thinking(model, alone, max_tokens), *_unseeded(model, alone, max_tokens)]
        if any(check.name != "thinking" for check in found):
            return found
        together = await ask(SEED, OTHER_SEED, SEED)
    except ModelError as error:
        return [Check("seed", "failed", str(error), "Mend the endpoint and run this again.")]
    return [*found, _beside_others(model, alone, together)]


def _reply(outcome: Outcome | BaseException) -> Reply:
    if isinstance(outcome, BaseException):
        raise outcome
    if outcome.reply is None:
        assert outcome.error is not None
        raise outcome.error
    return outcome.reply


def _thinking(model: str, replies: Sequence[Reply], max_tokens: int) -> Iterator[Check]:
    """That a model thinks is said; whether it got to an answer too."""
    said = [spoken(reply) for reply in replies]
    cut = sum(each.cut_thinking for each in said)
    if cut:
        detail = f"{model} thinks before it answers, and {cut} of {len(said)} replies ended before the answer"
        yield Check("thinking", "warning", f"{detail} (--max-tokens {max_tokens})", ROOM)
    elif any(each.thought for each in said):
        yield Check("thinking", "ok", f"{model} thinks before it answers: --max-tokens has to leave room for both")


def _unseeded(model: str, replies: Sequence[Reply], max_tokens: int) -> Iterator[Check]:
    """What is wrong with seeds already where one call is made after the other."""
    first, again, other = map(_drawn, replies)
    if not (first and other):
        yield Check("seed", "warning", f"{model} said nothing within --max-tokens {max_tokens}", ROOM)
    elif first == again == other:
        yield Check("sampling", "warning", f"{model} does not sample: two seeds, one answer", SWITCH_ON)
    elif first != again:
        yield Check("seed", "warning", f"{model} does not honour the seed", NOT_AGAIN)


def _beside_others(model: str, alone: Sequence[Reply], together: Sequence[Reply]) -> Check:
    first, _, other = map(_drawn, alone)
    if [_drawn(reply) for reply in together] == [first, other, first]:
        return Check("seed", "ok", f"{model} answers the same to the same seed")
    detail = f"{model} honours seeds only one after the other: beside other calls it answered differently"
    return Check("seed", "warning", detail, f"{NOT_AGAIN}\nWith --concurrency 1 it may not differ.")


def _drawn(reply: Reply) -> str:
    """All that was sampled: thoughts too, and blanks, which are all that some models say without sampling."""
    return f"{reply.thinking or ''}{reply.text}"


def _request(model: str, max_tokens: int, seed: int) -> Request:
    return Request(
        model=model,
        messages=(Message("user", QUESTION),),
        temperature=1.0,
        max_tokens=max_tokens,
        seed=seed,
        schema=None,
    )
