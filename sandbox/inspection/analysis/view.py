"""What an analysis found, on a terminal and for programs: its sentences, then its tables. Computes nothing itself."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.inspection.output import Answer, Shown, chosen, tables
from sandbox.inspection.study_view import first_rows
from sandbox.sheet import Sheet
from sandbox.terminal import plain_line
from sandbox.text import SCRIPTED_NOTE, joined

MOST_ROWS: Final = 40  # of a table that a terminal shows unasked
_CONDITION: Final = "condition"


def findings_answer(findings: Findings, pools: Sequence[Pool], table: str | None) -> Answer:
    """`findings` of `pools`, with only the table of the name `table`, where one is given."""
    return Answer(
        sheets=lambda: chosen(findings.sheets, table),
        document=lambda: _document(findings, pools, table),
        shown=lambda: _shown(findings, pools, table),
    )


def noted(findings: Findings, note: str | None) -> Findings:
    """The same with `note` below each table."""
    return replace(findings, sheets=[replace(each, note=joined(each.note, note)) for each in findings.sheets])


def warning_of(pools: Sequence[Pool]) -> str | None:
    """What stands above everything where a figure stands on what is no language model."""
    models = (run.manifest.models for pool in pools for run in pool.runs)
    return SCRIPTED_NOTE if any("scripted" in (*each.agents, each.observer) for each in models) else None


def shown_sheets(findings: Findings, pools: Sequence[Pool]) -> Iterator[Sheet]:
    """Its tables for people: those with rows, and no column that says of each row the same."""
    for sheet in (each for each in findings.sheets if each.rows):
        yield _without_condition(sheet) if len(pools) == 1 else sheet


def _document(findings: Findings, pools: Sequence[Pool], table: str | None) -> dict[str, Any]:
    return {
        "analysis": findings.name,
        "runs": [{"condition": pool.name, "run": run.name} for pool in pools for run in pool.runs],
        "verdicts": list(findings.verdicts),
        **tables(chosen(findings.sheets, table)),
    }


def _shown(findings: Findings, pools: Sequence[Pool], table: str | None) -> Iterator[Shown]:
    wanted = replace(findings, sheets=chosen(findings.sheets, table))
    yield from map(plain_line, (*findings.verdicts, *filter(None, [warning_of(pools)])))
    for sheet in shown_sheets(wanted, pools):
        yield first_rows(sheet, MOST_ROWS)


def _without_condition(sheet: Sheet) -> Sheet:
    """Without its first column."""
    return replace(
        sheet,
        columns=sheet.columns[1:],
        rows=[row[1:] for row in sheet.rows],
        texts=sheet.texts - {_CONDITION},
        optional=tuple(each for each in sheet.optional if each != _CONDITION),
        keys=tuple(key for key in sheet.keys if key != _CONDITION),
    )
