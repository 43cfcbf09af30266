"""What a run reports while it goes on. The command line turns these into a panel, log lines or JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.calls.lane import Lane
from sandbox.calls.tally import Tally
from sandbox.runs.manifest import Manifest
from sandbox.runs.records import RoundSummary
from sandbox.society.forecast import Forecast


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know; `warning` marks what they might not expect."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """The first call is about to be made. `tally` goes on counting, and `lanes` say what is in flight."""

    run_id: str
    path: Path
    forecast: Forecast
    tally: Tally
    lanes: Sequence[Lane]


@dataclass(frozen=True, slots=True)
class RoundDone:
    """A whole round is in the log."""

    summary: RoundSummary


@dataclass(frozen=True, slots=True)
class Finished:
    """The run ended, complete or not."""

    manifest: Manifest
    path: Path


Event = Note | Started | RoundDone | Finished
