"""A work of its own on the machine of paid calls: questions that are answered, and answers that are judged.

Knows no society. As a program it works in a folder, of which anything may be there from before:

    python tests/questionnaire.py FOLDER BASE_URL [BUDGET_CALLS]
"""

import asyncio
import heapq
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from operator import attrgetter
from pathlib import Path
from typing import Literal, NamedTuple

from agents.forms import SCHEMAS
from agents.model import ErrorKind, Message, Reply, Request
from agents.replies import parse_judgement, parse_text
from sandbox.calls.accounts import Accounts
from sandbox.calls.attempt import Attempt
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.endpoints import Endpoints
from sandbox.calls.journal import JournalFiles
from sandbox.calls.lane import Lane
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes
from sandbox.options.config import Config, SocietyModel
from sandbox.progress.events import Finished, Report, Started
from sandbox.runs.appended import repair
from sandbox.runs.asks import FinishedAsk, Record

QUESTIONS = 200
FAKE = SocietyModel(name="fake")
Stage = Literal["answer", "judgement"]


class Asked(NamedTuple):
    """Which ask this is."""

    item: int
    stage: Stage


class AskedPlace(Record):
    """The fields of an `Asked`."""

    item: int
    stage: Stage


class AskedLine(FinishedAsk, AskedPlace):
    """A line of the journal."""

    @property
    def key(self) -> Asked:
        return Asked(self.item, self.stage)


class Judged(NamedTuple):
    """An answer, and its rating if there is one."""

    item: int
    answer: str | None
    rating: int | None


class Questionnaire:
    """Asks questions 0 to `count` - 1 once, and judges every answer as soon as it is there."""

    def __init__(self, count: int = QUESTIONS) -> None:
        self._ready = [(1, Asked(item, "answer")) for item in range(count)]
        self._answers: dict[int, str] = {}
        self._done: dict[int, Judged] = {}
        self.released = 0

    @property
    def has_ready(self) -> bool:
        return bool(self._ready)

    def peek(self, lane: int) -> Asked | None:
        return self._ready[0][1] if self._ready else None

    def next_call(self, lane: int) -> Asked | None:
        return heapq.heappop(self._ready)[1] if self._ready else None

    def enqueue(self, key: Asked) -> None:
        heapq.heappush(self._ready, (int(key.stage == "answer"), key))

    def ready_on(self, lane: int) -> int:
        return len(self._ready)

    def due(self) -> Mapping[str, float]:
        return {}

    def request(self, key: Asked) -> Request:
        judging = key.stage == "judgement"
        said = f"Rate this from 1 to 7: {self._answers[key.item]}" if judging else f"What is {key.item} squared?"
        schema = SCHEMAS["rating"] if judging else None
        return Request("fake", (Message("user", said),), 0.0, 32, key.item, schema)

    def receive(self, key: Asked, answer: Reply | ErrorKind) -> None:
        text = None if isinstance(answer, str) else parse_text(answer).text
        if key.stage == "answer" and text is not None:
            self._answers[key.item] = text
            self.enqueue(Asked(key.item, "judgement"))
            return
        rating = None if isinstance(answer, str) else parse_judgement(answer).rating
        self._done[key.item] = Judged(key.item, self._answers.get(key.item), rating)

    def release(self) -> Iterator[Judged]:
        while self.released in self._done:
            yield self._done.pop(self.released)
            self.released += 1


class Sitting:
    """Works on a questionnaire in `folder`; `judged` is what came of it by now."""

    def __init__(self, folder: Path, budget: Budget, count: int = QUESTIONS) -> None:
        self.work = Questionnaire(count)
        self.accounts = Accounts(Prices.load(None), budget)
        self.judged: list[Judged] = []
        calls = folder / "calls.jsonl"
        calls.touch()
        repair(calls)
        self.folder = folder
        files = JournalFiles(calls, folder / "superseded.jsonl", AskedLine, attrgetter("key"))
        self.attempt: Attempt[Asked, Judged] = Attempt(self.work, 1, files, self.accounts, lambda key: FAKE.name)

    async def run(
        self, lanes: list[Lane], report: Report = lambda _: None, then: Callable[["Sitting"], object] = lambda _: None
    ) -> None:
        """Take in the journal and make the calls that are left; `then` is called after each batch."""
        expected = {"answer": QUESTIONS, "judgement": QUESTIONS}
        with self.attempt as attempt:
            for batch in attempt.catch_up():
                self.judged += batch
            report(Started("squares", self.folder, QUESTIONS, "answers", expected, self.accounts, lanes, self.figures))
            if not attempt.has_affordable_work():
                return
            async with aclosing(attempt.drive(lanes)) as batches:
                async for batch in batches:
                    self.judged += batch
                    then(self)
        report(Finished([*self.figures()], {"judged": len(self.judged)}))

    def figures(self) -> list[str]:
        return [f"{self.work.released} judged"]


async def main(folder: Path, base_url: str, budget_calls: int | None = None) -> Sitting:
    """Sit down, to the end or until the budget is spent, and write what came of it."""
    config = Config(base_url=base_url, concurrency=16)
    routes = Routes([FAKE], config)
    sitting = Sitting(folder, Budget(Limits(calls=budget_calls)))
    async with Endpoints(routes, config) as endpoints:
        await sitting.run(endpoints.lanes(routes))
    (folder / "judged.txt").write_text("".join(f"{each}\n" for each in sitting.judged))
    return sitting


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if sys.argv[3:] else None))
