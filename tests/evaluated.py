"""Records of evaluations that tests make by hand, and the numbers that they come to. Runs nothing."""

import csv
import gzip
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.runs.evaluation.records import Answer, AnyAnswer, ChoiceAnswer, Judgement, Missing
from sandbox.scores.number import Number
from sandbox.scores.summary import summary
from sandbox.suites.suite import Item, Judge, Suite

SUITES = Path(os.environ.get("SANDBOX_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data") / "suites"
needs_suites = pytest.mark.skipif(not SUITES.is_dir(), reason="the suites' data is not here (SANDBOX_TEST_DATA)")

Found = dict[tuple[str, str | None, str | None], Number]


def lines(name: str) -> list[dict[str, Any]]:
    """The rows of a file of the suites' data: JSON lines or CSV, packed or not."""
    path = SUITES / name
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
    if ".csv" in name:
        return list(csv.DictReader(text.splitlines()))
    return [json.loads(line) for line in text.splitlines()]


def suite(kind: Any, metric: Any, items: Iterable[Item], **more: Any) -> Suite:
    judge = Judge(template="") if kind in ("judged", "toxicity") else None
    asked = [each if each.given else each.model_copy(update={"question": f"What of {each.id}?"}) for each in items]
    return Suite(
        **{"name": "mine", "kind": kind, "metric": metric, "licence": "none", "judge": judge, "items": tuple(asked)}
        | more
    )


def answer(item: Item, sample: int = 0, missing: Missing | None = None, name: str = "mine") -> dict[str, Any]:
    """What answers of every kind have."""
    return {
        "suite": name,
        "item": item.id,
        "cluster": item.cluster,
        "category": item.category,
        "sample": sample,
        "messages": (),
        "text": None if missing else "said",
        "finish": "stop",
        "missing": missing,
        "failed": None,
    }


def said(item: Item, missing: Missing | None = None) -> Answer:
    return Answer(**answer(item, missing=missing))


def chosen(
    item: Item, option: int | None, sample: int = 0, order: Sequence[int] | None = None, name: str = "mine"
) -> ChoiceAnswer:
    """That `option` was chosen; none is an answer that cannot be read."""
    shown = tuple(order or range(len(item.options)))
    known = answer(item, sample, "unparsable" if option is None else None, name)
    return ChoiceAnswer(**known, options=item.options, order=shown, gold=item.gold or 0, answer=option)


def judged(
    item: Item,
    rating: int | None,
    missing: Missing | None = None,
    *,
    position: int | None = None,
    sample: int = 0,
    name: str = "mine",
) -> Judgement:
    return Judgement(
        suite=name,
        item=item.id,
        sample=sample,
        judge="J",
        position=position,
        rating=rating,
        missing=missing or (None if rating is not None else "unparsable"),
        reason=None,
        raw=None,
    )


def numbers(
    asked: Suite | Sequence[Suite], answers: Iterable[AnyAnswer] = (), judgements: Iterable[Judgement] = ()
) -> Found:
    """By measure, by and of."""
    suites = [asked] if isinstance(asked, Suite) else asked
    return {(each.measure, each.by, each.of): each for each in summary(suites, answers, judgements)}


def told(found: Mapping[tuple[str, str | None, str | None], Number], *names: str) -> list[float | None]:
    """The values of measures over all."""
    return [found[name, None, None].value for name in names]
