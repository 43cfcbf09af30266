"""The list of runs: how far each came, what it scored and cost, how large and how old it is."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.inspection.sheet import Cell, Sheet
from sandbox.records import RoundSummary
from sandbox.resolution import nearest
from sandbox.run_reading import Run
from sandbox.text import age, bytes_shown, mean, money


class Listed(NamedTuple):
    """A run, the summaries of its whole rounds, and the bytes of its files."""

    run: Run
    rounds: Sequence[RoundSummary]
    size: int

    @property
    def alignment(self) -> float | None:
        """Mean alignment of the revisions of its last whole round."""
        return self.rounds[-1].scores.revision.alignment.mean if self.rounds else None

    def document(self) -> dict[str, Any]:
        """The manifest, and what it does not say."""
        found = {"status_now": self.run.status, "rounds_done": len(self.rounds), "bytes": self.size}
        return {**self.run.manifest.model_dump(mode="json"), **found}


_ORDERS: Final[dict[str, Callable[[Listed], Any]]] = {
    "created": lambda listed: listed.run.manifest.created,
    "alignment": lambda listed: -1.0 if listed.alignment is None else listed.alignment,
    "cost": lambda listed: listed.run.manifest.totals.cost_usd or 0.0,
    "size": lambda listed: listed.size,
}


def listed(run: Run) -> Listed:
    """Looks the run up. Raises `SandboxError` for rounds that cannot be read."""
    files = (file for folder in (run.directory.path, run.directory.memory) for file in folder.glob("*"))
    return Listed(run, run.rounds(), sum(file.stat().st_size for file in files if file.is_file()))


def ordered(runs: Sequence[Listed], by: str | None, *, reverse: bool) -> list[Listed]:
    """Oldest first, by anything else largest first. Raises `UsageError`."""
    key = _ORDERS.get(by or "created")
    if key is None:
        raise UsageError(f"--sort {by}: runs have no such order.{nearest(by or '', _ORDERS)}")
    return sorted(runs, key=key, reverse=reverse != (by not in (None, "created")))


def runs_sheet(runs: Sequence[Listed], now: datetime | None = None) -> Sheet:
    """A row a run: rounds so far of those planned, alignment from first drafts to last revisions."""
    now = now or datetime.now(UTC)
    columns = ("run", "status", "agents", "rounds", "alignment", "cost", "age", "models", "size")
    rows = [_row(each, now) for each in runs]
    return Sheet("runs", columns, rows, None, frozenset({"run", "status", "models"}), ("models", "size"))


def _row(each: Listed, now: datetime) -> list[Cell]:
    manifest = each.run.manifest
    models = ", ".join(dict.fromkeys((*manifest.models.agents, manifest.models.observer)))
    created = datetime.fromisoformat(manifest.created)
    return [
        manifest.run_id,
        each.run.status,
        manifest.config.grid**2,
        f"{len(each.rounds)}/{manifest.config.rounds}",
        _first_to_last(each.rounds),
        money(manifest.totals.cost_usd),
        age((now - created).total_seconds()),
        models,
        bytes_shown(each.size),
    ]


def _first_to_last(rounds: Sequence[RoundSummary]) -> str | None:
    if not rounds:
        return None
    before, after = rounds[0].scores.draft.alignment, rounds[-1].scores.revision.alignment
    return f"{mean(before.mean)} -> {mean(after.mean)}"
