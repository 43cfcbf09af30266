"""The list of runs: how far each came, what it scored and cost, how large and how old it is."""

import contextlib
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.errors import SandboxError, UsageError, of_either
from sandbox.figures.change import Change, alignment_change
from sandbox.figures.killed import counted
from sandbox.runs.directory import RunDirectory
from sandbox.runs.finding import find_runs
from sandbox.runs.reading import Run
from sandbox.runs.round_records import RoundSummary
from sandbox.sheet import Sheet
from sandbox.text import age, bytes_shown, change, money, nearest

STATUSES: Final = ("running", "complete", "stopped", "failed", "interrupted")


class Listed(NamedTuple):
    """A run, the summaries of its whole rounds and the change of alignment in these, its bytes, when it was made."""

    run: Run
    rounds: Sequence[RoundSummary]
    alignment: Change
    size: int
    created: datetime

    @property
    def models(self) -> list[str]:
        """Of the agents, then of the observer."""
        models = self.run.manifest.models
        return list(dict.fromkeys((*models.agents, models.observer)))

    def figures(self, now: datetime) -> dict[str, Any]:
        """What the manifest does not say."""
        return {
            "status_now": self.run.status,
            "rounds_done": len(self.rounds),
            "alignment_before": self.alignment.before,
            "alignment_after": self.alignment.after,
            "age_seconds": round((now - self.created).total_seconds()),
            "bytes": self.size,
        }


ORDERS: Final[dict[str, Callable[[Listed], Any]]] = {
    "created": lambda listed: listed.created,
    "status": lambda listed: STATUSES.index(listed.run.status),
    "model": lambda listed: listed.models,
    "alignment": lambda listed: -1.0 if listed.alignment.after is None else listed.alignment.after,
    "cost": lambda listed: listed.run.manifest.totals.cost_usd or 0.0,
    "rounds": lambda listed: len(listed.rounds),
    "size": lambda listed: listed.size,
}
_ASCENDING: Final = frozenset({"created", "status", "model"})


def listed(run: Run) -> Listed:
    """Looks the run up. Raises `SandboxError` for what cannot be read."""
    run = counted(run)
    try:
        created = datetime.fromisoformat(run.manifest.created)
    except ValueError:
        raise SandboxError(f"{run.directory.manifest_file}: created: {run.manifest.created!r} is no time.") from None
    rounds = run.rounds()
    return Listed(run, rounds, alignment_change(run, rounds), size_of(run.directory), in_utc(created))


def in_utc(time: datetime) -> datetime:
    """`time`, which is of UTC where it says no zone."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def size_of(run: RunDirectory) -> int:
    """Bytes of its files; links count for nothing."""
    inner = (folder for folder in (run.memory, run.prompts) if not folder.is_symlink())
    return sum(_size(file) for folder in (run.path, *inner) for file in folder.glob("*"))


def listed_in(folder: Path) -> tuple[list[Listed], list[str]]:
    """Every run in `folder`, oldest first, and what is wrong with those that cannot be read."""
    found, broken = find_runs(folder)
    read: list[Listed] = []
    for run in found:
        try:
            read.append(listed(run))
        except (SandboxError, OSError) as error:
            broken.append(of_either(error))
    return read, broken


def _size(file: Path) -> int:
    with contextlib.suppress(FileNotFoundError):  # a running run has files that come and go
        found = file.lstat()
        return found.st_size if stat.S_ISREG(found.st_mode) else 0
    return 0


def check_status(status: str | None, statuses: Sequence[str] = STATUSES) -> None:
    """Raises `UsageError` for a status that no run can have, or no cell of a study."""
    if status is not None and status not in statuses:
        raise UsageError(f"--status {status}: a run is one of {', '.join(statuses)}.{nearest(status, statuses)}")


def ordered(runs: Sequence[Listed], by: str | None, *, reverse: bool) -> list[Listed]:
    """Oldest first, by names from the first, by anything else largest first. Raises `UsageError`."""
    by = by or "created"
    if by not in ORDERS:
        raise UsageError(f"--sort {by}: runs have no such order.{nearest(by, ORDERS)}\nThere are: {', '.join(ORDERS)}.")
    return sorted(runs, key=ORDERS[by], reverse=reverse != (by not in _ASCENDING))


def runs_sheet(runs: Sequence[Listed], now: datetime | None = None) -> Sheet:
    """For people, a row a run: rounds so far of those planned, alignment from drafts to revisions in those."""
    now = now or datetime.now(UTC)
    columns = ("run", "status", "agents", "rounds", "alignment", "cost", "age", "models", "size")
    rows = [
        [
            each.run.name,
            each.run.status,
            each.run.manifest.config.agents,
            f"{len(each.rounds)}/{each.run.manifest.config.rounds}",
            change(*each.alignment) if each.rounds else None,
            money(each.run.manifest.totals.cost_usd),
            age((now - each.created).total_seconds()),
            ", ".join(each.models),
            bytes_shown(each.size),
        ]
        for each in runs
    ]
    return Sheet("runs", columns, rows, None, frozenset({"run", "status", "models"}), ("models", "size"))


def runs_data(runs: Sequence[Listed], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    names = ("run", "created", "agents", "rounds", "cost_usd", "models")
    rows = []
    for each in runs:
        manifest = each.run.manifest
        own = [each.run.name, manifest.created, manifest.config.agents, manifest.config.rounds]
        rows.append([*own, manifest.totals.cost_usd, ", ".join(each.models), *each.figures(now).values()])
    more = ("status", "rounds_done", "alignment_before", "alignment_after", "age_seconds", "bytes")
    return Sheet("runs", (*names, *more), rows)
