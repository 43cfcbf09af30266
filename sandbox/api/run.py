"""A run as Python code holds it: where it lies, what its manifest says, and its tables. Knows no terminal."""

from pathlib import Path
from typing import Final

from sandbox.api.page import page
from sandbox.errors import SandboxError
from sandbox.figures.change import alignment_change
from sandbox.figures.killed import counted
from sandbox.runs import reading
from sandbox.runs.manifest import Manifest
from sandbox.text import change, money


class Run:
    """A run on disk, as it was when it was looked at. It is a path, too: `open(run)` and `resume=run` take it.

    `manifest` is its record: `manifest.config`, `manifest.totals`, ... (docs/format.md#manifest).
    """

    def __init__(self, found: reading.Run) -> None:
        self._found: Final = counted(found)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._found.directory.path

    @property
    def run_id(self) -> str:
        """What commands call it."""
        return self._found.manifest.run_id

    @property
    def manifest(self) -> Manifest:
        """Its record, with the counts of its files where it was killed."""
        return self._found.manifest

    @property
    def status(self) -> str:
        """`complete`, `stopped`, `failed`, `running`, or `interrupted` where it was killed."""
        return self._found.status

    @property
    def stopped_by(self) -> str | None:
        """`budget`, `failures`, `missing`, `interrupt`, `error`, ...; None where it came to its end."""
        return self.manifest.stopped_by

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"<Run {self.run_id}: {'; '.join(f'{name} {value}' for name, value in self._facts())}>"

    def _repr_html_(self) -> str:
        return page(f"Run {self.run_id}", self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        manifest, totals = self.manifest, self.manifest.totals
        try:
            rounds = self._found.rounds()
            alignment = change(*alignment_change(self._found, rounds))
        except SandboxError as error:
            return [("status", self.status), ("damaged", str(error))]
        by = f" by {self.stopped_by}" if self.stopped_by else ""
        facts = [("status", self.status + by), ("rounds", f"{len(rounds)} of {manifest.config.rounds}")]
        return [*facts, ("alignment", alignment), ("failed", str(totals.failed)), ("cost", money(totals.cost_usd))]
