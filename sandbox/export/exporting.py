"""From runs to the rows of an exported folder: reads, makes and filters them, puts them in order, writes them.

Knows the steps and nothing of how each is done.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

from sandbox.errors import SandboxError
from sandbox.export.account import INTERACTIONS, Account
from sandbox.export.by_question import InteractionIndex
from sandbox.export.columns import schema
from sandbox.export.duplicates import Embed
from sandbox.export.facts import Facts
from sandbox.export.filters import Choice, filtered
from sandbox.export.formats import kinds_of, parts, rows_of
from sandbox.export.interleave import Queue, interleaved
from sandbox.export.kinds import grouped
from sandbox.export.names import SPLITS, ReportProgress, Split
from sandbox.export.pairs import Agreement
from sandbox.export.recipe import Recipe
from sandbox.export.rows import Spoken, TrainingRow
from sandbox.export.spool import Spool, Stored
from sandbox.export.storing import Storing
from sandbox.export.writing import write_rows
from sandbox.runs.reading import Run

T = TypeVar("T")
_SPOOL: Final = ".rows"


class Export:
    """One export of `runs`, whose ids differ. `progress` is told (what is done, how much of it, of how much)."""

    def __init__(self, runs: Sequence[Run], recipe: Recipe, embed: Embed | None, progress: ReportProgress) -> None:
        self.recipe: Final = recipe
        self.account: Final = Account()
        self.agreement: Final = Agreement()
        self.facts: Final = Facts()
        self.parts: Final[dict[str, dict[Split, int]]] = {}
        ordered = sorted(runs, key=lambda run: run.manifest.run_id)
        self.interactions: Final = InteractionIndex(
            ordered, Choice(recipe, self.account), self.facts.add, recipe.prompt
        )
        self._embed: Final = embed
        self._progress: Final = progress

    def write(self, folder: Path) -> None:
        """Write the rows into `folder`. Raises `SandboxError` if none is left."""
        for number in self.interactions.index():
            self._progress("reading", number, max(number, self._planned))
        with Spool(folder / _SPOOL) as spool:
            self._fill(spool)
            self._limit(spool)
            self._write(spool, folder)
        (folder / _SPOOL).unlink()
        if not self.parts:
            raise SandboxError(f"No row is left: {self.account.told()}.\n{self._advice()}")

    @property
    def _planned(self) -> int:
        return sum(run.manifest.totals.planned for run in self.interactions.runs)

    def _advice(self) -> str:
        """What to do where no row is left."""
        lacking = [kind for kind in kinds_of(self.recipe) if not self.account.considered(kind)]
        if self.recipe.mix and lacking:
            return f"There are no {lacking[0]} rows to mix: give them no weight."
        if self.recipe.pairs == "across" and not any(map(self.account.considered, kinds_of(self.recipe))):
            return "No question was answered by two agents that one observer rated: leave out --pairs across."
        return "Filter less, or take another --format."

    def _fill(self, spool: Spool) -> None:
        storing = Storing(self.recipe)
        whole = self.recipe.format == "parquet"
        done = _Done(self._progress, "making rows", len(self.interactions))
        for question, spoken in self.interactions.one_by_one() if whole else self.interactions.by_question():
            spool.add(storing.stored(question, self._rows(done.counting(spoken))))
        spool.finish()

    def _rows(self, spoken: Iterable[Spoken]) -> Iterator[TrainingRow]:
        made = rows_of(spoken, self.recipe, self.account, self.agreement, self.interactions.rare)
        kept = self._kept(filtered(made, self.recipe, self._embed, self.account))
        return grouped(kept) if self.recipe.format == "stable-alignment" else kept

    def _kept(self, rows: Iterable[TrainingRow]) -> Iterator[TrainingRow]:
        for row in rows:
            if row.kind != INTERACTIONS:  # those were counted when they were chosen
                self.account.keep(row.kind)
            self.facts.add_row(row)
            yield row

    def _limit(self, spool: Spool) -> None:
        counts = {kind: sum(spool.count([kind], split) for split in SPLITS) for kind in kinds_of(self.recipe)}
        for reason, most in (("over the mix", None), ("over --max-rows", self.recipe.max_rows)):
            for kind, number in self.recipe.quota(counts, most).items():
                if number < counts[kind]:
                    self.account.drop_kept(kind, reason, spool.keep(kind, number))

    def _write(self, spool: Spool, folder: Path) -> None:
        columns = schema(self.recipe.format, self.recipe.style, self.interactions.rare)
        places = [(part, split, kinds) for part, kinds in parts(self.recipe).items() for split in SPLITS]
        counts = [spool.count(kinds, split) for _, split, kinds in places]
        done = _Done(self._progress, "writing", sum(counts))
        for (part, split, kinds), there in zip(places, counts, strict=True):
            rows = self._in_order(spool, kinds, split)
            if there and (count := write_rows(folder, part, split, rows, columns, done)):
                self.parts.setdefault(part, {})[split] = count

    def _in_order(self, spool: Spool, kinds: Sequence[str], split: Split) -> Iterator[Stored]:
        if self.recipe.format != "kto":
            yield from spool.rows(kinds, split)
            return
        labels = (True, False)
        queues = {label: Queue(spool.rows(kinds, split, label), spool.count(kinds, split, label)) for label in labels}
        yield from interleaved(queues)
        self.account.drop_kept("kto", "beside the same", sum(queue.end() for queue in queues.values()))


class _Done:
    """Adds up what was done of something, and tells."""

    def __init__(self, progress: ReportProgress, what: str, total: int) -> None:
        self._progress: Final = progress
        self._what: Final = what
        self._total: Final = total
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        self._progress(self._what, self._done, self._total)

    def counting(self, things: Iterable[T]) -> Iterator[T]:
        """The same things, each counted when the next is asked for."""
        for thing in things:
            yield thing
            self(1)
