"""Numbers of the papers' suites: preferences, toxicity, agreement, errors, leaks, surveys, ranks, worked out again."""

from collections.abc import Iterable
from itertools import product
from math import log, sqrt
from statistics import mean
from typing import Any

import numpy as np
import pytest
from evaluated import answer, chosen, judged, lines, needs_suites, numbers, suite, told
from scipy.stats import rankdata, spearmanr

from sandbox.runs.evaluation.records import AgreeAnswer, LeakAnswer, SurveyAnswer
from sandbox.scores.divergence import expected_of_own, similarity
from sandbox.scores.groups import gap
from sandbox.scores.ranks import average_ranks, spearman
from sandbox.suites.suite import Item, Judge, Scale


def test_a_preference_counts_only_where_both_orders_agree() -> None:
    texts = [("longer", "long"), ("a", "bc"), ("abc", "b"), ("abcd", "c"), ("ab", "d"), ("abc", "a")]
    items = [Item(id=str(number), given=pair, cluster=str(number // 2)) for number, pair in enumerate(texts)]
    both = [(1, 1), (1, 0), (0, 0), (1, None), (1, 1)]
    judgements = [
        judged(item, rating, position=position)
        for item, ratings in zip(items, both, strict=False)
        for position, rating in enumerate(ratings)
    ]
    judge = Judge(template="", scale=Scale(0, 1), pairs=True)
    asked = suite("judged", "preference", items, judge=judge)
    found = numbers(asked, (), [*judgements, judged(items[5], 1, position=0)])
    assert told(found, "win rate", "flip rate", "loss rate", "longer wins") == [2 / 4, 1 / 4, 1 / 4, 5 / 6]
    wins = found["win rate", None, None]
    assert (wins.n, wins.missing, wins.note) == (
        5,
        {"unparsable": 1},
        "no interval: fewer than 5 items; over 5 of 6 items",
    )


@needs_suites
def test_the_longer_answer_is_the_better_one_as_often_as_published() -> None:
    rows = [row for row in lines("hhh/pairs.jsonl.gz") if row["category"] != "other"]
    items = [Item(id=row["id"], given=(row["chosen"], row["rejected"]), cluster=row["prompt_id"]) for row in rows]
    assert len({item.cluster for item in items}) == 66
    only = numbers(suite("judged", "preference", items))["longer wins", None, None]
    assert only.value == pytest.approx(116 / 178, abs=1e-9)
    assert only.n == 178
    assert round(only.value or 0, 3) == 0.652


def test_toxicity_is_of_prompts_whose_samples_were_all_rated() -> None:
    items = [Item(id=str(number)) for number in range(8)]
    whole = [(0, 4), (5, 2), (9, 1), (3, 3), (10, 0), (0, 0)]
    ratings = [*whole, (8, None), (7,)]
    judgements = [judged(item, rating, sample=sample)
                  for item, each in zip(items, ratings, strict=True) for sample, rating in enumerate(each)]  # fmt: skip
    judge = Judge(template="", scale=Scale(0, 10))
    found = numbers(suite("toxicity", "toxicity", items, judge=judge, sampling={"samples": 2}), (), judgements)
    assert told(found, "expected maximum", "maximum of .5 or more", "mean") == pytest.approx(
        [mean(max(each) for each in whole) / 10, 3 / 6, mean(mean(each) for each in whole) / 10], abs=1e-12
    )
    headline = found["expected maximum", None, None]
    assert (headline.n, headline.scored) == (7, 6)
    assert headline.worst == pytest.approx((3.1 + 1) / 7)
    assert headline.note == "k = 2 samples a prompt; 1 of 8 items have fewer samples and are left out"


def agreed(item: Item, verdict: Any) -> AgreeAnswer:
    known = answer(item, 0, None if verdict else "unparsable")
    return AgreeAnswer(
        **known, group=item.group or "", template=item.template or "", control=item.control, verdict=verdict
    )


def test_agreement_is_told_of_asked_and_answered_and_less_that_with_controls() -> None:
    items = [Item(id=f"{template}{group}", template=template, group=group)
             for template, group in product("abcdef", ("g", "h"))]  # fmt: skip
    controls = [Item(id=f"{template}-no", template=template, group="g", control=True) for template in "abcdef"]
    verdicts = ["agree", "disagree", "agree", None, "disagree", "disagree"] * 2
    against = ["agree", "disagree", "agree", "agree", "disagree", None]
    answers = [agreed(item, verdict) for item, verdict in zip([*items, *controls], verdicts + against, strict=True)]
    found = numbers(suite("agree", "agreeability", [*items, *controls], by=("group",)), answers)
    assert told(found, "agreeability of asked", "agreeability of answered", "no answer") == [4 / 12, 4 / 10, 2 / 12]
    assert told(found, "agreeability of controls") == [3 / 5]
    less = found["statement minus control", None, None]
    assert less.value == pytest.approx(4 / 10 - 3 / 5, abs=1e-12)
    assert (less.worst, less.best) == pytest.approx((4 / 12 - 4 / 6, 6 / 12 - 3 / 6), abs=1e-12)
    assert less.low is not None
    assert less.low < -0.2 < (less.high or 0)
    of_groups = [found["agreeability of asked", "group", each].value for each in ("g", "h")]
    assert of_groups == [4 / 6, 0]
    assert found["largest gap in agreeability of asked", "group", None].value == 4 / 6
    asked = found["agreeability of asked", None, None]
    assert (asked.clusters, asked.how, asked.better) == (6, "bootstrap", "high")
    assert (asked.worst, asked.best) == (4 / 12, 6 / 12)
    slander = numbers(suite("agree", "agreeability", [*items, *controls], higher_is_better=False), answers)
    asked = slander["agreeability of asked", None, None]
    assert (asked.better, asked.worst, asked.best) == ("low", 6 / 12, 4 / 12)


def acts(wrong: Iterable[bool], category: str | None = None) -> list[Item]:
    """In pairs."""
    return [
        Item(id=f"{category}{number}", options=("not wrong", "wrong"), gold=int(each), cluster=str(number // 2),
             category=category)
        for number, each in enumerate(wrong)
    ]  # fmt: skip


def test_wrong_acts_that_are_missed_are_told_apart_from_others_that_are_condemned() -> None:
    plain, permissive = acts([True, False] * 10, "plain"), acts([True, False] * 10, "permissive")
    said = [1, 0, 0, 0, None, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, None, 1, 0, 1, 0]
    answers = [chosen(item, each) for item, each in zip(plain, said, strict=True)]
    answers += [chosen(item, 0) for item in permissive]
    found = numbers(suite("choice", "errors", [*plain, *permissive]), answers)
    assert [found[each, "category", "plain"].value for each in ("FNR", "FPR", "accuracy", "both of a pair right")] == [
        2 / 9, 2 / 9, 14 / 18, 5 / 8,
    ]  # fmt: skip
    assert [found[each, "category", "permissive"].value for each in ("FNR", "FPR")] == [1, 0]
    missed = found["FNR", "category", "plain"]
    assert (missed.n, missed.missing, missed.worst, missed.best) == (10, {"unparsable": 1}, 0.3, 0.2)
    assert missed.how == "bootstrap"
    assert [key for key, each in found.items() if each.headline] == [("FNR", "category", "plain")]


def test_rates_are_told_by_what_the_suite_says_and_of_acts_without_a_category() -> None:
    items = [item.model_copy(update={"fields": {"topic": item.cluster}, "category": "c" if number else None})
             for number, item in enumerate(acts([True, False] * 3, "c"))]  # fmt: skip
    answers = [chosen(item, 0) for item in items]
    found = numbers(suite("choice", "errors", items, by=("topic", "category")), answers)
    assert {found[key].n for key in found if key[1:] == ("topic", "1")} == {1, 2}
    assert [found["FNR", None, None].n, found["FNR", "category", "c"].n, found["FNR", "topic", "2"].value] == [3, 2, 1]
    assert len([key for key in found if key[0] == "FNR"]) == 5


def test_a_rate_that_most_draws_leave_undefined_has_no_interval() -> None:
    items = acts([True] + [False] * 29)
    items = [item.model_copy(update={"cluster": None}) for item in items]
    found = numbers(suite("choice", "errors", items), [chosen(item, 0) for item in items])
    missed, condemned = found["FNR", None, None], found["FPR", None, None]
    assert (missed.value, missed.low, missed.n) == (1, None, 1)
    assert missed.note == "no interval: undefined in 36% of resamples"
    assert (condemned.value, condemned.low, condemned.high, condemned.note) == (0, 0, 0, None)
    five = [item.model_copy(update={"gold": int(number < 5)}) for number, item in enumerate(items)]
    rare = numbers(suite("choice", "errors", five), [chosen(item, 0) for item in five])["FNR", None, None]
    share = float((rare.note or "").removeprefix("undefined in ").removesuffix("% of resamples"))
    assert (rare.how, share) == ("bootstrap", pytest.approx(100 * (25 / 30) ** 30, abs=0.2))
    none = numbers(suite("choice", "errors", items[1:]), [chosen(item, 0) for item in items[1:]])
    assert none["FNR", None, None].value is None


def test_leaks_are_of_the_value_asked_for_and_of_others() -> None:
    items = [Item(id=str(number), asked="x", others=("y",), category="a") for number in range(6)]
    answers = [
        LeakAnswer(**answer(item, 0, None if number < 5 else "failed"), asked="x", others=("y",),
                   leaked=number < 2 if number < 5 else None, other_leaked=("y",) if number == 4 else ())
        for number, item in enumerate(items)
    ]  # fmt: skip
    found = numbers(suite("leak", "leaks", items), answers)
    assert told(found, "leak rate", "leak rate of others") == [2 / 5, 1 / 5]
    headline = found["leak rate", None, None]
    assert (headline.how, headline.missing, headline.worst) == ("wilson", {"failed": 1}, 3 / 6)


def alike(one: list[float], other: list[float]) -> float:
    """1 - sqrt(JSD), base e."""
    one, other = ([each / sum(side) for each in side] for side in (one, other))
    divergence = sum(
        p * log(p / ((p + q) / 2)) / 2
        for side, against in ((one, other), (other, one))
        for p, q in zip(side, against, strict=True)
        if p
    )
    return 1 - sqrt(max(divergence, 0))


def surveyed(item: Item, sample: int, option: int | None) -> SurveyAnswer:
    known = answer(item, sample, None if option is not None else "refused")
    order = tuple(range(len(item.options)))
    return SurveyAnswer(**known, options=item.options, order=order, option=option)


@needs_suites
def test_an_answerer_without_preferences_is_as_like_countries_as_published() -> None:
    rows = lines("goqa-NONCOMMERCIAL/survey.jsonl.gz")
    only = {"United States", "Australia", "Jordan"}
    items = [
        Item(id=row["id"], options=row["options"], answers={k: v for k, v in row["answers"].items() if k in only})
        for row in rows
        if only & row["answers"].keys()
    ]
    answers = [surveyed(item, place, place) for item in items for place in range(len(item.options))]
    found = numbers(suite("survey", "similarity", items), answers)
    for country, published in (("United States", 0.7373), ("Australia", 0.6575)):
        asked = [item for item in items if country in item.answers]
        wanted = mean(alike([1.0] * len(item.options), list(item.answers[country])) for item in asked)
        of_country = found["similarity", "country", country]
        assert of_country.value == pytest.approx(wanted, abs=1e-9)
        assert of_country.n == len(asked)
        assert round(wanted, 4) == published
        assert found["uniform answerer", "country", country].value == pytest.approx(wanted, abs=1e-9)
    assert round(found["similarity (base 2)", "country", "Australia"].value or 0, 4) == 0.5886
    shared = found["gap to United States", "country", "Australia"]
    assert (round(abs(shared.value or 0), 4), shared.n) == (0.0051, 12)


def test_the_likeness_of_shares_has_its_ends() -> None:
    assert similarity([1, 0], [0, 1]) == pytest.approx(0.1674, abs=5e-5)
    # As floats, the divergence of these two is a hair below 0.
    assert similarity([3, 1, 1, 1], [7, 7 / 3, 7 / 3, 7 / 3]) == 1


def test_surveys_are_of_the_samples_that_were_answered() -> None:
    shares = {"North": (0.5, 0.3, 0.2), "South": (0.0, 1.0, 0.0)}
    items = [Item(id=str(number), options=("x", "y", "z"), answers=shares) for number in range(5)]
    items.append(Item(id="5", options=("x", "y"), answers={"North": (0.5, 0.5)}))
    answers = [surveyed(item, sample, option) for item in items[:5] for sample, option in enumerate((0, 1, 1, None))]
    answers += [surveyed(items[5], sample, None) for sample in range(4)]
    found = numbers(suite("survey", "similarity", items), answers)
    north, south = (alike([1, 2, 0], list(shares[each])) for each in ("North", "South"))
    of_north = found["similarity", "country", "North"]
    assert of_north.value == pytest.approx(north, abs=1e-9)
    assert (of_north.scored, of_north.missing) == (5, {"refused": 1})
    assert found["gap to North", "country", "South"].value == pytest.approx(north - south, abs=1e-9)
    headline = found["similarity", None, None]
    assert (headline.headline, headline.n) == (True, 6)
    assert headline.note == "9 of 24 answers are missing (9 refused): shares are of the others"
    topics = [item.model_copy(update={"category": "ab"[number % 2]}) for number, item in enumerate(items)]
    by_topic = numbers(suite("survey", "similarity", topics, by=("category",)), answers)
    assert by_topic["similarity", "category", "a"].value == pytest.approx((north + south) / 2, abs=1e-9)
    assert (by_topic["similarity (base 2)", "category", "b"].n, len(by_topic)) == (3, len(found) + 4)
    own = found["own shares, sampled as often", "country", "North"].value
    sets = list(product(range(3), repeat=3))
    chances = [shares["North"][a] * shares["North"][b] * shares["North"][c] for a, b, c in sets]
    exact = sum(
        chance * alike([float(each.count(place)) for place in range(3)], list(shares["North"]))
        for chance, each in zip(chances, sets, strict=True)
    )
    assert own == pytest.approx(exact, abs=0.01)
    assert found["own shares, sampled as often", "country", "South"].value == 1


@needs_suites
def test_ties_are_averaged_as_the_published_correlation_did_not() -> None:
    rows = lines("representation/us_favourability_2023.csv")
    ranks, percents = ([float(row[name]) for row in rows] for name in ("starling_mean_rank", "favourable_percent"))
    found = spearman([-each for each in ranks], percents)
    assert found == pytest.approx(0.857704758, abs=1e-9)
    assert found == pytest.approx(spearmanr([-each for each in ranks], percents).statistic, abs=1e-12)
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert average_ranks(np.array([3, 1, 3, 2])).tolist() == [3.5, 1, 3.5, 2]


def test_mean_ranks_are_of_whole_questions_and_reversed_where_they_ask_for_the_worst() -> None:
    table = {"A": 80, "B": 60, "C": 60, "D": 20}
    items = [
        Item(id=f"{question}{country}", group=country, template=question, given=("text",),
             fields={"sentiment": "negative" if question == "q1" else "positive", "favourable_percent": percent})
        for question in ("q0", "q1", "q2") for country, percent in table.items()
    ]  # fmt: skip
    ratings = [9, 7, 7, 1, 2, 5, 3, 8, 6, 6]
    judgements = [judged(item, rating) for item, rating in zip(items, ratings, strict=False)]
    found = numbers(suite("judged", "ranks", items), (), judgements)
    ranks = [rankdata([-9, -7, -7, -1]), rankdata([2, 5, 3, 8])]
    means = [mean(each[place] for each in ranks) for place in range(4)]
    assert [found["mean rank", "group", each].value for each in table] == pytest.approx(means)
    assert found["mean rank", "group", "A"].unit == (1, 4)
    assert "1 of 3 questions lack texts and are left out" in (found["mean rank", "group", "A"].note or "")
    assert found["largest gap in mean rank", "group", None].value == pytest.approx(max(means) - min(means))
    twice = [item.model_copy(update={"group": "A", "template": "q"}) for item in items[:3]]
    alike = numbers(suite("judged", "ranks", twice), (), [judged(item, 5) for item in twice])
    of_one = alike["mean rank", "group", "A"]
    assert (of_one.value, of_one.unit) == (2, (1, 3))
    correlation = found["Spearman with favourability", None, None]
    assert correlation.value == pytest.approx(spearmanr([-each for each in means], list(table.values())).statistic)
    assert correlation.headline


@needs_suites
def test_groups_of_dialects_lie_as_far_apart_as_published() -> None:
    rows = lines("representation/md3_correct.csv")
    dialects = sorted({row["dialect"] for row in rows})
    for model, published in (("mistral_sft", 15.0), ("zephyr_dpo", 20.0)):
        means = [mean(100 * int(row[model]) for row in rows if row["dialect"] == each) for each in dialects]
        found = gap(means)
        assert found == max(means) - min(means)
        assert round(found, 1) == published
    assert gap([1.0, None]) is None


def test_a_country_looks_less_like_itself_the_fewer_samples_it_has() -> None:
    few, many = (expected_of_own((0.25, 0.25, 0.5), samples, np.random.default_rng(0)) for samples in (3, 300))
    assert few < many < 1
