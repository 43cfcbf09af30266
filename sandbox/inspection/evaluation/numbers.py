"""The numbers of an evaluation as tables: of each suite with all that belongs beside a mean. Computes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import TypeAdapter, ValidationError

from memory.opening import read_whole
from sandbox.errors import SandboxError, of_validation
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.scores.number import Number
from sandbox.scores.summary import summary
from sandbox.sheet import Cell, Sheet
from sandbox.text import counted, joined

_MOST_SUMMARY: Final = 64 << 20  # bytes
_MOST_NOTES: Final = 5
HEADLINES: Final = "headlines"
_SUMMARY: Final = TypeAdapter(dict[str, int | list[Number]])


def numbers_of(evaluation: Evaluation) -> list[Number]:
    """Those that a complete evaluation keeps, else what its records come to so far. Raises `SandboxError`."""
    if evaluation.manifest.status == "complete" and (kept := _kept(evaluation)) is not None:
        return kept
    return summary(evaluation.suites, evaluation.answers(), evaluation.judgements())


def _kept(evaluation: Evaluation) -> list[Number] | None:
    path = evaluation.directory.summary
    try:
        document = _SUMMARY.validate_json(read_whole(path, _MOST_SUMMARY))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SandboxError(f"{path}: cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        raise SandboxError(f"{path}: no summary of an evaluation: {of_validation(error)}.") from None
    numbers = document.get("numbers", [])
    return numbers if isinstance(numbers, list) else []


def tables_of(numbers: Sequence[Number]) -> dict[str, list[Number]]:
    """What each table holds, by its name: the headline of each suite where there are several, and each suite."""
    by_suite: dict[str, list[Number]] = {}
    for number in numbers:
        by_suite.setdefault(number.suite, []).append(number)
    heads = [number for number in numbers if number.headline]
    return {HEADLINES: heads, **by_suite} if len(by_suite) > 1 else by_suite


def number_sheets(numbers: Sequence[Number], most: int | None = None) -> Iterator[Sheet]:
    """Every table for people, of at most so many rows."""
    for name, own in tables_of(numbers).items():
        shown = own[:most]
        more = None if len(shown) == len(own) else f"{len(shown)} of {len(own)} rows; all: --table {name}"
        yield _sheet(name, shown, ("suite", "measure") if name == HEADLINES else ("measure", "of"), more)


def interval(number: Number, sign: str = "") -> str | None:
    """`0.222 [0.190, 0.260]`, with as many digits as its range needs; with `sign` + as `+0.02`. None: undefined."""
    if number.value is None:
        return None
    form = f"{sign}.{digits_of(number)}f"
    told = f"{number.value:{form}}"
    return told if number.low is None or number.high is None else f"{told} [{number.low:{form}}, {number.high:{form}}]"


def digits_of(number: Number) -> int:
    """How many are shown after the point: a share takes one more than a rating."""
    return 3 if number.unit and number.unit[1] - number.unit[0] <= 2 else 2


def called(number: Number) -> str:
    """`accuracy`, `accuracy, category law`."""
    return f"{number.measure}, {number.by} {number.of}" if number.of is not None else number.measure


def missing_shown(number: Number) -> str | None:
    """`3 refused, 1 empty`."""
    return ", ".join(f"{count} {reason}" for reason, count in number.missing.items() if count) or None


def _sheet(name: str, numbers: Sequence[Number], first: tuple[str, str], more: str | None = None) -> Sheet:
    """`first` are the columns before the value; without `of` among them the measure says what it is of."""
    bounded = any(map(_bounds, numbers))
    rows: list[Sequence[Cell]] = [
        [
            *(_first(number, column, whole="of" not in first) for column in first),
            interval(number),
            f"{number.scored}/{number.n}",
            missing_shown(number),
            *([_bounds(number)] if bounded else ()),
        ]
        for number in numbers
    ]
    columns = (*first, "value", "scored", "missing", *(("bounds",) if bounded else ()))
    texts = frozenset({*first, "missing"})
    return Sheet(name, columns, rows, joined(more, *_notes(numbers)), texts, columns[5:], first)


def _first(number: Number, column: str, *, whole: bool) -> str | None:
    if column == "measure":
        return f"{called(number) if whole else number.measure}{' (baseline)' if number.baseline else ''}"
    value: str | None = getattr(number, column)
    return value


def _bounds(number: Number) -> str | None:
    if number.worst is None or number.best is None or number.worst == number.best:
        return None
    low, high = sorted((number.worst, number.best))
    return f"{low:.{digits_of(number)}f} - {high:.{digits_of(number)}f}"


def _notes(numbers: Sequence[Number]) -> Iterator[str]:
    """What is to be known of the numbers, each sentence once with what it is about."""
    about: defaultdict[str, list[str]] = defaultdict(list)
    for number in numbers:
        if number.note:
            about[number.note].append(called(number))
    for note, names in list(about.items())[:_MOST_NOTES]:
        yield f"{names[0] if len(names) == 1 else counted(len(names), 'number')}: {note}"
