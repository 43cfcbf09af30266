"""What the journal of a work adds up to, without working out its plan: for folders whose manifest was left behind.

Reads the journal whole; makes no call and changes nothing. Knows no society and no suite.
"""

import math
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from sandbox.calls.accounts import Accounts
from sandbox.calls.journal import JournalFiles, line_outcome
from sandbox.calls.known import KnownCalls
from sandbox.calls.manifest import answered
from sandbox.calls.price_files import Price
from sandbox.calls.prices import Listed, Prices
from sandbox.errors import SandboxError
from sandbox.runs.any_manifest import AnyManifest
from sandbox.runs.asks import FinishedAsk
from sandbox.runs.manifest import Models

K = TypeVar("K")


class Tally(NamedTuple):
    """The accounts of all attempts, and how long the last one took, from first dispatch to last reply."""

    accounts: Accounts
    last_seconds: float

    def answered(self, models: Models) -> Models:
        """`models` with what answers said of who gave them."""
        return answered(models, self.accounts)


def added_up(
    journal: JournalFiles[Any], manifest: AnyManifest, names: Collection[str], model_of: Callable[[Any], str]
) -> Tally:
    """The `journal` of the work of `manifest`, which asks models of these `names`; `model_of` is that of a key.

    Raises `SandboxError` for one that cannot be trusted.
    """
    prices = prices_of(manifest)
    accounts = Accounts(prices, cost_usd=0.0 if all(map(prices.knows, names)) else None)
    span = _Span(manifest.attempts[-1].started if manifest.attempts else "", journal.calls)

    def add(line: Any) -> None:
        accounts.answered_before(line.stage, model_of(line.key), line_outcome(line))
        span.add(line)

    KnownCalls(journal, tell=add)
    for line in journal.replaced():
        add(line)
        accounts.replaced(journal.key(line).stage)
    return Tally(accounts, span.seconds)


def prices_of(manifest: AnyManifest) -> Prices:
    """Those that the work was reckoned with, as it kept them: a file that its manifest names is not opened for a look.

    An older run that kept none had the bundled ones, unless it names a file: then nobody knows.
    """
    used = {
        name: Listed(each.name, Price(each.prompt, each.completion, each.cached), each.source, each.date)
        for name, each in manifest.prices_used.items()
    }
    return Prices(used, "") if used or manifest.config.prices else Prices.load(None)


class _Span:
    """How long what was journalled `since` then took; `path` is named where a time is none."""

    def __init__(self, since: str, path: Path) -> None:
        self._since: Final = since
        self._path: Final = path
        self._begin, self._end = math.inf, -math.inf

    def add(self, line: FinishedAsk) -> None:
        """Take in a line. Raises `SandboxError`."""
        if line.at < self._since:
            return
        try:
            at = datetime.fromisoformat(line.at).timestamp()
        except (ValueError, OverflowError):
            raise SandboxError(f"{self._path}: a time in it is none of ISO 8601.") from None
        self._begin = min(self._begin, at - line.latency)
        self._end = max(self._end, at)

    @property
    def seconds(self) -> float:
        """From first dispatch to last reply."""
        return max(0.0, self._end - self._begin)
