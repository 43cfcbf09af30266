"""Whether a run goes badly enough to be stopped: too many failed interactions, too many missing ratings."""

from typing import Final, NamedTuple

from sandbox.calls.tally import Tally
from sandbox.options.config import Config
from sandbox.runs.manifest import StoppedBy

JUDGED_FROM: Final = 50


class Verdict(NamedTuple):
    """Why a run is stopped, for the manifest and for people."""

    by: StoppedBy
    text: str


def verdict(tally: Tally, config: Config) -> Verdict | None:
    """None while both shares are within bounds, or fewer than 50 were seen."""
    done = tally.complete + tally.failed
    if done >= JUDGED_FROM and tally.failed > config.max_failures * done:
        kind, _ = tally.failures.most_common(1)[0]
        share = f"{tally.failed} of {done} interactions failed ({tally.failed / done:.1%}, mostly {kind})"
        return Verdict("failures", f"{share}, more than --max-failures {config.max_failures:g} allows.")
    if tally.ratings >= JUDGED_FROM and tally.missing > config.max_missing * tally.ratings:
        share = f"{tally.missing} of {tally.ratings} ratings are missing ({tally.missing / tally.ratings:.1%})"
        return Verdict("missing", f"{share}, more than --max-missing {config.max_missing:g} allows.")
    return None
