"""Who rates whom how: golden gaps of MD3, permutations against brute force, every table worked out a second time."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product
from math import sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from conftest import DATA, Sandbox
from example_runs import log, mixed_run, scripted_run
from scipy.stats import kstest

from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.analysis.representation import following
from sandbox.analysis.representation.analysis import analyse
from sandbox.analysis.representation.permutation import GapTest, Units, gap_tests
from sandbox.analysis.representation.similarity import cosine, words
from sandbox.errors import SandboxError, UsageError
from sandbox.inspection.analysis.representation_plot import representation_plot
from sandbox.runs.reading import read_run
from sandbox.sheet import Estimate

MD3 = DATA / "suites" / "representation" / "md3_correct.csv"
PEOPLE = "".join(f'[[groups]]\nname = "{name}"\npersona = "You live in the {name}."\n' for name in ("hills", "city"))
Line = dict[str, Any]
Row = dict[str, Any]


def units(columns: Sequence[Sequence[float]], groups: Sequence[int], strata: Sequence[int] | None = None) -> Units:
    """One value of each unit in each column."""
    values = np.array(columns, dtype=float).T
    return Units(values, np.ones(values.shape, dtype=int), np.array(groups), np.array(strata or [0] * len(groups)))


def results(found: Units) -> list[GapTest]:
    return [each for each in gap_tests(found) if each]


@pytest.mark.skipif(not MD3.is_file(), reason="MD3 is not here (SANDBOX_TEST_DATA)")
def test_gaps_between_dialects_are_those_of_the_paper() -> None:
    rows = list(csv.DictReader(MD3.read_text().splitlines()))
    dialects = sorted({row["dialect"] for row in rows})
    models = ("mistral", "mistral_sft", "zephyr_dpo")
    spoken = [dialects.index(row["dialect"]) for row in rows]
    found = units([[int(row[model]) for row in rows] for model in models], spoken)
    means = [100 * found.sums[found.groups == group].mean(axis=0) for group in range(3)]
    assert dialects == ["en_in", "en_ng", "en_us"]
    assert np.round(means, 1).T.tolist() == [[7.9, 7.6, 8.9], [23.1, 27.9, 38.2], [26.4, 30.3, 46.4]]
    base, tuned, preferred = results(found)
    assert [round(100 * each.gap, 1) for each in (tuned, preferred)] == [15.0, 20.0]
    assert base.p > 0.3
    assert max(tuned.p, preferred.p) < 0.001
    assert not base.exact


def test_three_agents_against_three_never_fall_below_a_tenth() -> None:
    columns = np.random.default_rng(1).normal(size=(200, 6)).tolist()
    apart = results(units([[1, 2, 3, 7, 8, 9], *columns], [0, 0, 0, 1, 1, 1]))
    assert apart[0] == GapTest(6.0, 0.1, 0.1, 20, exact=True)
    assert min(each.p for each in apart) == 0.1
    assert {each.least for each in apart} == {0.1}


CASES = {
    "two groups": ([0, 0, 1, 1, 1], [0] * 5),
    "three groups": ([0, 1, 1, 2, 2], [0] * 5),
    "four groups": ([3, 1, 0, 2, 0, 1], [0] * 6),
    "two runs": ([0, 1, 1, 1, 0, 0, 1], [0, 0, 0, 1, 1, 1, 1]),
    "a run of one group": ([0, 0, 1, 0, 1], [1, 1, 2, 2, 2]),
}


@pytest.mark.parametrize("case", CASES)
def test_exact_tests_are_those_of_brute_force(case: str) -> None:
    groups, strata = CASES[case]
    generator = np.random.default_rng(len(case))
    counts = generator.integers(0, 4, size=(len(groups), 30))
    sums = np.where(counts > 0, generator.integers(counts, 7 * counts + 1), 0)
    found = gap_tests(Units(sums.astype(float), counts, np.array(groups), np.array(strata)))
    for column, test in enumerate(found):
        every = [gap(labels, sums[:, column], counts[:, column]) for labels in relabelled(groups, strata)]
        own = gap(groups, sums[:, column], counts[:, column])
        if len({group for group, count in zip(groups, counts[:, column], strict=True) if count}) < 2:
            assert test is None
            continue
        assert test is not None
        assert (test.gap, test.relabellings, test.exact) == (pytest.approx(float(own), abs=1e-12), len(every), True)
        assert test.p == sum(each >= own for each in every) / len(every)
        assert test.least == every.count(max(every)) / len(every)


def relabelled(groups: Sequence[int], strata: Sequence[int]) -> Iterator[list[int]]:
    """Every distinct way to give the labels of each stratum to its units."""
    names = sorted(set(strata))
    places = [[at for at, each in enumerate(strata) if each == name] for name in names]
    for orders in product(*(sorted(set(permutations([groups[at] for at in own]))) for own in places)):
        labels = [0] * len(groups)
        for own, order in zip(places, orders, strict=True):
            for at, label in zip(own, order, strict=True):
                labels[at] = label
        yield labels


def gap(labels: Sequence[int], sums: Any, counts: Any) -> Fraction:
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for label, value, count in zip(labels, sums.tolist(), counts.tolist(), strict=True):
        totals[label][0] += value
        totals[label][1] += count
    means = [Fraction(value, count) for value, count in totals.values() if count]
    return max(means) - min(means)


@pytest.mark.slow
def test_relabelled_groups_have_a_uniform_p() -> None:
    """Agents that differ much, with many ratings or few, whose labels say nothing."""
    generator = np.random.default_rng(7)
    counts = generator.integers(1, 30, size=24)
    sums = counts * generator.normal(4, 1, size=24)
    orders = [generator.permutation(24) for _ in range(200)]
    columns = [np.stack([each[order] for order in orders], axis=1) for each in (sums, counts)]
    labelled = Units(*columns, np.arange(24) % 3, np.arange(24) // 12)
    found = results(labelled)
    assert kstest([each.p for each in found], "uniform").pvalue > 0.01
    assert {(each.relabellings, each.exact) for each in found} == {(10_000, False)}
    apart = labelled._replace(sums=labelled.sums + 1e3 * labelled.counts * labelled.groups[:, None])
    assert {each.p for each in results(apart)} == {1 / 10_001}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Named from where commands run, so that a run of it is made once in a session."""
    (tmp_path / "hills-and-city.toml").write_text(PEOPLE)
    return Path("hills-and-city.toml")


