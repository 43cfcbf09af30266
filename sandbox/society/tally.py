"""What the journal of a run adds up to, without working out its plan: for runs whose manifest was left behind.

Reads the journal whole; makes no call and changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, cast

from sandbox.calls.accounts import Accounts
from sandbox.calls.journal import JournalFiles, KnownCalls, line_outcome
from sandbox.calls.manifest import answered
from sandbox.calls.price_files import Price
from sandbox.calls.prices import Listed, Prices
from sandbox.errors import SandboxError
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest, Models
from sandbox.runs.records import CallKey, JournalLine
from sandbox.society.speaking import name_asked, speaking


class Tally(NamedTuple):
    """The accounts of all attempts, and how long the last one took, from first dispatch to last reply."""

    accounts: Accounts
    last_seconds: float

    def answered(self, models: Models) -> Models:
        """`models` with what answers said of who gave them."""
        return answered(models, self.accounts)


def journal_of(directory: RunDirectory) -> JournalFiles[CallKey]:
    """Where the journal of a society lies."""
    return JournalFiles(directory.calls, directory.superseded, JournalLine, attrgetter("key"))


def tallied(directory: RunDirectory, manifest: Manifest) -> Tally:
    """The journal in `directory` added up. Raises `SandboxError` for one that cannot be trusted."""
    known = KnownCalls(journal_of(directory))
    lines = cast("list[JournalLine]", [*known, *known.superseded])
    models, observer = speaking(manifest.config)
    prices = prices_of(manifest)
    is_priced = all(prices.knows(model.name) for model in (*models, observer))
    accounts = Accounts(prices, cost_usd=0.0 if is_priced else None)
    for line in lines:
        accounts.answered_before(line.stage, name_asked(line.key, models, observer), line_outcome(line))
    for line in lines[len(known) :]:
        accounts.replaced(line.stage)
    since = manifest.attempts[-1].started if manifest.attempts else ""
    try:
        return Tally(accounts, _seconds(lines, since))
    except (ValueError, OverflowError):
        raise SandboxError(f"{directory.calls}: a time in it is none of ISO 8601.") from None


def prices_of(manifest: Manifest) -> Prices:
    """Those that the run was reckoned with, as it kept them: a file that its manifest names is not opened for a look.

    An older run that kept none had the bundled ones, unless it names a file: then nobody knows.
    """
    used = {
        name: Listed(each.name, Price(each.prompt, each.completion), each.source, each.date)
        for name, each in manifest.prices_used.items()
    }
    return Prices(used, "") if used or manifest.config.prices else Prices.load(None)


def _seconds(lines: Iterable[JournalLine], since: str) -> float:
    """How long what was journalled `since` then took."""
    times = [(datetime.fromisoformat(line.at).timestamp(), line.latency) for line in lines if line.at >= since]
    return max(at for at, _ in times) - min(at - latency for at, latency in times) if times else 0.0
