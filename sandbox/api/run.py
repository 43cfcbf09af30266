"""A run as Python code holds it: where it lies, what its manifest says, and its tables. Knows no terminal."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.api.work import Work, ended, known
from sandbox.figures.change import alignment_change
from sandbox.figures.killed import counted
from sandbox.runs import reading
from sandbox.runs.manifest import Manifest
from sandbox.text import change, money

if TYPE_CHECKING:
    import pyarrow as pa

    from sandbox.api.tables import Tables


class Run(Work):
    """A run: what `sandbox.simulate` gives.

    `manifest` is its record, with the counts of its files where it was killed: `manifest.config`, `manifest.totals`.
    """

    _noun = "Run"

    def __init__(self, found: reading.Run) -> None:
        self.found: Final = found

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.found.directory.path

    @property
    def name(self) -> str:
        """Its id, or `STUDY/CELL`."""
        return self.found.name

    @property
    def run_id(self) -> str:
        """The name of its folder."""
        return self.found.manifest.run_id

    @cached_property
    def manifest(self) -> Manifest:
        """Its record. Raises `SandboxError` where the files of a run that was killed cannot be read."""
        return counted(self.found).manifest

    @property
    def status(self) -> str:
        """`complete`, `stopped`, `failed`, `running`, or `interrupted` where it was killed."""
        return self.found.status

    @property
    def stopped_by(self) -> str | None:
        """`budget`, `failures`, `missing`, `interrupt` or `error`; None where it came to its end."""
        return self.found.manifest.stopped_by

    def interactions(self) -> "pa.Table":
        """A row an interaction so far, as `Runs.interactions`."""
        return self._tables().interactions()

    def ratings(self) -> "pa.Table":
        """A row a rating so far, as `Runs.ratings`."""
        return self._tables().ratings()

    def rounds(self) -> "pa.Table":
        """A row a whole round so far, as `Runs.rounds`."""
        return self._tables().rounds()

    def _tables(self) -> "Tables":
        from sandbox.api.tables import Tables

        return Tables([self.found], None)

    def _facts(self) -> list[tuple[str, str]]:
        """How far it came, what alignment changed by, what failed, what it cost."""
        return [ended(self.status, self.stopped_by), *known(self._figures)]

    def _figures(self) -> list[tuple[str, str]]:
        rounds, totals = self.found.rounds(), self.manifest.totals
        return [
            ("rounds", f"{len(rounds)} of {self.manifest.config.rounds}"),
            ("alignment", change(*alignment_change(self.found, rounds))),
            ("failed", str(totals.failed)),
            ("cost", money(totals.cost_usd)),
        ]
