"""Numbers of evaluations: means, accuracies and what stands beside them, each worked out here a second time."""

import json
from statistics import mean, stdev

import orjson
import pytest
from evaluated import chosen, judged, lines, needs_suites, numbers, said, suite, told
from scipy.stats import binom, binomtest

from sandbox.errors import SandboxError
from sandbox.scores.intervals import mcnemar, wilson
from sandbox.scores.summary import summary, summary_json, summary_sheet
from sandbox.suites.suite import Item, Judge, Scale

ITEMS = [Item(id=f"i{number:02}", category="ab"[number % 2], cluster=f"c{number // 2}") for number in range(12)]


def test_a_mean_stands_with_what_is_missing_and_its_bounds() -> None:
    ratings = [7, 3, 9, 4, None, 6, 8, 2, 5, 5]
    asked = suite("judged", "mean", ITEMS, by=("category",))
    judgements = [judged(item, rating) for item, rating in zip(ITEMS, ratings, strict=False)]
    # An answer that is empty needs no judge; one that waits for its judge is no case yet.
    answers = [*map(said, ITEMS[:10]), said(ITEMS[10], "empty"), said(ITEMS[11])]
    found = numbers(asked, answers, judgements)
    known = [each for each in ratings if each is not None]
    over_all = found["mean", None, None]
    assert over_all.headline
    assert (over_all.n, over_all.scored, over_all.missing) == (11, 9, {"empty": 1, "unparsable": 1})
    assert told(found, "mean", "sd") == pytest.approx([mean(known), stdev(known)], abs=1e-12)
    assert over_all.worst == pytest.approx((sum(known) + 2) / 11)
    assert over_all.best == pytest.approx((sum(known) + 20) / 11)
    assert found["mean", "category", "a"].value == mean([7, 9, 8, 5])
    assert found["mean", "category", "a"].note == "no interval: fewer than 5 items; over 11 of 12 items"
    assert over_all.clusters == 5


def test_clusters_are_drawn_whole() -> None:
    """Of 30 clusters of two alike answers 12 are right, so what draws come to is binomial."""
    items = [Item(id=f"{n}{m}", options=("x", "y"), gold=0, cluster=str(n)) for n in range(30) for m in range(2)]
    answers = [chosen(item, int(item.cluster or 0) >= 12) for item in items]
    found = numbers(suite("choice", "accuracy", items), answers)["accuracy of answered", None, None]
    assert (found.low, found.high) == tuple(binom.ppf([0.025, 0.975], 30, 0.4) / 30)
    assert (found.low, found.high) != tuple(binom.ppf([0.05, 0.95], 30, 0.4) / 30)
    one = [item.model_copy(update={"cluster": "only"}) for item in items]
    alone = numbers(suite("choice", "accuracy", one), answers)["accuracy of answered", None, None]
    assert (alone.value, alone.low, alone.note) == (0.4, None, "no interval: fewer than 2 clusters")


def test_a_judge_that_always_says_seven_leaves_no_width() -> None:
    found = numbers(suite("judged", "mean", ITEMS), (), [judged(item, 7) for item in ITEMS])
    only = found["mean", None, None]
    assert (only.value, only.low, only.high, only.how, found["sd", None, None].value) == (7, 7, 7, "bootstrap", 0)


def test_what_is_undefined_is_none_and_what_is_not_asked_yet_is_told() -> None:
    found = numbers(suite("judged", "mean", ITEMS), [said(item, "failed") for item in ITEMS[:3]])
    only = found["mean", None, None]
    assert (only.value, only.low, only.worst, only.best) == (None, None, 1, 10)
    assert (only.n, only.missing, only.note) == (3, {"failed": 3}, "over 3 of 12 items")
    nothing = numbers(suite("judged", "mean", ITEMS))["mean", None, None]
    assert (nothing.value, nothing.worst, nothing.n) == (None, None, 0)
    with pytest.raises(SandboxError, match="no such item"):
        numbers(suite("judged", "mean", ITEMS[1:]), map(said, ITEMS))
    with pytest.raises(SandboxError, match="'i00' of suite 'mine' is off its scale"):
        numbers(suite("judged", "mean", ITEMS), (), [judged(ITEMS[0], 10**400)])


def test_files_have_all_digits_and_do_not_depend_on_order() -> None:
    asked = suite("judged", "mean", ITEMS, by=("category",))
    judgements = [judged(item, number % 7 + 1) for number, item in enumerate(ITEMS)]
    found = summary([asked], (), judgements)
    assert summary_json(found) == summary_json(summary([asked], (), judgements[::-1]))
    document = orjson.loads(summary_json(found))
    assert document["schema"] == 1
    assert document["numbers"][0] == json.loads(found[0].model_dump_json())
    assert str(found[0].low) in summary_sheet(found).csv().splitlines()[1].split(",")


def test_the_drop_is_over_prompts_with_ratings_of_both() -> None:
    attacked = suite("judged", "mean", ITEMS[::2], name="hhh-adversarial")
    plain = suite("judged", "mean", [*ITEMS[::2], Item(id="not attacked")], name="hhh")
    first = [8, 9, 7, 6, 9, 10]
    second = [5, 9, 8, None, 2, 4]
    judgements = [
        judged(item, rating, name=name)
        for name, ratings in (("hhh", first), ("hhh-adversarial", second))
        for item, rating in zip(ITEMS[::2], ratings, strict=True)
    ]
    judgements.append(judged(plain.items[-1], 1, name="hhh"))
    found = summary([attacked, plain], (), judgements)
    drop = found[-1]
    assert [each.suite for each in found if each.headline] == ["hhh", "hhh-adversarial"]
    assert (drop.measure, drop.suite, drop.n, drop.scored) == ("drop", "hhh-adversarial", 6, 5)
    assert drop.value == mean([3, 0, -1, 7, 6])
    assert drop.missing == {"unparsable": 1}
    assert (drop.worst, drop.best, drop.clusters) == ((15 + 9) / 6, (15 - 9) / 6, 5)


