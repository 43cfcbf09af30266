"""From runs to the rows of an exported folder: reads, makes and filters them, puts them in order, writes them.

Knows the steps and nothing of how each is done. The folder appears whole, or not at all.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sandbox.errors import SandboxError, UsageError
from sandbox.export.account import INTERACTIONS, Account
from sandbox.export.by_question import Interactions
from sandbox.export.columns import schema
from sandbox.export.duplicates import Embed
from sandbox.export.facts import Facts
from sandbox.export.filters import Choice, filtered
from sandbox.export.formats import kinds_of, parts, rows_of
from sandbox.export.interleave import Queue, interleaved
from sandbox.export.kinds import grouped
from sandbox.export.names import SPLITS, Split
from sandbox.export.pairs import Agreement
from sandbox.export.recipe import Recipe
from sandbox.export.rows import Row, Spoken
from sandbox.export.spool import Spool, Stored
from sandbox.export.storing import Storing
from sandbox.export.writing import write_rows
from sandbox.run_reading import Run

Progress = Callable[[str, int, int], None]
_SPOOL: Final = ".rows"


class Export:
    """One export of `runs`, whose ids differ. `progress` is told (what is done, how much of it, of how much)."""

    def __init__(self, runs: Sequence[Run], recipe: Recipe, embed: Embed | None, progress: Progress) -> None:
        self.recipe: Final = recipe
        self.account: Final = Account()
        self.agreement: Final = Agreement()
        self.facts: Final = Facts()
        self.parts: Final[dict[str, dict[Split, int]]] = {}
        ordered = sorted(runs, key=lambda run: run.manifest.run_id)
        self.interactions: Final = Interactions(ordered, Choice(recipe, self.account), self.facts.add)
        self._embed: Final = embed
        self._progress: Final = progress

    def write(self, folder: Path) -> None:
        """Write the rows into `folder`. Raises `SandboxError` if none is left."""
        self._read()
        with Spool(folder / _SPOOL) as spool:
            self._fill(spool)
            self._limit(spool)
            self._write(spool, folder)
        (folder / _SPOOL).unlink()
        if not self.parts:
            raise SandboxError(f"No row is left: {self.account.told()}.\nFilter less, or take another --format.")

    def _read(self) -> None:
        total = sum(run.manifest.totals.planned for run in self.interactions.runs)
        for number in self.interactions.index():
            self._progress("reading", number, max(number, total))

    def _fill(self, spool: Spool) -> None:
        storing, done = Storing(self.recipe), 0
        whole = self.recipe.format == "parquet"
        for question, spoken in self.interactions.one_by_one() if whole else self.interactions.by_question():
            spool.add(storing.stored(question, self._rows(spoken)))
            done += len(spoken)
            self._progress("making rows", done, len(self.interactions))
        spool.finish()

    def _rows(self, spoken: Sequence[Spoken]) -> list[Row]:
        made = rows_of(spoken, self.recipe, self.account, self.agreement)
        rows = list(filtered(made, self.recipe, self._embed, self.account))
        for row in rows:
            if row.kind != INTERACTIONS:  # those were counted when they were chosen
                self.account.keep(row.kind)
        return list(grouped(rows)) if self.recipe.format == "stable-alignment" else rows

    def _limit(self, spool: Spool) -> None:
        counts = {kind: sum(spool.count([kind], split) for split in SPLITS) for kind in kinds_of(self.recipe)}
        for kind, most in self.recipe.quota(counts).items():
            reason = "over --max-rows" if self.recipe.mix is None else "over the mix"
            self.account.drop_kept(kind, reason, spool.keep(kind, most) if most < counts[kind] else 0)

    def _write(self, spool: Spool, folder: Path) -> None:
        columns = schema(self.recipe.format, self.recipe.style)
        counts = {
            (part, split): spool.count(kinds, split) for part, kinds in parts(self.recipe).items() for split in SPLITS
        }
        done = _Done(self._progress, sum(counts.values()))
        for part, kinds in parts(self.recipe).items():
            for split in SPLITS:
                if counts[part, split]:
                    rows = self._in_order(spool, kinds, split)
                    count = write_rows(folder, part, split, rows, columns, done)
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
    """Adds up what was written."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress: Final = progress
        self._total: Final = total
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        self._progress("writing", self._done, self._total)


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes `out` at the end, or nothing. Raises `UsageError` if something is there."""
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise UsageError(f"--out {out}: something is there, and nothing is ever overwritten.\nName another folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent))
    try:
        folder.chmod(0o755)
        yield folder
        folder.replace(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
