"""Finds out what an endpoint takes, with the smallest request there is, before a run begins.

Probes are no part of a run: they are neither journalled nor counted.
"""

import json
from typing import Final

from agents.endpoints.capabilities import Capabilities, Level, lower_level
from agents.endpoints.endpoint import Endpoint
from agents.forms import RATINGS, SCHEMAS
from agents.limits.limiter import Limiter
from agents.limits.retry import Retrying
from agents.model import Message, Reply, Request

PROBE_TOKENS: Final = 64
PROBE_TRIES: Final = 5
# JSON mode wants to hear of JSON; the form is not described, so that only a server that enforces the schema gives it.
_QUESTION: Final = "Say hello in JSON."


async def probe(endpoint: Endpoint, model: str, limiter: Limiter, *, structured: bool) -> Capabilities:
    """What `endpoint`, which `limiter` guards, takes for `model`. Raises `ModelError`.

    With `structured` a level counts only if the reply obeys the schema: some servers take a format and ignore it.
    """
    retrying = Retrying(endpoint, limiter, PROBE_TRIES, refusals=PROBE_TRIES)
    while True:
        outcome = await retrying.ask(_request(model))
        if outcome.error:
            raise outcome.error
        assert outcome.reply is not None
        takes = endpoint.takes(model)
        lower = lower_level(takes)
        if not structured or lower is None or _obeys(outcome.reply, takes.level):
            endpoint.learn(model, takes)
            return takes
        endpoint.learn(model, lower)


async def check_alive(endpoint: Endpoint, model: str, limiter: Limiter) -> None:
    """Raises `ModelError` unless `endpoint` answers the smallest request there is for `model`."""
    outcome = await Retrying(endpoint, limiter, PROBE_TRIES, refusals=1).ask(_request(model))
    if outcome.error:
        raise outcome.error


def _request(model: str) -> Request:
    return Request(
        model=model,
        messages=(Message("user", _QUESTION),),
        temperature=1.0,
        max_tokens=PROBE_TOKENS,
        seed=0,
        schema=SCHEMAS["rating"],
    )


def _obeys(reply: Reply, level: Level) -> bool:
    """Whether `reply` is what `level` promises; one that was cut short may have been on the way to it."""
    if reply.finish == "length":
        return reply.text.lstrip()[:1] in ("", "{")
    try:
        filled = json.loads(reply.text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(filled, dict):
        return False
    return level == "json_object" or (set(filled) == {"reason", "rating"} and filled["rating"] in RATINGS)