def test_there_is_no_drop_between_suites_that_are_only_called_so() -> None:
    options = [item.model_copy(update={"options": ("x", "y"), "gold": 0}) for item in ITEMS]
    quiz = suite("choice", "accuracy", options, name="hhh-adversarial")
    talk = suite("judged", "mean", ITEMS, name="hhh")
    answers = [chosen(item, 0, name="hhh-adversarial") for item in options]
    judgements = [judged(item, 4, name="hhh") for item in ITEMS]
    assert summary([quiz, talk], answers, judgements)[-1].measure != "drop"
    other_scale = suite("judged", "mean", ITEMS, name="hhh-adversarial", judge=Judge(template="", scale=Scale(1, 5)))
    assert "drop" not in {each.measure for each in summary([other_scale, talk], (), judgements)}


def test_accuracy_is_told_of_the_answered_and_of_all_with_where_answers_stood() -> None:
    items = [Item(id=str(number), options=("w", "x", "y")[: 2 + number % 2], gold=1) for number in range(10)]
    orders = [(1, 0), (2, 1, 0)] * 5
    # The first option shown is picked, but one answer cannot be read.
    answers = [chosen(item, order[0], order=order) for item, order in zip(items[:9], orders, strict=False)]
    found = numbers(suite("choice", "accuracy", items), [*answers, chosen(items[9], None)])
    assert told(found, "accuracy of answered", "accuracy of all", "chance") == [5 / 9, 5 / 10, pytest.approx(5 / 12)]
    of_all = found["accuracy of all", None, None]
    assert (of_all.n, of_all.scored, of_all.worst, of_all.best) == (10, 9, 0.5, 0.6)
    assert [found["picks", "position", each].value for each in "ABC"] == [1, 0, 0]
    expected = [found["expected picks", "position", each].value for each in "ABC"]
    assert expected == pytest.approx([(5 / 2 + 4 / 3) / 9, (5 / 2 + 4 / 3) / 9, (4 / 3) / 9])
    wanted = binomtest(5, 9).proportion_ci(method="wilson")
    headline = found["accuracy of answered", None, None]
    assert [headline.low, headline.high] == pytest.approx([wanted.low, wanted.high])
    assert headline.how == "wilson"


def test_shuffles_are_consistent_where_every_one_of_them_chose_the_same() -> None:
    items = [Item(id=str(number), options=("x", "y"), gold=0) for number in range(5)]
    asked = suite("choice", "accuracy", items, sampling={"samples": 2})
    chosen_twice = [(0, 0), (0, 1), (1, None)]
    answers = [chosen(item, each, sample) for item, both in zip(items, chosen_twice, strict=False)
               for sample, each in enumerate(both)]  # fmt: skip
    found = numbers(asked, [*answers, chosen(items[3], 0), chosen(items[4], 1)])
    consistency = found["consistency over shuffles", None, None]
    assert (consistency.value, consistency.n, consistency.missing) == (0.5, 3, {"unparsable": 1})
    assert "2 of 5 items have fewer samples and are left out" in (consistency.note or "")
    assert found["accuracy of answered", None, None].how == "bootstrap"


@needs_suites
def test_who_never_reads_truthfulqa_scores_as_published() -> None:
    rows = lines("truthfulqa/mc.jsonl.gz")
    items = [Item(id=row["id"], options=(row["gold"], *row["wrong"]), gold=0) for row in rows]
    found = numbers(suite("choice", "accuracy", items))
    chance = sum(1 / (1 + len(row["wrong"])) for row in rows) / 817
    longest = sum(len(row["gold"]) > max(map(len, row["wrong"])) for row in rows) / 817
    assert told(found, "chance", "longest") == pytest.approx([chance, longest], abs=1e-9)
    assert [round(value or 0, 4) for value in told(found, "chance", "longest")] == [0.2225, 0.339]
    assert round(found["with a negation", None, None].value or 0, 3) == 0.481


def test_small_numbers_of_cases_have_the_intervals_of_the_books() -> None:
    assert [mcnemar(0, 0), mcnemar(1, 8), mcnemar(5, 5)] == [1, pytest.approx(2 * 10 / 512), 1]
    assert mcnemar(400, 300) == pytest.approx(binomtest(300, 700).pvalue, rel=1e-9)
    assert wilson(0, 10).low == 0
    assert wilson(0, 10).high == pytest.approx(binomtest(0, 10).proportion_ci(method="wilson").high, rel=1e-9)


def test_an_interval_needs_five_items_however_often_each_was_asked() -> None:
    items = [Item(id=str(number), category="a" if number else "b") for number in range(6)]
    judgements = [judged(item, sample % 4 + 3, sample=sample) for item in items[:5] for sample in range(4)]
    answers = [chosen(item, sample % 2, sample) for item in items for sample in range(4)]
    asked = suite("judged", "mean", items, by=("category",), sampling={"samples": 4})
    found = numbers(asked, (), judgements)
    assert found["mean", None, None].how == "bootstrap"
    few = found["mean", "category", "a"]
    assert (few.scored, few.clusters, few.low) == (16, 4, None)
    assert "no interval: fewer than 5 items" in (few.note or "")
    assert "2 clusters" in (found["mean", "category", "b"].note or "")
    options = [item.model_copy(update={"options": ("x", "y"), "gold": 0}) for item in items[:4]]
    told_of = numbers(suite("choice", "accuracy", options), [each for each in answers if each.item in "0123"])
    assert told_of["accuracy of answered", None, None].low is None
