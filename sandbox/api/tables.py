"""What runs hold as tables of Arrow: their interactions, their ratings, their rounds. Knows logs; finds no run.

What should be known of a run is a `SandboxWarning` where its table is asked for.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sandbox.api.settings import cell_of, column_of, settings_of
from sandbox.errors import SandboxWarning
from sandbox.runs.reading import Run

if TYPE_CHECKING:
    import pyarrow as pa


class Tables:
    """Those of `runs`, each row with the settings of its run, which are `chosen` or those that differ."""

    def __init__(self, runs: Sequence[Run], chosen: Sequence[str] | None) -> None:
        self._runs = runs
        self._settings = settings_of(runs, chosen)

    def interactions(self) -> "pa.Table":
        """A row an interaction. Raises `SandboxError` that names the line of a bad one."""
        from sandbox.api.flat_log import flat_log, rare_of
        from sandbox.export.columns import schema

        self._tell()
        grouped = any(run.manifest.population for run in self._runs)
        logs = [flat_log(run, grouped=grouped) for run in self._runs]
        rare = {name for log in logs for name in rare_of(log)} | ({"group"} if grouped else set())
        wanted = schema("parquet", "string", rare).remove(0)  # the run, which is a setting here
        return self._joined([log.select(wanted.names).cast(wanted) for log in logs], wanted)

    def ratings(self) -> "pa.Table":
        """A row a rating. Raises `SandboxError` that names the line of a bad one."""
        from sandbox.api.long_ratings import long_ratings, schema

        self._tell()
        return self._joined([long_ratings(run) for run in self._runs], schema())

    def rounds(self) -> "pa.Table":
        """A row a whole round. Raises `SandboxError` that names the line of a bad one."""
        from sandbox.api.flat_rounds import flat_rounds, schema

        self._tell()
        return self._joined([flat_rounds(run) for run in self._runs], schema())

    def _tell(self) -> None:
        """Warn whoever asked for a table of what should be known: an older schema, a torn line, a lost end."""
        for run in self._runs:
            for warning in run.warnings():
                warnings.warn(warning, SandboxWarning, stacklevel=4)

    def _joined(self, tables: Sequence["pa.Table"], columns: "pa.Schema") -> "pa.Table":
        """The rows of each run, its settings before them; of no run at all the `columns` alone."""
        import pyarrow as pa

        return pa.concat_tables(
            [self._with_settings(at, table) for at, table in enumerate(tables or [columns.empty_table()])]
        )

    def _with_settings(self, at: int, table: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        named = {f"setting_{name}" if name in table.column_names else name: name for name in self._settings}
        columns = [self._column(name, at, len(table)) for name in named.values()]
        return pa.table([*columns, *table.columns], names=[*named, *table.column_names])

    def _column(self, name: str, at: int, length: int) -> "pa.Array":
        import pyarrow as pa

        values = self._settings[name]
        kind = column_of(values)
        value = cell_of(values[at], kind) if values else None
        return pa.repeat(pa.scalar(value, kind), length)
