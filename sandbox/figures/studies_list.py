"""The list of studies: how many cells each has, how they stand, how large and how old it is."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.errors import SandboxError, of_either
from sandbox.figures.runs_list import in_utc, size_of
from sandbox.runs.finding import find_studies
from sandbox.runs.study import Study
from sandbox.sheet import Sheet
from sandbox.text import age, bytes_shown


class ListedStudy(NamedTuple):
    """A study, how many of its cells stand how, retired ones apart, the bytes of its runs, and when it was made."""

    study: Study
    statuses: Counter[str]
    size: int
    created: datetime | None

    @property
    def cells(self) -> int:
        """How many it has now."""
        return sum(not cell.retired for cell in self.study.record.cells)

    def document(self, now: datetime) -> dict[str, Any]:
        """A row of the list in JSON. `kind` tells it from a run; `status_now` is in the words of a run."""
        seconds = round((now - self.created).total_seconds()) if self.created else None
        return {
            "kind": "study",
            "run_id": self.study.folder.name,
            "status_now": self._status,
            "created": self.study.record.created,
            "cells": self.cells,
            **{name: self.statuses[name] for name in ("complete", "running", "failed")},
            "age_seconds": seconds,
            "bytes": self.size,
        }

    @property
    def _status(self) -> str:
        if self.statuses["running"]:
            return "running"
        if self.statuses["complete"] == self.cells:
            return "complete"
        return "failed" if self.statuses["failed"] else "stopped"


def studies_in(folder: Path) -> tuple[list[ListedStudy], list[str]]:
    """Every study in `folder`, newest first, and what is wrong with what cannot be read."""
    studies, broken = find_studies(folder)
    return [_looked_up(study, broken) for study in studies], broken


def _looked_up(study: Study, broken: list[str]) -> ListedStudy:
    statuses: Counter[str] = Counter()
    size = 0
    for cell in study.record.cells:
        try:
            found = study.cell_run(cell)
            size += size_of(found.run.directory) if found.run else 0
        except (SandboxError, OSError) as error:
            broken.append(of_either(error))
        else:
            statuses[found.status] += not cell.retired
    created = None
    with contextlib.suppress(ValueError):
        created = in_utc(datetime.fromisoformat(study.record.created))
    return ListedStudy(study, statuses, size, created)


def studies_sheet(studies: Sequence[ListedStudy], now: datetime) -> Sheet:
    """For people, a row a study."""
    rows = [
        [
            each.study.folder.name,
            each.cells,
            *(each.statuses[name] for name in ("complete", "running", "failed")),
            age((now - each.created).total_seconds()) if each.created else None,
            bytes_shown(each.size),
        ]
        for each in studies
    ]
    columns = ("study", "cells", "complete", "running", "failed", "age", "size")
    return Sheet("studies", columns, rows, None, frozenset({"study"}), ("size",))


def studies_data(studies: Sequence[ListedStudy], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    documents = [each.document(now) for each in studies]
    names = ("run_id", "created", "cells", "complete", "running", "failed", "status_now", "age_seconds", "bytes")
    columns = ("study", "created", "cells", "complete", "running", "failed", "status", "age_seconds", "bytes")
    return Sheet("studies", columns, [[each[name] for name in names] for each in documents])
