"""What the journal of a work adds up to, without working out its plan: for folders whose manifest was left behind.

Reads the journal whole; makes no call and changes nothing. Knows no society and no suite.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sandbox.calls.accounts import Accounts
from sandbox.calls.journal import JournalFiles, KnownCalls, line_outcome
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
    known = KnownCalls(journal)
    lines: list[Any] = [*known, *known.superseded]
    prices = prices_of(manifest)
    accounts = Accounts(prices, cost_usd=0.0 if all(map(prices.knows, names)) else None)
    for line in lines:
        accounts.answered_before(line.stage, model_of(line.key), line_outcome(line))
    for line in lines[len(known) :]:
        accounts.replaced(line.stage)
    since = manifest.attempts[-1].started if manifest.attempts else ""
    return Tally(accounts, _seconds(lines, since, journal.calls))


def prices_of(manifest: AnyManifest) -> Prices:
    """Those that the work was reckoned with, as it kept them: a file that its manifest names is not opened for a look.

    An older run that kept none had the bundled ones, unless it names a file: then nobody knows.
    """
    used = {
        name: Listed(each.name, Price(each.prompt, each.completion, each.cached), each.source, each.date)
        for name, each in manifest.prices_used.items()
    }
    return Prices(used, "") if used or manifest.config.prices else Prices.load(None)


def _seconds(lines: Iterable[FinishedAsk], since: str, path: Path) -> float:
    """How long what was journalled `since` then took."""
    try:
        times = [(datetime.fromisoformat(line.at).timestamp(), line.latency) for line in lines if line.at >= since]
    except (ValueError, OverflowError):
        raise SandboxError(f"{path}: a time in it is none of ISO 8601.") from None
    return max(at for at, _ in times) - min(at - latency for at, latency in times) if times else 0.0
