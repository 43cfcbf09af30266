"""What a server saw: requests and answers, counted. Knows nothing of how it answers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from fake_endpoint.answers import Answer
from fake_endpoint.bodies import Body


class Ledger:
    """The counts of a server.

    `requests` has the chat bodies in order and `headers` those of every request, both empty unless it `remembers`.
    `arrived` counts chat requests, `counts` and `let_in` those of each body (by sha256) that came and that were not
    turned away at once, `answered` those of each answer: a fault, a status, or 200. `paid` counts whole replies,
    twisted or not, also those that their client did not wait for; `paid_twice` those beyond the first of a body.
    `busy_seconds` is what those let in took together, each from its arrival until its answer was ready to leave.
    `invalid` says what was wrong with bodies.
    """

    def __init__(self, *, remembers: bool = True) -> None:
        self._remembers: Final = remembers
        self.requests: Final[list[Body]] = []
        self.headers: Final[list[dict[str, str]]] = []
        self.counts: Final[Counter[str]] = Counter()
        self.let_in: Final[Counter[str]] = Counter()
        self.answered: Final[Counter[str]] = Counter()
        self.invalid: Final[list[str]] = []
        self.arrived = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.paid = 0
        self.busy_seconds = 0.0
        self._paid_bodies: Final[set[str]] = set()

    @property
    def paid_twice(self) -> int:
        """Whole replies to a body that had one."""
        return self.paid - len(self._paid_bodies)

    def keys(self) -> set[str]:
        """The Authorization headers that came."""
        return {headers.get("authorization", "") for headers in self.headers}

    def asked(self) -> set[str]:
        """The models that were asked."""
        return {body["model"] for body in self.requests}

    def stats(self) -> dict[str, Any]:
        """The counts, as `GET /stats` answers them."""
        return {
            "requests": self.arrived,
            "answered": dict(self.answered),
            "paid": self.paid,
            "paid_twice": self.paid_twice,
            "most_in_flight": self.most_in_flight,
            "mean_seconds": self.busy_seconds / max(1, sum(self.let_in.values())),
            "invalid": self.invalid,
            "bodies": len(self.counts),
        }

    def note_headers(self, headers: Mapping[str, str]) -> None:
        """A request came."""
        if self._remembers:
            self.headers.append({name.lower(): value for name, value in headers.items()})

    def note_body(self, body: Body) -> None:
        """A chat request came."""
        self.counts[body.digest] += 1
        if self._remembers:
            self.requests.append(body)

    def note_answer(self, answer: Answer, body: Body | None) -> None:
        """`body`, None where there was none that could be read, has its answer."""
        self.answered[answer.name] += 1
        if answer.paid and body is not None:
            self.paid += 1
            self._paid_bodies.add(body.digest)

    @contextmanager
    def flight(self) -> Iterator[None]:
        """One more request is in flight, until the block ends."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1