def analysed(*pools: Sequence[Path], by: Any = "group") -> Findings:
    """The first of each pool names it."""
    return analyse([Pool(paths[0].name, [read_run(path) for path in paths]) for paths in pools], by=by)


def rows(found: Findings, name: str) -> list[Row]:
    return found.sheet(name).document()


def lines_of(*runs: Path) -> list[tuple[int, Line]]:
    """Every interaction with the number of its run."""
    return [(number, line) for number, run in enumerate(runs) for line in log(run)]


def known(values: Iterable[float | None]) -> list[float]:
    return [each for each in values if each is not None]


def check_mean(cell: Row, values: Iterable[float | None]) -> None:
    there = known(values)
    assert cell["count"] == len(there)
    assert cell["mean"] == (pytest.approx(fmean(there), abs=1e-9) if there else None)


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, people: Path) -> list[Path]:
    """Two runs of one condition in which much goes wrong."""
    options: dict[str, object] = {"population": people, "peers_rate": "revision"}
    return [mixed_run(sandbox, tmp_path, name, seed=seed, **options) for seed, name in enumerate(("one", "two"))]


def test_who_rates_whom_is_recomputed_from_the_lines(both: list[Path]) -> None:
    found = rows(analysed(both), "ratings by rater and author")
    assert [(row["text"], row["rater"], row["author"]) for row in found] == list(
        product(("draft", "revision"), ("city", "hills"), ("city", "hills"))
    )
    for row in found:
        name = {"draft": "feedback", "revision": "revision_feedback"}[row["text"]]
        entries = [
            entry
            for _, line in lines_of(*both)
            for entry in line.get(name) or ()
            if (entry["group"], line["group"]) == (row["rater"], row["author"])
        ]
        check_mean(row["mean"], (entry["rating"] for entry in entries))
        assert row["n"] == row["mean"]["count"] > 10
        assert row["missing"] == sum(entry["missing"] is not None for entry in entries)
        assert row["mean"]["low"] < row["mean"]["mean"] < row["mean"]["high"]
    assert sum(row["missing"] for row in found) > 10


Value = tuple[str, tuple[int, int], float | None]  # the group and the agent that a value counts for


def given(runs: Sequence[Path], name: str) -> Iterator[Value]:
    for number, line in lines_of(*runs):
        for entry in line.get(name) or ():
            yield entry["group"], (number, entry["agent"]), entry["rating"]


