"""Small societies without an event loop: made, and played with answers in any order."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from agents.endpoints.scripted import Scripted
from agents.model import ErrorKind, Reply, Request
from memory import VectorSpace, open_embedder
from sandbox.options.config import Config
from sandbox.runs.records import CallKey
from sandbox.society.casting import cast_society
from sandbox.society.plan import Plan, make_plan
from sandbox.society.society import Society

CONFIG = Config(
    model="scripted", questions="starter", embedder="hash", grid=3, rounds=4, prior_size=5, threshold=0.2, radius=1.5
)


def plan(**changes: Any) -> Plan:
    return make_plan(replace(CONFIG, **changes))


def society(plan: Plan) -> Society:
    texts = plan.texts
    return cast_society(plan, VectorSpace(texts, open_embedder("hash").embed(texts)))


def scripted(request: Request) -> Reply:
    """The scripted model without an event loop: it never waits."""
    try:
        Scripted().complete(request).send(None)
    except StopIteration as answered:
        reply: Reply = answered.value
        return reply
    raise AssertionError("the scripted model waited")


def play(
    here: Society, random: Random, width: int, answer: Callable[[Request], Reply | ErrorKind] = scripted
) -> Iterator[tuple[CallKey, Request]]:
    """Make the calls with up to `width` in flight, answered in random order; yield each as it is dispatched."""
    in_flight: list[tuple[CallKey, Request]] = []
    lanes = sorted({*here.cast.lanes, here.cast.observer_lane})
    while True:
        while len(in_flight) < width and (key := next(filter(None, map(here.next_call, lanes)), None)):
            in_flight.append((key, here.request(key)))
            yield in_flight[-1]
        if not in_flight:
            return
        key, request = in_flight.pop(random.randrange(len(in_flight)))
        here.receive(key, answer(request))
