"""Lists of answers, and what is missing among them, as tables. Knows rows of answers, no terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sandbox.inspection.evaluation.asked import Asked
from sandbox.sheet import Cell, Sheet

MOST_RAW: Final = 10  # texts that nothing could be read from


def items_list(found: Sequence[Asked], note: str) -> Sheet:
    """For people, a row an answer."""
    several = any(each.suite.sampling.samples > 1 for each in found)
    columns = ["item", "sample", "category", "result", "missing", "answer"]
    rows: list[list[Cell]] = [
        [each.name, each.answer.sample, each.answer.category, _result(each), _missing(each), each.answer.text]
        for each in found
    ]
    sheet = Sheet("items", columns, rows, note, frozenset(columns) - {"sample"}, keys=("item",))
    absent = {"category"} - {"category" for each in found if each.answer.category}
    return _without(sheet, absent if several else absent | {"sample"})


def items_data(found: Sequence[Asked]) -> Sheet:
    """The same for programs: a row an answer, with all of it."""
    columns = (
        "suite", "item", "sample", "cluster", "category", "result", "rating", "missing", "failed", "text", "reason",
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for each in found:
        answer = each.answer
        own: list[Cell] = [
            answer.suite,
            answer.item,
            answer.sample,
            answer.cluster,
            answer.category,
            each.result,
            each.rating,
        ]
        reasons = "\n".join(judgement.reason for judgement in each.judgements if judgement.reason) or None
        rows.append([*own, each.missing, answer.failed, answer.text, reasons])
    return Sheet("items", columns, rows, texts=frozenset(columns) - {"rating"})


def why_sheets(found: Sequence[Asked]) -> Iterator[Sheet]:
    """What became of all answers and of all ratings, by suite, and the commonest texts that nothing was read from."""
    yield _outcomes(found)
    texts = Counter(_unread(found))
    rows: list[list[Cell]] = [[*key, count] for key, count in texts.most_common(MOST_RAW)]
    rest = f"{len(rows)} of {len(texts)} texts, the commonest" if len(texts) > len(rows) else None
    columns = ("suite", "what", "missing", "text", "count")
    yield Sheet("texts without a reading", columns, rows, rest, frozenset(columns[:4]), keys=columns[:1])


def _outcomes(found: Sequence[Asked]) -> Sheet:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for each in found:
        counts[each.suite.name, "answer", each.answer.missing or "obtained", each.answer.failed or ""] += 1
        for judgement in each.judgements:
            counts[each.suite.name, "rating", judgement.missing or "obtained", ""] += 1
    order = sorted(
        counts.items(), key=lambda pair: (pair[0][0], pair[0][1], pair[0][2] != "obtained", -pair[1], pair[0])
    )
    rows: list[list[Cell]] = [[*key[:3], key[3] or None, count] for key, count in order]
    columns = ("suite", "what", "outcome", "error", "count")
    return Sheet("outcomes", columns, rows, None, frozenset(columns[:4]), keys=columns[:1])


def _unread(found: Sequence[Asked]) -> Iterator[tuple[str, str, str, str]]:
    """Texts of answers and of judges that are missing though something was said."""
    for each in found:
        if each.answer.missing and each.answer.text:
            yield each.suite.name, "answer", each.answer.missing, each.answer.text
        for judgement in each.judgements:
            if judgement.missing and judgement.raw:
                yield each.suite.name, "rating", judgement.missing, judgement.raw


def _result(each: Asked) -> str | None:
    return each.result or (None if each.rating is None else f"{each.rating:g}")


def _missing(each: Asked) -> str | None:
    return f"{each.missing}: {each.answer.failed}" if each.answer.failed else each.missing


def _without(sheet: Sheet, columns: set[str]) -> Sheet:
    kept = [place for place, column in enumerate(sheet.columns) if column not in columns]
    rows = [[row[place] for place in kept] for row in sheet.rows]
    return replace(sheet, columns=[sheet.columns[place] for place in kept], rows=rows, texts=sheet.texts - columns)
