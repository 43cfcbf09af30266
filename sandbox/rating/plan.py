"""What a rating will do, worked out before anything is paid: which texts, on which dimensions, by whom, at what price.

Asks no model.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import orjson

from agents.model import Request
from agents.protocol import ScoredText
from prompts import TemplateError
from sandbox.calls.forecast import Forecast
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes
from sandbox.calls.union import United
from sandbox.errors import SandboxError
from sandbox.options.option import options
from sandbox.options.rating import RatingConfig
from sandbox.rating.draws import sampling_seed
from sandbox.rating.forecast import forecast
from sandbox.rating.inquiry import Inquiry, Sampling
from sandbox.runs.rating.manifest import RatedLog
from sandbox.runs.rating.records import RatingKey, ScoreStage
from sandbox.runs.stored_texts import Stored

# What the sha256 of the log and of templates cover.
_BY_CONTENT: Final = frozenset({"dimensions"})
STAGES: Final[Mapping[ScoredText, ScoreStage]] = {"draft": "score_draft", "revision": "score_revision"}


class ToRate(NamedTuple):
    """An interaction, and which of its texts are rated; at least one call is made about each."""

    stored: Stored
    texts: Sequence[ScoredText]


@dataclass(frozen=True)
class Plan:
    """Everything about a rating but its replies. `items` are in order; `config` names observer, name and sampling."""

    config: RatingConfig
    log: RatedLog
    items: Sequence[ToRate]
    inquiry: Inquiry
    prices: Prices

    def calls_of(self, item: ToRate) -> Iterator[RatingKey]:
        """The first ask of each call about `item`: drafts first, then in the order of dimensions."""
        for text in item.texts:
            for call in self.inquiry.calls:
                if self.inquiry.is_asked(call, item.stored):
                    yield RatingKey(item.stored.round, item.stored.agent, STAGES[text], call)

    @property
    def texts(self) -> int:
        """How many texts are rated."""
        return sum(len(item.texts) for item in self.items)

    @property
    def observer(self) -> str:
        """The name of the model that rates."""
        return self.config.observer.name

    def request(self, key: RatingKey, stored: Stored) -> Request:
        """What `key` asks about `stored`. Raises `SandboxError` where its template cannot be worked out."""
        try:
            return self.inquiry.request(key, stored, self.sampling(key))
        except TemplateError as error:
            told = f"{key}: a prompt cannot be made: {error}."
            raise SandboxError(f"{told}\nMend the template, and rate the run anew.") from error

    def sampling(self, key: RatingKey) -> Sampling:
        """How the reply to `key` is sampled. Of options that stand, which say all of it."""
        config = self.config
        assert config.name
        assert config.observer_temperature is not None
        seed = sampling_seed(config.seed, config.name, key)
        return Sampling(self.observer, config.observer_temperature, self.limits.max_tokens, seed)

    @cached_property
    def routes(self) -> Routes:
        """Where the observer is asked."""
        return Routes([self.config.observer], self.limits)

    @property
    def longest_chain(self) -> int:
        """No call waits for another."""
        return 1

    @cached_property
    def limits(self) -> United:
        """What holds for the endpoint."""
        return United.of(self.config)  # type: ignore[arg-type]  # which says how long a reply may be, since it stands

    def model_of(self, key: RatingKey) -> str:  # noqa: ARG002  # whatever is asked
        """The name of the model that `key` asks."""
        return self.observer

    @cached_property
    def forecast(self) -> Forecast:
        """What it will take."""
        return forecast(self)

    @cached_property
    def fingerprint(self) -> str:
        """Sha256 of what changes results: options, the lines that are rated, and the templates."""
        known: dict[str, Any] = {
            name: getattr(self.config, name)
            for name, option in options(RatingConfig).items()
            if not option.operational and name not in _BY_CONTENT
        }
        known["log"] = [self.log.interactions, self.log.sha256]
        known["dimensions"] = [[each.name, *each.scale] for each in self.inquiry.used]
        known["prompts"] = dict(self.inquiry.digests)
        return hashlib.sha256(orjson.dumps(known, option=orjson.OPT_SORT_KEYS)).hexdigest()
