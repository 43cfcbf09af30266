"""How a model samples, as `sandbox doctor` finds it out: with six small calls, it asks one question again and again.

Knows seeds and replies; not how the endpoint is reached.
"""

import asyncio
from typing import Final

from agents.limits.retry import Retrying
from agents.model import Message, ModelError, Request
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


async def sampling(asker: Retrying, model: str, max_tokens: int) -> Check:
    """Ask `model` as a run with `max_tokens` does, with two seeds, one by one and at the same time."""
    try:
        first, again, other = [(await _said(asker, model, max_tokens, seed))[0] for seed in (SEED, SEED, OTHER_SEED)]
        if not (first and other):
            return Check("seed", "warning", f"{model} said nothing within --max-tokens {max_tokens}", ROOM)
        if first == again == other:
            return Check("sampling", "warning", f"{model} does not sample: two seeds, one answer", SWITCH_ON)
        if first != again:
            return Check("seed", "warning", f"{model} does not honour the seed", NOT_AGAIN)
        together = await _said(asker, model, max_tokens, SEED, OTHER_SEED, SEED)
    except ModelError as error:
        return Check("seed", "failed", str(error), "Mend the endpoint and run this again.")
    if together == [first, other, first]:
        return Check("seed", "ok", f"{model} answers the same to the same seed")
    detail = f"{model} honours seeds only one after the other: beside other calls it answered differently"
    return Check("seed", "warning", detail, f"{NOT_AGAIN}\nWith --concurrency 1 it may not differ.")


async def _said(asker: Retrying, model: str, max_tokens: int, *seeds: int) -> list[str]:
    """What is answered to calls that leave at the same time. Raises `ModelError`."""
    asks = [asyncio.create_task(asker.ask(_request(model, max_tokens, seed))) for seed in seeds]
    await asyncio.wait(asks)
    outcomes = [ask.result() for ask in asks]
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error
    return [outcome.reply.text.strip() for outcome in outcomes if outcome.reply]


def _request(model: str, max_tokens: int, seed: int) -> Request:
    return Request(
        model=model,
        messages=(Message("user", QUESTION),),
        temperature=1.0,
        max_tokens=max_tokens,
        seed=seed,
        schema=None,
    )
