"""Observers beside one another and neighbours beside them, recomputed from the files; controls; what cannot be told."""

import hashlib
import json
import math
import random
import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from scipy.stats import spearmanr

from sandbox.analysis.findings import Findings
from sandbox.analysis.observer.analysis import analyse
from sandbox.analysis.pools import Pool
from sandbox.errors import SandboxError
from sandbox.inspection.analysis.observer_plot import observer_plot
from sandbox.inspection.picture import short
from sandbox.runs.rating.reading import ratings_of
from sandbox.runs.reading import read_run

Row = dict[str, Any]
NAMES = ("other", "third")
TEXTS, DIMENSIONS = ("draft", "revision"), ("alignment", "engagement")


@pytest.fixture
def rated(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run of 27 interactions whose own observer was asked again."""
    run = scripted_run(sandbox, tmp_path, "one", rounds=3)
    kept = tmp_path.parent / ".example-rating"
    if not kept.exists():
        done = sandbox("rate", "one", "--observer-model", "scripted", "--name", "again", "--yes")
        assert done.code == 0, done.err
        shutil.copytree(run.with_name("one.again"), kept)
    shutil.copytree(kept, run.with_name("one.again"), dirs_exist_ok=True)
    return run


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, items: list[Row]) -> None:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))


def rewritten(path: Path, change: Callable[[Row], object]) -> list[Row]:
    """The lines of a log as `change` leaves them; those of which it says False are left out."""
    kept = [item for item in lines(path) if change(item) is not False]
    write(path, kept)
    return kept


def claimed(run: Path) -> None:
    """Make all ratings of `run` those of the log that it has by now."""
    for rating in run.parent.glob(f"{run.name}.*"):
        document = json.loads((rating / "manifest.json").read_text())
        log = (run / "interactions.jsonl").read_bytes()
        digest = hashlib.sha256(log).hexdigest()
        document["rated"] |= {"interactions": log.count(b"\n"), "sha256": digest}
        (rating / "manifest.json").write_text(json.dumps(document))


def rate(item: Row, rating: Callable[[], int | None]) -> None:
    for text in TEXTS:
        for name in item["scores"][text]:
            item["scores"][text][name] = {
                "rating": (value := rating()), "missing": None if value else "refused", "reason": None, "raw": "",
            }  # fmt: skip


def found(*runs: Path) -> Findings:
    opened = [read_run(run) for run in runs]
    return analyse([Pool("all", opened)], ratings=[rating for run in opened for rating in ratings_of(run)])


def agreement(findings: Findings) -> dict[tuple[str, str, str], Row]:
    rows = findings.sheet("agreement").document()
    return {(row["between"], row["text"], row["dimension"]): row for row in rows}


def pairs(one: list[Row], other: list[Row], text: str, dimension: str) -> list[tuple[int, int]]:
    """Ratings of what both rated."""
    given = {item["id"]: (item["scores"][text][dimension] or {}).get("rating") for item in other}
    both = [(item["scores"][text][dimension]["rating"], given.get(item["id"])) for item in one]
    return [(first, second) for first, second in both if first is not None and second is not None]


def test_two_observers_are_compared_on_what_both_rated(rated: Path) -> None:
    chance = random.Random(1)
    scores = rewritten(
        rated.with_name("one.again") / "scores.jsonl",
        lambda item: item["agent"] != 4 and rate(item, lambda: chance.choice([None, 1, 3, 4, 5, 6, 7])),
    )
    told = agreement(found(rated))
    for text in TEXTS:
        for dimension in DIMENSIONS:
            both = pairs(log(rated), scores, text, dimension)
            row, name = told["observer and again", text, dimension], (text, dimension)
            assert row["texts"] == row["exact"]["count"] == len(both) < 27, name
            assert row["exact"]["mean"] == pytest.approx(mean(one == other for one, other in both)), name
            assert row["within_1"]["mean"] == pytest.approx(mean(abs(one - other) <= 1 for one, other in both)), name
            assert row["difference"]["mean"] == pytest.approx(mean(other - one for one, other in both)), name
            assert row["absolute_difference"] == pytest.approx(mean(abs(one - other) for one, other in both)), name
            spread = math.sqrt(mean(stdev(pair) ** 2 for pair in both))
            assert row["sd_within"] == pytest.approx(spread), name


@pytest.mark.slow
def test_an_observer_that_rates_at_random_agrees_by_chance(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, "one", rounds=3)
    chance, wanted = random.Random(7), 400
    for name in NAMES:
        assert sandbox("rate", "one", "--observer-model", "scripted", "--name", name, "--yes").code == 0
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["config"] |= {"grid": 20, "rounds": 1}
    (run / "manifest.json").write_text(json.dumps(manifest | {"status": "running"}))
    for path in (run / "interactions.jsonl", *(run.with_name(f"one.{name}") / "scores.jsonl" for name in NAMES)):
        line = lines(path)[0]
        made = []
        for agent in range(wanted):
            item = line | {"id": f"r000-a{agent:03d}", "agent": agent, "scores": json.loads(json.dumps(line["scores"]))}
            rate(item, lambda: chance.randint(1, 7))
            made.append(item)
        write(path, made)
    claimed(run)
    findings = found(run)
    told = [row for (between, *_), row in agreement(findings).items() if between != "neighbours"]
    assert len(told) == 3 * 4
    for row in told:
        assert abs(row["alpha_interval"]["mean"]) < 0.13, row
        assert abs(row["icc_a1"]) < 0.13, row
    assert all("too little to conclude from single ratings" in said for said in findings.verdicts)


def test_constant_ratings_have_no_alpha_and_no_correlation(rated: Path) -> None:
    for path in (rated / "interactions.jsonl", rated.with_name("one.again") / "scores.jsonl"):
        rewritten(path, lambda item: rate(item, lambda: 4))
    claimed(rated)
    findings = found(rated)
    for row in (row for (between, *_), row in agreement(findings).items() if between != "neighbours"):
        undefined = ("alpha_nominal", "alpha_ordinal", "icc_1", "icc_a1", "icc_c1")
        assert [row[name] for name in undefined] == [None] * 5
        assert row["alpha_interval"] == {"mean": None, "low": None, "high": None, "count": 27}
        assert row["exact"]["mean"] == 1
        assert row["exact"]["low"] < 0.9
    assert findings.verdicts == ["all: observer and again give all texts one rating: of agreement nothing can be said."]
    (against,) = findings.sheet("neighbours against the observer").document()
    assert against["spearman"] is None
    observer = [row for row in findings.sheet("ratings").document() if row["rater"] == "observer"]
    assert {(row["commonest"], row["share"], row["sd"], row["4"]) for row in observer} == {(4, 1, 0, 27)}


def test_the_same_ratings_agree_wholly(rated: Path) -> None:
    own = {item["id"]: item["scores"] for item in log(rated)}
    rewritten(rated.with_name("one.again") / "scores.jsonl", lambda item: item.update(scores=own[item["id"]]))
    findings = found(rated)
    for row in (row for (between, *_), row in agreement(findings).items() if between != "neighbours"):
        assert (row["alpha_interval"]["mean"], row["icc_a1"], row["exact"]["mean"]) == (1, 1, 1)
        assert (row["absolute_difference"], row["sd_within"]) == (0, 0)
    assert findings.verdicts[0].endswith("over 27 texts: reliable.")


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        (lambda place: place + 2 if place < 4 else None, "over 4 texts: no interval: fewer than 10 texts."),
        (lambda place: 4 if place else 7, "over 27 texts: no interval: undefined in 36% of resamples."),
    ],
)
def test_agreement_that_hangs_on_few_texts_is_not_called_reliable(
    rated: Path, said: Callable[[int], int | None], doubt: str
) -> None:
    for path in (rated / "interactions.jsonl", rated.with_name("one.again") / "scores.jsonl"):
        rewritten(path, lambda item: rate(item, lambda: said(9 * item["round"] + item["agent"])))
    claimed(rated)
    assert found(rated).verdicts[0].endswith(doubt)


def test_neighbours_are_compared_with_one_another_and_with_the_observer(sandbox: Sandbox, tmp_path: Path) -> None:
    run = mixed_run(sandbox, tmp_path)
    findings = found(run)
    heard = [[each["rating"] for each in item["feedback"] if each["rating"]] for item in log(run)]
    several = [ratings for ratings in heard if len(ratings) > 1]
    row = agreement(findings)["neighbours", "draft", "feedback"]
    assert row["texts"] == len(several)
    equal = sum(sum(one == other for one, other in combinations(each, 2)) * 2 / (len(each) - 1) for each in several)
    assert row["exact"]["mean"] == pytest.approx(equal / sum(map(len, several)))
    assert (row["difference"], row["icc_a1"]) == (None, None), "neighbours differ from text to text"
    observed = [(item["scores"]["draft"]["alignment"] or {}).get("rating") for item in log(run)]
    both = [(mean(ratings), rating) for ratings, rating in zip(heard, observed, strict=True) if ratings and rating]
    (against,) = findings.sheet("neighbours against the observer").document()
    assert against["texts"] == len(both)
    assert against["spearman"] == pytest.approx(spearmanr(*zip(*both, strict=True)).statistic)
    assert against["difference"]["mean"] == pytest.approx(mean(peers - rating for peers, rating in both))
    assert findings.verdicts[0].startswith("Whether the observer would say the same again is not known.")


def test_ratings_lie_as_the_log_says_and_missing_ones_are_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    run = mixed_run(sandbox, tmp_path)
    rows = {(row["rater"], row["text"], row["dimension"]): row for row in found(run).sheet("ratings").document()}
    for text in TEXTS:
        for dimension in DIMENSIONS:
            said = [item["scores"][text][dimension] for item in log(run)]
            ratings = [each["rating"] for each in said if each and each["rating"]]
            reasons = Counter(each["missing"] for each in said if each and each["missing"])
            row, common = rows["observer", text, dimension], Counter(ratings).most_common(1)[0][1]
            assert [row[str(value)] for value in range(1, 8)] == [ratings.count(value) for value in range(1, 8)]
            assert (row["n"], row["mean"]) == (len(ratings), pytest.approx(mean(ratings)))
            assert (row["sd"], row["share"]) == pytest.approx((stdev(ratings), common / len(ratings)))
            assert {reason: row[reason] for reason in reasons} == reasons
            assert row["no_reply"] == said.count(None)
    assert rows["neighbours", "draft", "feedback"]["n"] == sum(
        each["rating"] is not None for item in log(run) for each in item["feedback"]
    )


def test_ratings_are_compared_on_the_same_scale_alone_and_with_their_own_run(rated: Path) -> None:
    for name in ("ten", "more"):
        other = shutil.copytree(rated.with_name("one.again"), rated.with_name(f"one.{name}"))
        document = json.loads((other / "manifest.json").read_text())
        document["config"]["name"] = name
        document["dimensions"] = [{"name": "alignment", "scale": [1, 7]}, {"name": "clarity", "scale": [0, 9]}]
        (other / "manifest.json").write_text(json.dumps(document))
        for text in TEXTS:
            rewritten(
                other / "scores.jsonl",
                lambda item, text=text: item["scores"][text].update(
                    clarity={"rating": item["agent"], "missing": None}, engagement=None
                ),
            )
    copy = shutil.copytree(rated, rated.with_name("two"))
    told = agreement(found(rated, copy))
    between = {name: {dimension for pair, _, dimension in told if pair == name} for name, *_ in told}
    assert between == {
        "neighbours": {"feedback"},
        "observer and again": {"alignment", "engagement"},
        "observer and more": {"alignment"},
        "observer and ten": {"alignment"},
        "again and more": {"alignment"},
        "again and ten": {"alignment"},
        "more and ten": {"alignment", "clarity"},
    }
    assert told["observer and ten", "draft", "alignment"]["texts"] == 27, "the other run has no such rating"
    assert told["more and ten", "draft", "clarity"]["alpha_interval"]["mean"] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda item: item["scores"]["draft"]["alignment"].update(rating=8), "scores.jsonl:27"),
        (lambda item: item["scores"]["draft"]["alignment"].update(rating="5"), "scores.jsonl:27"),
        (lambda item: item["scores"]["draft"]["alignment"].update(rating=None, missing="shy"), "scores.jsonl:27"),
        (lambda item: item.update(agent=9, id="r002-a009"), "rates what its run does not have"),
        (lambda item: item.update(round=0, agent=0), "out of order"),
        (lambda item: item.update(round=None), "scores.jsonl:27"),
        (lambda item: item.update(round=2**60, id=f"r{2**60}-a008"), "does not have"),
    ],
)
def test_scores_that_cannot_be_are_refused(rated: Path, change: Callable[[Row], None], said: str) -> None:
    path = rated.with_name("one.again") / "scores.jsonl"
    *_, last = items = lines(path)
    change(last)
    write(path, items)
    with pytest.raises(SandboxError, match=re.escape(said)):
        found(rated)


def test_what_is_not_shown_of_a_run_and_torn_lines_are_left_out(rated: Path) -> None:
    scores = rated.with_name("one.again") / "scores.jsonl"
    run = read_run(rated)
    for torn in (0, 20):
        scores.write_text(scores.read_text().rstrip("\n")[: -torn or None] + "\n" * (not torn))
        for until, texts in ((None, 27 - bool(torn)), (18, 18)):
            findings = analyse([Pool("all", [run._replace(until=until)])], ratings=ratings_of(run))
            row = agreement(findings)["observer and again", "revision", "engagement"]
            assert row["texts"] == texts, (torn, until)


def test_a_rating_of_texts_that_a_run_no_longer_has_is_left_out_and_told(rated: Path) -> None:
    rewritten(rated / "interactions.jsonl", lambda item: item.update(draft="another"))
    findings = found(rated)
    assert {between for between, *_ in agreement(findings)} == {"neighbours"}
    assert findings.verdicts[0].startswith("Whether the observer would say the same again is not known.")
    assert re.match(r"Left out: .* are not those that one\.again rated", findings.verdicts[1])


def test_several_runs_of_a_condition_are_one_and_each_has_its_own_ratings(rated: Path) -> None:
    chance = random.Random(3)
    two, again = (
        shutil.copytree(path, path.with_name(path.name.replace("one", "two")))
        for path in (rated, rated.with_name("one.again"))
    )
    rewritten(again / "scores.jsonl", lambda item: rate(item, lambda: chance.randint(1, 7)))
    findings = found(rated, two)
    both = [
        pair
        for run in (rated, two)
        for pair in pairs(log(run), lines(run.with_name(f"{run.name}.again") / "scores.jsonl"), "draft", "alignment")
    ]
    row = agreement(findings)["observer and again", "draft", "alignment"]
    assert (row["texts"], row["exact"]["mean"]) == (54, pytest.approx(mean(one == other for one, other in both)))
    assert agreement(findings)["neighbours", "draft", "feedback"]["texts"] == 54
    alone = agreement(found(rated))["neighbours", "draft", "feedback"]
    assert agreement(findings)["neighbours", "draft", "feedback"]["exact"]["mean"] == alone["exact"]["mean"]
    apart = [Pool(run.name, [read_run(run)]) for run in (rated, two)]
    told = analyse(apart, ratings=ratings_of(read_run(two))).verdicts
    assert "the observer of one would say" in told[-1]
    assert told[0].startswith("two: observer and again agree least on ")
    rows = {row["rater"]: row for row in findings.sheet("ratings").document() if row["dimension"] != "engagement"}
    assert rows["again"]["n"] == rows["observer"]["n"] == 54


@pytest.mark.slow
def test_the_command_draws_what_its_table_says(sandbox: Sandbox, rated: Path) -> None:
    done = sandbox("analyze", "observer", "one", "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)["tables"]["agreement"]
    assert [row["between"] for row in rows] == ["neighbours", *["observer and again"] * 4]
    assert sandbox("analyze", "observer", "one", "--plot", "-o", "seen.svg").code == 0
    drawn = Path("seen.svg").read_bytes()
    texts = {text.text for text in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}
    assert {"neighbours: feedback, draft", "observer and again: alignment, revision", "95 % interval"} <= texts
    assert drawn == observer_plot(found(rated), "svg")
    for path in (rated / "interactions.jsonl", rated.with_name("one.again") / "scores.jsonl"):
        rewritten(path, lambda item: rate(item, lambda: None))
    claimed(rated)
    assert b"5 comparisons" in observer_plot(found(rated), "svg", dark=True), "what is undefined is left blank"


def test_a_picture_tells_conditions_apart_whose_names_end_alike(rated: Path) -> None:
    run, named = read_run(rated), "labels=all-good,scope={},model=gpt-4o-mini"
    names = [named.format(scope) for scope in ("local", "global")]
    findings = analyse([Pool(name, [run]) for name in names], ratings=ratings_of(run))
    drawn = ET.fromstring(observer_plot(findings, "svg")).iter("{http://www.w3.org/2000/svg}text")
    assert {short(name) for name in names} <= {text.text for text in drawn}