def above_others(runs: Sequence[Path], name: str) -> Iterator[Value]:
    for number, line in lines_of(*runs):
        entries = [entry for entry in line.get(name) or () if entry["rating"]]
        for entry in entries:
            others = [other["rating"] for other in entries if other is not entry]
            yield entry["group"], (number, entry["agent"]), entry["rating"] - fmean(others) if others else None


def received(runs: Sequence[Path], name: str) -> Iterator[Value]:
    for number, line in lines_of(*runs):
        for entry in line.get(name) or ():
            yield line["group"], (number, line["agent"]), entry["rating"]


def scored(runs: Sequence[Path], text: str, dimension: str) -> Iterator[Value]:
    for number, line in lines_of(*runs):
        score = line["scores"][text][dimension]
        yield line["group"], (number, line["agent"]), score and score["rating"]


def followed(runs: Sequence[Path]) -> Iterator[Value]:
    for number, line in lines_of(*runs):
        for entry in line["feedback"]:
            before, after = (alike(line[text], entry["reason"]) for text in ("draft", "revision"))
            yield entry["group"], (number, entry["agent"]), None if before is None or after is None else after - before


def alike(one: str | None, other: str | None) -> float | None:
    bags = [Counter(re.findall(r"\w+", (text or "").casefold())) for text in (one, other)]
    if not all(bags):
        return None
    dots = [sum(first[word] * second[word] for word in first) for first, second in product(bags, bags)]
    return dots[1] / sqrt(dots[0] * dots[3])


MEASURES: dict[str, Callable[[Sequence[Path]], Iterator[Value]]] = {
    "given to drafts": lambda runs: given(runs, "feedback"),
    "given to revisions": lambda runs: given(runs, "revision_feedback"),
    "drafts above others": lambda runs: above_others(runs, "feedback"),
    "revisions above others": lambda runs: above_others(runs, "revision_feedback"),
    "received by drafts": lambda runs: received(runs, "feedback"),
    "received by revisions": lambda runs: received(runs, "revision_feedback"),
    "draft alignment": lambda runs: scored(runs, "draft", "alignment"),
    "draft engagement": lambda runs: scored(runs, "draft", "engagement"),
    "revision alignment": lambda runs: scored(runs, "revision", "alignment"),
    "revision engagement": lambda runs: scored(runs, "revision", "engagement"),
    "following feedback": followed,
}


def test_every_mean_and_gap_is_recomputed_from_the_lines(both: list[Path]) -> None:
    found = analysed(both)
    means = [*rows(found, "ratings by group"), *rows(found, "whose feedback is followed")]
    gaps = {row["measure"]: row for row in rows(found, "largest gap between groups")}
    pairs = {row["measure"]: row for row in rows(found, "gaps between groups")}
    assert [(row["measure"], row["group"]) for row in means] == list(product(MEASURES, ("city", "hills")))
    for measure, values in MEASURES.items():
        whole = [*values(both)]
        of = {name: [each for each in whole if each[0] == name] for name in ("city", "hills")}
        for row in (each for each in means if each["measure"] == measure):
            own = of[row["group"]]
            check_mean(row.get("mean") or row["change"], (value for _, _, value in own))
            agents = {agent: known(value for _, by, value in own if by == agent) for _, agent, _ in own}
            each_mean = [fmean(mine) for mine in agents.values() if mine]
            assert row["agents"] == len(each_mean)
            assert row["over_agents"] == pytest.approx(fmean(each_mean), abs=1e-9)
        city, hills = (fmean(known(value for _, _, value in of[name])) for name in ("city", "hills"))
        row, pair = gaps[measure], pairs[measure]
        assert row["gap"] == pytest.approx(abs(city - hills), abs=1e-9)
        assert pair["difference"]["mean"] == pytest.approx(city - hills, abs=1e-9)
        assert (row["highest"], row["lowest"]) == (("city", "hills") if city > hills else ("hills", "city"))
        assert 0 < row["least_p"] <= row["p"] <= 1
    assert {row["relabellings"] for row in gaps.values()} == {10_000}  # (9 choose 4) squared are more


