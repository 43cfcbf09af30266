"""What findings come to for each trainer, and whether the folder will do. Knows verdicts; reads nothing.

The exit code is 1 if the folder is broken in itself (`BROKEN`), or would not do for the trainers that it is meant for:
those asked for, else those its manifest names. Where neither says anything, every trainer that takes a kind of rows is
a way to use them, so only what harms all of these is more than a note, and rows that no trainer takes are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sandbox.checking.names import HARMFUL, VERDICTS, Code, Finding, RowKind, TableName, Verdict
from sandbox.checking.rows.kinds import GROUPED
from sandbox.checking.rows.scan import Scanned
from sandbox.checking.trainers.known import FINE, Does, does, takes
from sandbox.export.names import TRAINERS, Trainer

# Whoever wrote the folder did not mean this, whatever it is for.
BROKEN: Final = frozenset[Code](
    {
        "broken_line", "not_an_object", "not_utf8", "lone_surrogate", "unreadable_file", "no_rows", "unknown_rows",
        "checksum_differs", "manifest_broken", "manifest_file_missing", "card_broken", "card_file_missing",
        "card_features_differ", "copies_differ",
    }
)  # fmt: skip
# Of rows that no trainer reads as they are, but that are known: what their own reader would stumble over.
WRONG_IN_ITSELF: Final = frozenset[Code](
    {
        "missing_column", "null_text", "null_number", "not_text", "not_a_number", "not_finite", "not_a_list",
        "empty_prompt", "empty_answer", "lengths_differ", "mixed_types", "new_column", "lost_column", "types_differ",
        "types_bent", "leak", "card_rows_differ", "special_token", "empty_conversation", "bad_message", "null_content",
        "unknown_role", "role_order", "mixed_style_rows",
    }
)  # fmt: skip
# Of rows of ours, also where no trainer reads the column. Thoughts are no part of what is said in a run.
WRONG_IN_OURS: Final = frozenset[Code](
    {"null_number", "not_a_number", "not_finite", "scores_swapped", "odd_score", "thinking_tag"}
)
NO_TRAINERS: Final = GROUPED | frozenset[RowKind]({"interactions"})


@dataclass(frozen=True, slots=True)
class Assessed:
    """A finding, and what each trainer that comes to it would do."""

    finding: Finding
    does: Mapping[Trainer, Does]
    counts: bool

    def worst(self, trainers: frozenset[Trainer]) -> int:
        """The worst verdict among `trainers`, as its place in `VERDICTS`."""
        return max((VERDICTS.index(found.verdict) for name, found in self.does.items() if name in trainers), default=0)


@dataclass(frozen=True, slots=True)
class Taken:
    """A table, who comes to it, and what each of these makes of such rows when nothing is wrong with them."""

    table: Scanned
    takes: Mapping[Trainer, Does]

    @property
    def takers(self) -> frozenset[Trainer]:
        """Trainers that can read such rows."""
        return frozenset(trainer for trainer, found in self.takes.items() if found.verdict != "fails")


@dataclass(frozen=True, slots=True)
class Assessment:
    """All of it. `meant` are the trainers that the folder has to do for, None where nothing says which.

    `max_length` is the context, in tokens, that it was looked at for.
    """

    tables: Sequence[Taken]
    findings: Sequence[Assessed]
    meant: frozenset[Trainer] | None
    exit_code: int
    max_length: int

    def is_useless(self) -> bool:
        """Whether there are rows that some trainer could take, and each comes to harm for one reason or another."""
        able = any(each.takers for each in self.tables)
        return able and all(self.verdict(trainer)[0] in HARMFUL for trainer in TRAINERS)

    def verdict(self, trainer: Trainer) -> tuple[Verdict, Sequence[str]]:
        """The worst that would happen, and the reasons that are as bad."""
        found = [each.takes[trainer] for each in self.tables if trainer in each.takes]
        found += [each.does[trainer] for each in self.findings if trainer in each.does]
        worst = max((VERDICTS.index(each.verdict) for each in found), default=0)
        verdict = VERDICTS[worst]
        return verdict, list(dict.fromkeys(each.why for each in found if each.verdict == verdict and each.why))


def taken(table: Scanned, readers: frozenset[Trainer]) -> Taken:
    """What `readers` make of rows like these. Where no row could be read, nothing speaks against them."""
    known = table.rows or table.kind != "unknown"
    found = {each: takes(each, table.kind, table.style) if known else FINE for each in TRAINERS if each in readers}
    return Taken(table, found)


def assess(
    tables: Sequence[Taken], findings: Sequence[Finding], meant: frozenset[Trainer] | None, max_length: int
) -> Assessment:
    """Say of each finding what trainers would do, worst first, and decide."""
    read = {each.table.table.name: each for each in tables}
    looked_at = _able(findings) if meant is None else meant
    assessed = [_assessed(finding, read, looked_at, of_any=meant is None) for finding in findings]
    assessed.sort(key=lambda each: (not each.counts, -each.worst(looked_at), -each.worst(frozenset(TRAINERS))))
    fails = any(each.counts for each in assessed) or any(not _will_do(each, meant) for each in tables)
    assessment = Assessment(tables, assessed, meant, int(fails), max_length)
    return replace(assessment, exit_code=1) if meant is None and assessment.is_useless() else assessment


def _able(findings: Sequence[Finding]) -> frozenset[Trainer]:
    """Trainers that would load the folder at all."""
    of_folder = [finding.code for finding in findings if finding.table is None]
    return frozenset(
        trainer
        for trainer in TRAINERS
        if not any(does(trainer, code, None, None).verdict == "fails" for code in of_folder)
    )


def _assessed(
    finding: Finding, read: Mapping[TableName, Taken], looked_at: frozenset[Trainer], *, of_any: bool
) -> Assessed:
    """It counts if it harms one of the trainers looked at; all that take the rows, if it is for any of them."""
    where = read.get(finding.table) if finding.table else None
    takers = where.takers if where else frozenset(TRAINERS)
    kind, style = (where.table.kind, where.table.style) if where else (None, None)
    ours = bool(where and where.table.table.own)
    found = {trainer: does(trainer, finding.code, kind, style, ours=ours) for trainer in TRAINERS if trainer in takers}
    harmed = {trainer for trainer, each in found.items() if each.verdict in HARMFUL}
    counts = finding.code in BROKEN or (ours and finding.code in WRONG_IN_OURS)
    if kind in NO_TRAINERS:
        counts = counts or finding.code in WRONG_IN_ITSELF
    elif of_any:
        counts = counts or (bool(takers & looked_at) and harmed >= takers & looked_at)
    else:
        counts = counts or bool(harmed & looked_at)
    return Assessed(finding, found, counts)


def _will_do(read: Taken, meant: frozenset[Trainer] | None) -> bool:
    """Whether rows of this kind are something for the trainers they are meant for."""
    if meant is None:
        return bool(read.takers) or read.table.kind in NO_TRAINERS
    return all(read.takes.get(trainer, FINE).verdict not in HARMFUL for trainer in meant)
