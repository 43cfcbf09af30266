"""What an evaluation will do, worked out before anything is paid: suites, models, prices, and what is stored already.

Asks no model.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import orjson

from sandbox.calls.forecast import Forecast
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes
from sandbox.calls.union import United
from sandbox.evaluation.forecast import forecast
from sandbox.options.config import SocietyModel
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import options
from sandbox.runs.adapters import AdapterUsed
from sandbox.runs.evaluation.records import AnyAnswer, AskKey, Stage
from sandbox.suites.suite import Item, Suite

# What the digests of suites cover, and whose answers are judged stands beside.
_BY_CONTENT: Final = frozenset(
    {"suite", "limit", "samples", "shuffles", "logprobs", "pairs", "pairwise", "answers", "prompts"}
)


class Place(NamedTuple):
    """Where a sample stands among all: its suite, its item, both by number, and which sample it is."""

    suite: int
    item: int
    sample: int


@dataclass(frozen=True)
class Plan:
    """Everything about an evaluation but its replies. `suites` are by name.

    `stored` are answers that are there already, by (suite, item, sample): these are judged, and nothing else is asked.
    `answers_of` says whose they are, and `adapter` what the model speaks through.
    """

    config: EvaluationConfig
    suites: tuple[Suite, ...]
    prices: Prices
    answers_of: str | None = None
    stored: Mapping[tuple[str, str, int], AnyAnswer] = field(default_factory=dict)
    adapter: AdapterUsed | None = None

    @cached_property
    def places(self) -> list[Place]:
        """Every sample, in the order of the log."""
        return list(self._places())

    def _places(self) -> Iterator[Place]:
        for number, suite in enumerate(self.suites):
            for item_number, item in enumerate(suite.items):
                for sample in self._samples(suite, item):
                    yield Place(number, item_number, sample)

    def _samples(self, suite: Suite, item: Item) -> Sequence[int]:
        if self.answers_of:
            return self._stored_samples.get((suite.name, item.id), ())
        return range(1 if item.given else suite.sampling.samples)

    @cached_property
    def _stored_samples(self) -> Mapping[tuple[str, str], list[int]]:
        """By suite and item: who stored sample 9,999 of one item need not have stored any other."""
        found: dict[tuple[str, str], list[int]] = {}
        for suite, item, sample in sorted(self.stored):
            found.setdefault((suite, item), []).append(sample)
        return found

    def at(self, place: Place) -> tuple[Suite, Item]:
        """The suite and the item of `place`."""
        suite = self.suites[place.suite]
        return suite, suite.items[place.item]

    def asks(self, item: Item) -> bool:
        """Whether the model is asked `item`, and no text of it is given or stored."""
        return not item.given and not self.answers_of

    @cached_property
    def planned_of(self) -> Counter[str]:
        """How many samples each suite has."""
        return Counter(self.suites[place.suite].name for place in self.places)

    @property
    def longest_chain(self) -> int:
        """A judgement waits for its answer."""
        return len(self.stages)

    @property
    def limits(self) -> United:
        """What holds for endpoints; replies are as long as the longest that any suite allows."""
        config = self.config
        lengths = [suite.sampling.max_tokens for suite in self.suites]
        lengths += [suite.judge.max_tokens for suite in self.suites if suite.judge]
        return United(
            base_url=config.base_url,
            structured=config.structured,
            max_tokens=max(lengths),
            concurrency=config.concurrency,
            rpm=config.rpm,
            tpm=config.tpm,
            wait=config.wait,
            timeout=config.timeout,
        )

    @cached_property
    def stages(self) -> dict[Stage, SocietyModel]:
        """Who is asked at each stage that there is."""
        asked: dict[Stage, SocietyModel] = {}
        if any(self.asks(item) for suite in self.suites for item in suite.items):
            model = self.config.asked
            asked["answer"] = replace(model, name=self.adapter.name) if self.adapter else model
        if any(suite.judge for suite in self.suites):
            asked["judgement"] = self.config.judging
        return asked

    @property
    def likely_of(self) -> SocietyModel | None:
        """Who answers, where a survey wants log probabilities."""
        return self.stages.get("answer") if any(suite.sampling.logprobs for suite in self.suites) else None

    @cached_property
    def routes(self) -> Routes:
        """Where models are asked."""
        return Routes(self.stages.values(), self.limits)

    @property
    def judge(self) -> str | None:
        """The name of the model that judges; None where nothing is judged."""
        judging = self.stages.get("judgement")
        return judging.name if judging else None

    def lane(self, key: AskKey) -> int:
        """The number of the lane that `key` is asked on."""
        return self._lanes[key.stage]

    @cached_property
    def _lanes(self) -> dict[Stage, int]:
        return {stage: self.routes.number(model) for stage, model in self.stages.items()}

    def model_of(self, key: AskKey) -> str:
        """The name of the model that `key` asks; empty for a stage that this evaluation does not have."""
        model = self.stages.get(key.stage)
        return model.name if model else ""

    @cached_property
    def forecast(self) -> Forecast:
        """What it will take."""
        return forecast(self)

    @cached_property
    def prompts(self) -> dict[str, str]:
        """Sha256 of each judge's template, by suite."""
        return {
            suite.name: hashlib.sha256(suite.judge.template.encode()).hexdigest()
            for suite in self.suites
            if suite.judge
        }

    @cached_property
    def fingerprint(self) -> str:
        """Sha256 of what changes results: options, suites by content, and the answers that are judged."""
        known: dict[str, Any] = {
            name: getattr(self.config, name)
            for name, option in options(EvaluationConfig).items()
            if not option.operational and name not in _BY_CONTENT
        }
        known["judge"] = self.judge
        if self.adapter:
            known["adapter"] = self.adapter.sha256
        known["suites"] = {suite.name: suite.digest for suite in self.suites}
        known["stored"] = [answer.model_dump(mode="json") for _, answer in sorted(self.stored.items())]
        return hashlib.sha256(orjson.dumps(known, option=orjson.OPT_SORT_KEYS)).hexdigest()