def test_notes_end_with_what_personas_are_and_name_the_least_p(sandbox: Sandbox, tmp_path: Path, people: Path) -> None:
    four = scripted_run(sandbox, tmp_path, "four", grid=2, neighbours=2, population=people)
    found = analysed([four])
    told = "p cannot fall below 0.33 in four: its agents are too few; personas are one model's picture of groups"
    assert all(sheet.note and sheet.note.endswith(told) for sheet in found.sheets)
    (verdict,) = found.verdicts
    assert "with so few agents p cannot fall below 0.33, and" in verdict
    assert {row["relabellings"] for row in rows(found, "largest gap between groups")} == {6}
    by_label = analysed([four], by="label")
    assert not any("personas" in (sheet.note or "") for sheet in by_label.sheets)


def test_a_sentence_that_could_not_have_named_a_gap_says_so(sandbox: Sandbox, tmp_path: Path, people: Path) -> None:
    """Of 5 agents and 4 the least p is 1 / 126, more than .05 over seven measures, however far groups lie apart."""
    run = scripted_run(sandbox, tmp_path, "nine", population=people)
    lines = log(run)
    for line in lines:
        for text in ("draft", "revision"):
            line["scores"][text]["alignment"]["rating"] = {"hills": 7, "city": 1}[line["group"]]
    (run / "interactions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = analysed([run])
    gaps = {row["measure"]: row for row in rows(found, "largest gap between groups")}
    assert gaps["draft alignment"]["p"] == gaps["draft alignment"]["least_p"] == 1 / 126
    assert found.verdicts == [
        "nine: with so few agents p cannot fall below 0.0079, and over 7 measures only 0.0071 tells a gap from chance."
    ]


@pytest.mark.parametrize("rating", [4, None])
def test_ratings_that_are_all_alike_are_no_lack_of_agents(
    sandbox: Sandbox, tmp_path: Path, people: Path, rating: int | None
) -> None:
    run = scripted_run(sandbox, tmp_path, "alike", population=people, grid=4)
    lines = log(run)
    for line in lines:
        scores = [line["scores"][text][name] for text in ("draft", "revision") for name in ("alignment", "engagement")]
        for each in (*line["feedback"], *scores):
            each |= {"rating": rating, "missing": None if rating else "unparsable", "reason": None}
    (run / "interactions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = analysed([run])
    assert found.verdicts == ["alike: its agents have no ratings that differ, so no gap between groups can be seen."]
    assert not any("too few" in (sheet.note or "") for sheet in found.sheets)


@pytest.mark.slow
def test_a_report_of_agents_that_nobody_heard_has_tables_and_no_picture(
    sandbox: Sandbox, tmp_path: Path, people: Path
) -> None:
    run = scripted_run(sandbox, tmp_path, "alone", population=people)
    lines = "".join(json.dumps(line | {"feedback": []}) + "\n" for line in log(run))
    (run / "interactions.jsonl").write_text(lines)
    for command in (
        ["analyze", "representation", run, "--html", "analysis.html"],
        ["inspect", run, "--html", "a.html"],
    ):
        done = sandbox(*command)
        assert done.code == 0, done.err
    page = (tmp_path / "analysis.html").read_text()
    assert "largest gap between groups" in page
    assert 'class="picture' not in page
    assert "no rating to draw" in sandbox("analyze", "representation", run, "--plot", "-o", "drawn.svg").err


def test_labels_that_the_observer_tells_apart_are_a_gap(sandbox: Sandbox, tmp_path: Path) -> None:
    half = scripted_run(sandbox, tmp_path, "half", labels="half", grid=4, rounds=3)
    good = scripted_run(sandbox, tmp_path, "good", labels="all-good")
    (alone, verdict) = analysed([half], *[[good]] * 7, by="label").verdicts
    assert (
        alone == f"{', '.join(['good'] * 5)} and 2 more: all agents are of one label, so there is nothing to compare."
    )
    assert verdict.startswith("half: groups lie further apart than chance sets them in received by drafts (good ")
    assert "given" not in verdict


def test_a_population_that_says_nothing_is_no_evidence(sandbox: Sandbox, tmp_path: Path, people: Path) -> None:
    run = scripted_run(sandbox, tmp_path, "same", population=people, labels="all-good", grid=4)
    assert analysed([run]).verdicts == ["same: no evidence of a gap between groups, at p 0.05 over 7 measures."]


def test_what_cannot_be_compared_says_what_to_do(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, "one")
    done = sandbox("analyze", "representation", run, "--by", "model")
    assert done.code == 2
    assert "--by model: all agents are of one model or of none, and a comparison takes two." in done.err
    assert done.err.endswith("\nCompare by something else: --by label.\n")
    good = sandbox("analyze", "representation", scripted_run(sandbox, tmp_path, "good", labels="all-good"))
    assert "--by label: all agents are of one label" in good.err
    assert "--population FILE" in good.err
    done = sandbox("analyze", "representation", run, "--json")
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["tables"]) == 5


def test_a_run_is_read_as_far_as_it_is_asked_for(both: list[Path]) -> None:
    cut = analyse([Pool("one", [read_run(path)._replace(until=18) for path in both])], by="group")
    for path in both:
        lines = (path / "interactions.jsonl").read_text().splitlines(keepends=True)
        (path / "interactions.jsonl").write_text("".join(lines[:18]))
    assert [sheet.document() for sheet in cut.sheets] == [sheet.document() for sheet in analysed(both).sheets]


DAMAGE: dict[str, tuple[Callable[[Line], object], str]] = {
    "two groups": (
        lambda line: line.update(group="hills" if line["group"] == "city" else "city"),
        "more than one group",
    ),
    "a rating of nine": (lambda line: line["feedback"][0].update(rating=9), r"jsonl:12: feedback\.0\.rating"),
    "a stranger": (lambda line: line["feedback"][0].update(agent=10**9), "jsonl:12: feedback: its agents"),
    "another agent": (lambda line: line.update(agent=5), "jsonl:12: "),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damaged_logs_are_refused(sandbox: Sandbox, tmp_path: Path, people: Path, case: str) -> None:
    run = scripted_run(sandbox, tmp_path, "one", population=people)
    lines, (damage, told) = log(run), DAMAGE[case]
    damage(lines[11])
    (run / "interactions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(SandboxError, match=told):
        analysed([run])


def test_a_group_that_the_population_has_not_is_refused_by_its_line(
    sandbox: Sandbox, tmp_path: Path, people: Path
) -> None:
    run = scripted_run(sandbox, tmp_path, "one", population=people)
    path = run / "interactions.jsonl"
    path.write_text(path.read_text().replace('"group":"city"', '"group":"town"'))
    first = next(number for number, line in enumerate(log(run), 1) if '"town"' in json.dumps(line))
    with pytest.raises(SandboxError, match=rf"jsonl:{first}: group: each is one of the population"):
        analysed([run])


def test_where_interactions_are_many_a_sample_of_texts_is_read(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = (scripted_run(sandbox, tmp_path, name, seed=seed) for seed, name in enumerate(("one", "two")))
    monkeypatch.setattr(following, "MOST", 12)
    found = following.following([read_run(run), read_run(other)], [18, 18])
    assert (found.interactions, found.all) == (12, 36)
    assert found.changes.size == found.raters.size < 12 * 5
    assert {int(each) // 9 for each in found.raters} == {0, 1}
    sheet = analysed([run, other], by="label").sheet("whose feedback is followed")
    assert "of 12 of 36 interactions of one" in str(sheet.note)


def test_similar_texts_have_the_same_words() -> None:
    assert cosine(words("Straße, straße!"), words("STRASSE strasse")) == pytest.approx(1)
    assert cosine(words("a b"), words("b c")) == pytest.approx(0.5)
    assert cosine(words("a a b"), words("a")) == pytest.approx(2 / sqrt(5))
    assert cosine(words("один 1"), words("два 2")) == 0
    assert cosine(words("..."), words("a")) is cosine(words("a"), words(None)) is None


@pytest.mark.slow
def test_the_picture_has_every_mean_and_count_of_the_table(both: list[Path]) -> None:
    found = analysed(both)
    drawn = representation_plot(found, "svg").decode()
    for row in rows(found, "ratings by rater and author"):
        assert f">{row['mean']['mean']:.2f}<" in drawn
        assert f">n {row['n']}<" in drawn
    assert "one, revisions" in drawn
    assert "personas are one model" in drawn
    many = [
        ["one", "draft", f"group {one}", f"group {two}", Estimate(4.0, None, None, 1), 1, 0]
        for one, two in product(range(30), repeat=2)
    ]
    crowded = Findings("representation", [replace(found.sheets[0], rows=many)], [])
    drawn = representation_plot(crowded, "svg", dark=True).decode()
    assert "means and counts are in the table" in drawn
    assert ">n 1<" not in drawn
    assert [f">group {number}<" in drawn for number in range(4)] == [True, False, True, False]
    nothing = Findings("representation", [replace(found.sheets[0], rows=[])], [])
    with pytest.raises(UsageError, match="no rating to draw"):
        representation_plot(nothing, "svg")
