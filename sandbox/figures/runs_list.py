"""The list of runs: how far each came, what sets it apart, what it scored and cost, how large and how old it is."""

import contextlib
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.errors import SandboxError, UsageError, of_either
from sandbox.figures.change import Change, alignment_change
from sandbox.figures.killed import counted
from sandbox.figures.tagged import tag_keys
from sandbox.runs.directory import RunDirectory
from sandbox.runs.finding import find_runs
from sandbox.runs.reading import Run
from sandbox.runs.round_records import RoundSummary
from sandbox.runs.settings import Setting, differing, in_force, setting_names
from sandbox.runs.tags import Tags, tags_of
from sandbox.sheet import Cell, Sheet
from sandbox.text import age, bytes_shown, change, last_part, money, nearest, written
from sandbox.vocabulary.vocabulary import current, readable

# In a narrow terminal the first settings in which runs differ stand before cost and age, and the others behind.
_FIRST: Final = 3
_FIGURES: Final = ("status_now", "rounds_done", "alignment_before", "alignment_after", "age_seconds", "bytes")
# Of what is alike in all runs only so much is told.
_TOLD: Final = 6
STATUSES: Final = ("running", "complete", "stopped", "failed", "interrupted")


class Listed(NamedTuple):
    """A run, the summaries of its whole rounds and the change of alignment in these, its bytes, its age, its tags."""

    run: Run
    rounds: Sequence[RoundSummary]
    alignment: Change
    size: int
    created: datetime
    tags: Tags

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
            **tag_keys(self.tags),
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
_ASCENDING: Final = frozenset({"status", "model"})


def listed(run: Run, broken: list[str]) -> Listed:
    """Looks the run up; `broken` is told of tags that cannot be read. Raises `SandboxError` for a run that cannot."""
    run = counted(run)
    try:
        created = datetime.fromisoformat(run.manifest.created)
    except ValueError:
        raise SandboxError(f"{run.directory.manifest_file}: created: {run.manifest.created!r} is no time.") from None
    rounds = run.rounds()
    tags = tags_of(run.directory.path, broken)
    return Listed(run, rounds, alignment_change(run, rounds), size_of(run.directory), in_utc(created), tags)


def in_utc(time: datetime) -> datetime:
    """`time`, which is of UTC where it says no zone."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def size_of(run: RunDirectory) -> int:
    """Bytes of its files; links count for nothing."""
    inner = (folder for folder in (run.memory, run.prompts) if not folder.is_symlink())
    return sum(_size(file) for folder in (run.path, *inner) for file in folder.glob("*"))


def listed_in(folder: Path) -> tuple[list[Listed], list[str]]:
    """Every run in `folder`, newest first, and what is wrong with those that cannot be read."""
    found, broken = find_runs(folder)
    read: list[Listed] = []
    for run in found:
        try:
            read.append(listed(run, broken))
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
    """Newest first, by names from the first, by anything else largest first. Raises `UsageError`."""
    by = current(by or "created", ORDERS)
    if by not in ORDERS:
        raise UsageError(
            f"--sort {by}: runs have no such order.{nearest(by, readable(ORDERS))}\nThere are: {', '.join(ORDERS)}."
        )
    return sorted(runs, key=ORDERS[by], reverse=reverse != (by not in _ASCENDING))


def runs_sheet(runs: Sequence[Listed], now: datetime | None = None) -> Sheet:
    """For people, a row a run: rounds so far of those planned, alignment from drafts to revisions, what sets it apart.

    Settings are those in which the runs differ; the note says what is alike in all.
    """
    now = now or datetime.now(UTC)
    apart = [name for name in differing(each.run.manifest for each in runs) if name != "rounds"]
    tagged = ["tags"] if any(each.tags.tags for each in runs) else []
    more = [*apart, *tagged]
    columns = ("run", "status", "rounds", "alignment", *more, "cost", "age", "size")
    texts = frozenset({"run", "status", *more})
    optional = (*tagged, *more[:_FIRST], "age", "cost", *(name for name in more[_FIRST:] if name != "tags"), "size")
    rows = [_row(each, apart, bool(tagged), now) for each in runs]
    return Sheet("runs", columns, rows, _alike(runs, apart), texts, tuple(dict.fromkeys(optional)))


def _row(each: Listed, apart: Sequence[str], tagged: bool, now: datetime) -> list[Cell]:
    config, settings = each.run.manifest.config, in_force(each.run.manifest)
    return [
        each.run.name,
        each.run.status,
        f"{len(each.rounds)}/{config.rounds}",
        change(*each.alignment) if each.rounds else None,
        *(_shown(settings[name]) for name in apart),
        *([each.tags.shown] if tagged else []),
        money(each.run.manifest.totals.cost_usd),
        age((now - each.created).total_seconds()),
        bytes_shown(each.size),
    ]


def _alike(runs: Sequence[Listed], apart: Sequence[str]) -> str | None:
    """`labels mixed, seed 0, model gpt-4o`: the most telling settings in which no two runs differ."""
    if not runs:
        return None
    settings = in_force(runs[0].run.manifest)
    same = [name for name in setting_names()[:_TOLD] if name not in apart]
    told = ", ".join(f"{name.replace('_', ' ')} {_shown(settings[name])}" for name in same)
    return f"{'all have' if len(runs) > 1 else 'it has'} {told}" if same else None


def _shown(value: Setting) -> str | None:
    return None if value is None else last_part(written(value))


def runs_data(runs: Sequence[Listed], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers, and every setting by the name of its option."""
    names = ("run", "created", "agents", "rounds", "cost_usd", "models")
    settings = [name for name in setting_names() if name != "rounds"]
    rows = []
    for each in runs:
        manifest, figures, found = each.run.manifest, each.figures(now), in_force(each.run.manifest)
        own = [each.run.name, manifest.created, manifest.config.agents, manifest.config.rounds]
        counted = [manifest.totals.cost_usd, ", ".join(each.models), *(figures[name] for name in _FIGURES)]
        rows.append([*own, *counted, each.tags.shown, each.tags.note, *(found[name] for name in settings)])
    more = ("status", *_FIGURES[1:], "tags", "note", *settings)
    return Sheet("runs", (*names, *more), rows, texts=frozenset(settings))
