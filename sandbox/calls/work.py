"""What a dispatcher drives: a work knows which calls can be made now and what each asks, and is told the answers.

A work has no input or output and makes no call. A society is one; `tests/test_work.py` has a small one of its own.
Knows neither journal nor endpoints.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from agents.model import ErrorKind, Reply, Request


class CallPlace(Protocol):
    """Which ask of a work this is: a named tuple, with whose fields the work's journal lines begin."""

    @property
    def stage(self) -> str:
        """What calls are counted by."""
        ...

    def _asdict(self) -> dict[str, Any]: ...

    def __hash__(self) -> int: ...


K = TypeVar("K", bound=CallPlace)
T_co = TypeVar("T_co", covariant=True)


class Work(Protocol[K, T_co]):
    """Calls by their place `K`, of which finished things `T_co` come. Calls are asked on numbered lanes."""

    @property
    def has_ready(self) -> bool:
        """Whether a call can be made now."""
        ...

    def peek(self, lane: int) -> K | None:
        """The most urgent ready call of `lane`, which stays ready."""
        ...

    def ready_on(self, lane: int) -> int:
        """How many calls of `lane` are ready."""
        ...

    def next_call(self, lane: int) -> K | None:
        """Take the most urgent ready call of `lane`."""
        ...

    def enqueue(self, key: K) -> None:
        """Make `key`, which was taken, ready again."""
        ...

    def due(self) -> Mapping[str, float]:
        """How many asks, by stage, what is begun will still take: what others who share a budget leave for it."""
        ...

    def request(self, key: K) -> Request:
        """What `key` asks."""
        ...

    def receive(self, key: K, answer: Reply | ErrorKind) -> None:
        """Take in the answer to `key`, or the kind of error with which it failed for good."""
        ...

    def release(self) -> Iterator[T_co]:
        """What is finished and next in order, whatever the order of answers was."""
        ...
