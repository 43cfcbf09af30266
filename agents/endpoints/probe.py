"""Finds out what an endpoint takes, with the smallest request there is, before a run begins.

Probes are no part of a run: they are neither journalled nor counted.
"""

import json
from dataclasses import replace
from typing import Final

from agents.endpoints.capabilities import Capabilities, Level, lower_level
from agents.endpoints.endpoint import Endpoint
from agents.forms import RATINGS, SCHEMAS
from agents.limits.retry import Outcome, Retrying
from agents.limits.slot import Gate
from agents.model import Message, ModelError, Reply, Request
from agents.spoken import spoken

PROBE_TOKENS: Final = 64
# What a model that thinks before it answers may need for both.
THINKING_TOKENS: Final = 1024
PROBE_TRIES: Final = 5
# How a server that does not say why refuses what it was asked for; another 4xx is about something else.
REFUSALS: Final = (400, 422)
# JSON mode wants to hear of JSON; the form is not described, so that only a server that enforces the schema gives it.
_QUESTION: Final = "Say hello in JSON."


async def probe(endpoint: Endpoint, model: str, limiter: Gate, *, structured: bool) -> Capabilities:
    """What `endpoint`, which `limiter` guards, takes for `model`. Raises `ModelError`.

    With `structured` a level counts only if a whole reply obeys it: some servers take a format and ignore it, and some
    refuse it in words that do not name it. What is empty or cut off is asked for again, once, with room to think. One
    answer is paid as a rule, four at most.
    """
    retrying = Retrying(endpoint, limiter, PROBE_TRIES, most_refusals=PROBE_TRIES)
    tokens = PROBE_TOKENS
    folded = False
    while True:
        outcome = await retrying.ask(_request(model, tokens))
        if outcome.error and not folded and _may_mean_the_system(outcome.error):
            folded = True
            outcome = await _without_system(endpoint, model, limiter, tokens) or outcome
        takes = endpoint.takes(model)
        lower = lower_level(takes) if structured else None
        if outcome.error and not (lower and _may_mean_the_form(outcome.error)):
            raise outcome.error
        if outcome.reply and (lower is None or _obeys(outcome.reply, takes.level)):
            endpoint.learn(model, takes)
            return takes
        if outcome.reply and tokens == PROBE_TOKENS and _unfinished(outcome.reply):
            tokens = THINKING_TOKENS
        elif lower:
            endpoint.learn(model, lower)


async def _without_system(endpoint: Endpoint, model: str, limiter: Gate, tokens: int) -> Outcome | None:
    """The answer where the system message is put before the user's: then that is learnt. None if there is none."""
    takes = endpoint.takes(model)
    endpoint.learn(model, replace(takes, system=False))
    outcome = await Retrying(endpoint, limiter, 1, most_refusals=1).ask(_request(model, tokens))
    if outcome.reply:
        return outcome
    endpoint.learn(model, takes)
    return None


async def gives_logprobs(endpoint: Endpoint, model: str, limiter: Gate) -> bool:
    """Whether `endpoint` gives log probabilities for `model`. Raises `ModelError` for what tells neither."""
    request = replace(_request(model, PROBE_TOKENS), logprobs=True)
    outcome = await Retrying(endpoint, limiter, PROBE_TRIES, most_refusals=PROBE_TRIES).ask(request)
    if outcome.error and outcome.error.kind != "bad_request":
        raise outcome.error
    return bool(outcome.reply and outcome.reply.logprobs)


async def check_alive(endpoint: Endpoint, model: str, limiter: Gate) -> None:
    """Raises `ModelError` unless `endpoint` answers the smallest request there is for `model`."""
    outcome = await Retrying(endpoint, limiter, PROBE_TRIES, most_refusals=1).ask(_request(model, PROBE_TOKENS))
    if outcome.error:
        raise outcome.error


def _request(model: str, tokens: int) -> Request:
    return Request(
        model=model,
        # With a system message, so that a server without that role says so before hundreds of calls wait for it.
        messages=(Message("system", "Answer briefly."), Message("user", _QUESTION)),
        temperature=1.0,
        max_tokens=tokens,
        seed=0,
        schema=SCHEMAS["rating"],
    )


def _may_mean_the_system(error: ModelError) -> bool:
    """Servers without that role say so in any words, or in none: `transformers serve` says 500."""
    return error.kind in ("bad_request", "server_error") and error.status in (*REFUSALS, 500)


def _may_mean_the_form(error: ModelError) -> bool:
    return error.kind == "bad_request" and error.status in REFUSALS


def _unfinished(reply: Reply) -> bool:
    """Whether `reply` tells nothing of what the endpoint takes: its model may have thought all the time."""
    said = spoken(reply)
    return said.finish == "length" or not (said.text.strip() or reply.refusal)


def _obeys(reply: Reply, level: Level) -> bool:
    """Whether `reply` is what `level` promises, and whole."""
    if _unfinished(reply):
        return False
    try:
        filled = json.loads(spoken(reply).text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(filled, dict):
        return False
    return level == "json_object" or (set(filled) == {"reason", "rating"} and filled["rating"] in RATINGS)
