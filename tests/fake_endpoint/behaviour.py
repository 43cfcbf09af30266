"""What a fake endpoint is told to do. Knows neither HTTP nor what was asked before."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fake_endpoint.bodies import Body
from fake_endpoint.faults import Fault, check, drawn
from fake_endpoint.latency import Latency

# What an endpoint of another kind sends where OpenAI sends a document: another one, bytes, or bytes with a status.
Dialect = Callable[[Body, dict[str, Any]], dict[str, Any] | bytes | tuple[int, bytes]]


@dataclass(frozen=True)
class Behaviour:
    """What the server does.

    `api_key` None takes any; `models` None means no list of models (404). `latency` is in seconds, or a function of
    the body. `together`: no reply leaves before so many requests were in flight at once. `rejects` maps a parameter, or
    a type of response_format, to the message of its 400. `ignores_format` answers in prose without a word. `seeds`
    count always, only while no other request is in flight, or never, and then the temperature neither.
    Chat requests beyond `revoked_after` are 401. `usage` False reports none; `redirect` is where the fault of that name
    sends a request. `dialect` turns each whole reply into what another endpoint sends. `schema_checked` False takes
    bodies that OpenAI refuses, which saves most of the work.

    `script` has the faults of the first chat requests, None for a good answer; the others meet each of `faults` with
    its probability, drawn from `fault_seed`, the body and, for faults of transport, how often the body was let in.

    Turned away at once, not let in: requests beyond `rate` a second on average and `burst` at once (429 with the
    `retry_after` seconds that every 429 carries but 429_bare), and beyond `most_at_once` in flight (429_bare).
    `quota_headers` tells of the former as OpenAI does. At most `queue` requests are worked on at once, each for its
    latency, the others wait in line. The program ends without a word on chat request number `die_after`.

    Raises `ValueError` for numbers that make no sense.
    """

    api_key: str | None = None
    models: Collection[str] | None = ("fake",)
    latency: float | Latency = 0.0
    together: int = 1
    rejects: Mapping[str, str] = field(default_factory=dict)
    ignores_format: bool = False
    seeds: Literal["always", "alone", "never"] = "always"
    script: Sequence[Fault | None] = ()
    revoked_after: int | None = None
    usage: bool = True
    caches: bool = False
    redirect: str = ""
    schema_checked: bool = True
    dialect: Dialect | None = None
    faults: Mapping[Fault, float] = field(default_factory=dict)
    fault_seed: int = 0
    rate: float | None = None
    burst: int = 1
    retry_after: float = 0.01
    quota_headers: bool = False
    most_at_once: int | None = None
    queue: int | None = None
    die_after: int | None = None

    def __post_init__(self) -> None:
        check(self.faults)
        for name in ("rate", "burst", "most_at_once", "queue", "die_after"):
            if not (getattr(self, name) is None or getattr(self, name) > 0):
                raise ValueError(f"{name} is above 0, not {getattr(self, name)}.")
        if not self.retry_after >= 0:
            raise ValueError(f"retry_after is 0 seconds or more, not {self.retry_after}.")
        if self.quota_headers and self.rate is None:
            raise ValueError("quota_headers tell of the rate: give one.")

    def fault(self, number: int, body: Body) -> Fault | None:
        """What is bound to go wrong with the chat request of this number, counted from 0."""
        if self.revoked_after is not None and number >= self.revoked_after:
            return "401"
        return self.script[number] if number < len(self.script) else None

    def drawn(self, number: int, body: Body, seen: int) -> Fault | None:
        """What happens to go wrong with a chat request beyond the script whose body was let in `seen` times before."""
        return drawn(self.faults, self.fault_seed, body.digest, seen) if number >= len(self.script) else None

    def wait(self, body: Body) -> float:
        """Seconds that the answer to `body` takes."""
        return self.latency(body) if callable(self.latency) else self.latency
