"""Two evaluations, paired by sample: differences, McNemar's test, and what cannot be compared, by name."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from evaluated import chosen, judged, suite
from example_evaluations import evaluation
from scipy.stats import binomtest
from tables import table

from sandbox.errors import SandboxError, UsageError
from sandbox.inspection.evaluation.comparison import compared_sheet
from sandbox.runs.evaluation.reading import Evaluation, open_evaluation
from sandbox.runs.evaluation.records import AnyAnswer, Judgement
from sandbox.scores.paired import compare, paired_sheet
from sandbox.suites.suite import Item, Judge

QUIZ = suite("choice", "accuracy", [Item(id=f"q{n:02}", options=("x", "y"), gold=0) for n in range(20)], name="quiz")
TALK = suite("judged", "mean", [Item(id=f"t{n}", cluster=str(n // 2)) for n in range(10)], name="talk")
BASE_RATINGS = [3, 4, 5, None, 7, 8, 2, 3, 4, 5]
OTHER_RATINGS = [4, 4, 7, 8, 7, 9, 1, None, 6, 8]


def made(
    runs: Path, name: str, answers: Iterable[AnyAnswer], ratings: Iterable[int | None], **manifest: Any
) -> Evaluation:
    """An evaluation of both suites with these records."""
    folder = evaluation(runs, name, suites=(QUIZ, TALK))
    judgements: list[Judgement] = [
        judged(item, rating, name="talk") for item, rating in zip(TALK.items, ratings, strict=True)
    ]
    for file, records in (("answers", answers), ("judgements", judgements)):
        (folder / f"{file}.jsonl").write_text("".join(f"{each.model_dump_json()}\n" for each in records))
    known = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(known | manifest))
    return open_evaluation(name, runs)


def quiz(right: str) -> list[AnyAnswer]:
    """An answer for each letter: r is right, w wrong, any other cannot be read."""
    places = {"r": 0, "w": 1}
    return [chosen(item, places.get(letter), name="quiz") for item, letter in zip(QUIZ.items, right, strict=True)]


def test_the_same_samples_are_compared(tmp_path: Path) -> None:
    base = made(tmp_path, "base", quiz("rrrrrrrwwwwwwwwwww-r"), BASE_RATINGS)
    other = made(tmp_path, "other", quiz("rrrrrwwrrrrrrrrrww--"), OTHER_RATINGS)
    accuracy, rating = compare(base, other)
    assert (accuracy.suite, accuracy.pairs, accuracy.unpaired) == ("quiz", 18, 1)
    assert (accuracy.base, accuracy.other) == (7 / 18, 14 / 18)
    assert (accuracy.only_base, accuracy.only_other) == (2, 9)
    assert accuracy.p == pytest.approx(binomtest(2, 11).pvalue)
    assert accuracy.difference.value == pytest.approx(7 / 18)
    assert (accuracy.difference.low or 0) > 0
    assert (accuracy.difference.n, accuracy.difference.missing) == (20, {"unparsable": 2})
    # One was right in the base alone, so that it can only get worse or stay; one is unknown on both sides.
    assert (accuracy.difference.worst, accuracy.difference.best) == pytest.approx(((7 - 1 - 1) / 20, (7 + 1) / 20))

    pairs = [(a, b) for a, b in zip(BASE_RATINGS, OTHER_RATINGS, strict=True) if a is not None and b is not None]
    assert rating.difference.value == pytest.approx(mean(b - a for a, b in pairs))
    assert (rating.pairs, rating.unpaired, rating.p) == (8, 2, None)
    assert rating.difference.clusters == 5
    sheet = paired_sheet("base", "other", [accuracy, rating])
    assert ([row[0] for row in sheet.rows], sheet.note) == (["quiz", "talk"], None)
    clustered = accuracy.difference.model_copy(update={"clusters": 9})
    shared = [accuracy.model_copy(update={"difference": clustered})]
    told = "p takes pairs to be independent, which those of one cluster are not: quiz"
    assert paired_sheet("base", "other", shared).note == told
    alone = "values on one side alone, which are left out: 1 of quiz"
    assert compared_sheet(base, other, shared).note == f"{told}; {alone}"


def test_an_evaluation_does_not_differ_from_itself(tmp_path: Path) -> None:
    base = made(tmp_path, "base", quiz("r" * 10 + "w" * 10), BASE_RATINGS)
    for each in compare(base, base):
        assert (each.difference.value, each.difference.low, each.difference.high) == (0, 0, 0)
        assert each.p in (None, 1)


@table(
    ("manifest", "said"),
    [
        ({"seed": 7}, "their seeds are 7 and 0"),
        ({"judge": "harsh"}, "their judges are harsh and wise-judge"),
        ({"prompts": {"talk": "p2"}}, "the judge's prompt of suite talk differs"),
    ],
)
def test_what_is_not_alike_is_named(tmp_path: Path, manifest: dict[str, Any], said: str) -> None:
    base = made(tmp_path, "base", [], BASE_RATINGS)
    other = made(tmp_path, "other", [], OTHER_RATINGS, **manifest)
    with pytest.raises(UsageError, match=said):
        compare(base, other)


def test_another_suite_of_that_name_is_named(tmp_path: Path) -> None:
    evaluation(tmp_path, "base", suites=(TALK,))
    evaluation(tmp_path, "other", suites=(TALK.model_copy(update={"prompt": "So: {{ question }}"}),))
    with pytest.raises(UsageError, match="suite talk is another one there"):
        compare(open_evaluation("base", tmp_path), open_evaluation("other", tmp_path))


def test_without_a_suite_in_common_there_is_nothing_to_compare(tmp_path: Path) -> None:
    base = made(tmp_path, "base", [], BASE_RATINGS)
    evaluation(tmp_path, "other", suites=(suite("judged", "mean", TALK.items, judge=Judge(template="")),))
    with pytest.raises(UsageError, match="no suite in common"):
        compare(base, open_evaluation("other", tmp_path))


@table(
    ("file", "old", "new", "said"),
    [
        ("quiz.json", '"accuracy"', '"toxicity"', "suite quiz: metric toxicity is not of kind choice"),
        ("talk.json", '"judge":{', '"judge":null,"system":null,"x":{', "suites/talk.json:1"),
        ("talk.json", '"scale":[1,10]', '"scale":[5,5]', "suite talk: judge: scale is"),
        ("quiz.jsonl", '["x","y"]', '["x"]', "suite quiz, item q00: there are 1 choices"),
    ],
)
def test_a_kept_suite_without_numbers_is_refused_in_words(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    base = made(tmp_path, "base", [], BASE_RATINGS)
    path = base.directory.suites / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(SandboxError, match=re.escape(said)):
        compare(base, base)
