"""`sandbox export --check`: what is in a dataset folder, what is wrong with it, what trainers would do. Only shows."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sandbox.checking.check import check
from sandbox.checking.names import HARMFUL, Place, TableName
from sandbox.checking.rows.kinds import GROUPED
from sandbox.checking.trainers.assessment import Assessed, Assessment, Taken
from sandbox.checking.trainers.claims import NOT_TAKEN
from sandbox.checking.trainers.facts import fact
from sandbox.checking.trainers.known import Does
from sandbox.commands.counting import count_by
from sandbox.export.asked import trainers_named
from sandbox.export.names import TRAINERS, Trainer
from sandbox.export.options import ExportOptions
from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.progress.alive import alive
from sandbox.sheet import Sheet
from sandbox.terminal import console, harmless, plain
from sandbox.text import counted, in_a_line

_INDENT: Final = 4  # of what does not fit into a line
_WOULD: Final = {
    "fine": "trains on it",
    "note": "trains on it",
    "drops rows": "leaves rows out",
    "trains wrongly": "trains wrongly",
    "fails": "fails",
}


def run_check(path: Path, options: ExportOptions) -> int:
    """Check the folder or file at `path`, show what was found, and return the exit code.

    `options` are those of a check. Raises `UsageError` for a name that is no trainer's, and where there is no data.
    """
    named, tokenizer = trainers_named(options.for_), options.tokenizer
    wanted = None if named is None else frozenset(named)
    with alive("Reading") as doing:
        found = check(path, wanted, options.max_length, partial(_tell, doing), count_by(tokenizer))
    answer = Answer(
        document=lambda: encodable({"path": str(path), "tokenizer": tokenizer, **_document(found)}),
        shown=lambda: _shown(path, found, tokenizer),
    )
    deliver(answer, json=options.json)
    return found.exit_code


def _tell(doing: Callable[[str], None], file: str, rows: int) -> None:
    doing(encodable(f"Reading {file}, {rows:,} rows"))


def encodable(value: Any) -> Any:
    """`value`, with what is no character in its texts, such as half of one, shown as its code."""
    if isinstance(value, dict):
        return {encodable(key): encodable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(each) for each in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _shown(path: Path, found: Assessment, tokenizer: str | None) -> Iterator[Shown]:
    yield _sheet(found.tables)
    how = f"by the chat template of {tokenizer}" if tokenizer else "taken for four bytes each"
    note = f"p50, p95 and most: tokens of a row, {how};"
    for line in (f"{note} the context is {found.max_length} (--max-length).", "", *_lines(path, found)):
        yield from map(plain, _wrapped(encodable(line)))


def _wrapped(line: str) -> Sequence[str]:
    """`line` in as many as a terminal takes, the later ones below its first word; in a pipe it stays whole."""
    text, width = harmless(in_a_line(line)), console().width
    if not console().is_terminal or len(text) <= width:
        return [text]
    indent = " " * (len(text) - len(text.lstrip()) + _INDENT)
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def _sheet(tables: Sequence[Taken]) -> Sheet:
    rows = []
    for each in tables:
        table, lengths = each.table, each.table.lengths or (None, None, None)
        part, split, edition = table.table.name
        kind = f"{table.kind}, {table.style}" if table.style else table.kind
        rows.append(encodable((part, split, edition, kind, table.rows, *lengths)))
    columns = ("part", "split", "files", "kind", "rows", "p50", "p95", "most")
    return Sheet("data", columns, rows, None, frozenset({"part", "split", "files", "kind"}))


def _lines(path: Path, found: Assessment) -> Iterator[str]:
    if found.findings:
        yield f"{counted(len(found.findings), 'finding')}, worst first."
        for each in found.findings:
            yield ""
            yield from _finding_lines(each)
        yield ""
    for trainer in TRAINERS:
        yield _verdict_line(trainer, found)
    yield _conclusion(path, found)


def _finding_lines(each: Assessed) -> Iterator[str]:
    finding = each.finding
    where = f"{_table_name(finding.table)}: " if finding.table else ""
    yield f"{'wrong' if each.counts else 'note'}: {where}{fact(finding)}"
    if finding.places:
        more = ", ..." if finding.count > len(finding.places) else ""
        yield f"  at {', '.join(_places(finding.places))}{more}"
    told = {trainer: does for trainer, does in each.does.items() if does.why}
    for does in dict.fromkeys(told.values()):
        names = [trainer for trainer in told if told[trainer] == does]
        yield f"  {_does(names, does)}"


def _places(places: Sequence[Place]) -> Iterator[str]:
    """`FILE:1, 2, 3`: a file is named once."""
    for file, those in groupby(places, key=lambda place: place.file):
        rows = [str(place.row) for place in those if place.row is not None]
        yield f"{file}:{', '.join(rows)}" if rows else file


def _does(names: Sequence[str], does: Does) -> str:
    verdict = "" if does.verdict == "note" else f"{does.verdict}: "
    return f"{', '.join(names)}: {verdict}{does.why}"


def _table_name(name: TableName) -> str:
    return f"{name.part} {name.split} ({name.edition})"


def _verdict_line(trainer: Trainer, found: Assessment) -> str:
    verdict, reasons = found.verdict(trainer)
    asked = "" if found.meant is None or trainer in found.meant else " (not what this is for)"
    shown = "; ".join(reasons[:2]) + ("; ..." if len(reasons) > 2 else "")
    if verdict == "note":
        return f"{trainer}{asked}: {_WOULD[verdict]} ({shown})"
    if shown.startswith(NOT_TAKEN):
        return f"{trainer}{asked}: {shown}"
    return f"{trainer}{asked}: {_WOULD[verdict]}{f': {shown}' if shown else ''}"


def _conclusion(path: Path, found: Assessment) -> str:
    if found.exit_code:
        return f"{path} will not do as it is."
    asked = [trainer for trainer in TRAINERS if found.meant is None or trainer in found.meant]
    good = [trainer for trainer in asked if found.verdict(trainer)[0] not in HARMFUL]
    bad = [trainer for trainer in asked if trainer not in good]
    if good and bad:
        return f"{path} will do for {' and '.join(good)}; not for {' and '.join(bad)}."
    if bad or not asked:
        ours = all(each.table.kind in GROUPED for each in found.tables)
        who = "sandbox train alone takes it" if ours else "no trainer takes it as it is"
        return f"Nothing is wrong with {path} in itself; {who}."
    return f"{path} will do." if found.findings else f"Nothing is wrong with {path}."


def _document(found: Assessment) -> dict[str, Any]:
    return {
        "max_length": found.max_length,
        "for": None if found.meant is None else sorted(found.meant),
        "will_do": not found.exit_code,
        "tables": [_table_document(each) for each in found.tables],
        "findings": [_finding_document(each) for each in found.findings],
        "trainers": {
            trainer: {"verdict": verdict, "why": reasons}
            for trainer, (verdict, reasons) in ((trainer, found.verdict(trainer)) for trainer in TRAINERS)
        },
    }


def _table_document(each: Taken) -> dict[str, Any]:
    table = each.table
    return {
        **table.table.name._asdict(),
        "paths": list(table.table.files),
        "kind": table.kind,
        "style": table.style,
        "rows": table.rows,
        "tokens": None if table.lengths is None else table.lengths._asdict(),
        "trainers": {trainer: does._asdict() for trainer, does in each.takes.items()},
    }


def _finding_document(each: Assessed) -> dict[str, Any]:
    finding = each.finding
    return {
        "code": finding.code,
        "counts": each.counts,
        "table": finding.table._asdict() if finding.table else None,
        "about": finding.about,
        "says": fact(finding),
        "count": finding.count,
        "places": [place._asdict() for place in finding.places],
        "trainers": {trainer: does._asdict() for trainer, does in each.does.items()},
    }
