"""People beside the observer: who agrees with whom, recomputed by hand; what is left out; whom `--with` names."""

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log, scripted_run
from judging import annotate, judgements, text_of

Given = Mapping[str, int]
KEYS = {"anna": "1234567", "ben": "11234566", "cleo": "7ss531"}


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run of 18 interactions, whose alignment anna, ben and cleo judged: all, all, and a third of it."""
    run = scripted_run(sandbox, tmp_path)
    for name, keys in KEYS.items():
        typed = (keys * 9)[: 36 if name != "cleo" else 12]
        done = annotate(sandbox, typed, "--dimension", "alignment", name=name)
        assert done.code == 0, done.err
    return run


def by_person(run: Path, name: str, text: str) -> Given:
    return {each["id"]: each["rating"] for each in judgements(run, name) if each["text"] == text and each["rating"]}


def by_observer(run: Path, text: str) -> Given:
    return {each["id"]: each["scores"][text]["alignment"]["rating"] for each in log(run)}


def alpha(*raters: Given) -> float:
    """Krippendorff's, at the interval level, pair by pair."""
    units = [[rater[name] for rater in raters if name in rater] for name in {name for each in raters for name in each}]
    several = [unit for unit in units if len(unit) > 1]
    every = [rating for unit in several for rating in unit]
    within = sum(2 * (a - b) ** 2 / (len(unit) - 1) for unit in several for a, b in combinations(unit, 2))
    across = sum(2 * (a - b) ** 2 for a, b in combinations(every, 2))
    return 1 - (within / len(every)) / (across / (len(every) * (len(every) - 1)))


def ranks(values: list[float]) -> list[float]:
    return [sum(other < each for other in values) + (values.count(each) + 1) / 2 for each in values]


def spearman(one: list[float], other: list[float]) -> float:
    first, second = ranks(one), ranks(other)
    means = fmean(first), fmean(second)
    above = sum((a - means[0]) * (b - means[1]) for a, b in zip(first, second, strict=True))
    below = sum((a - means[0]) ** 2 for a in first) * sum((b - means[1]) ** 2 for b in second)
    return float(above / below**0.5)


def found(sandbox: Sandbox, *words: object) -> Any:
    done = sandbox("analyze", "observer", "one", *words, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def rows(document: Any, table: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = document["tables"][table]
    return listed


def test_each_person_is_compared_with_the_observer_and_with_each_other(sandbox: Sandbox, run: Path) -> None:
    told = {(row["between"], row["text"]): row for row in rows(found(sandbox, "--with", "people"), "agreement")}
    for text in ("draft", "revision"):
        raters = {"observer": by_observer(run, text), **{name: by_person(run, name, text) for name in KEYS}}
        for (one, first), (other, second) in combinations(raters.items(), 2):
            row, both = told[f"{one} and {other}", text], first.keys() & second.keys()
            assert row["texts"] == len(both)
            assert row["difference"]["mean"] == pytest.approx(fmean(second[name] - first[name] for name in both))
            assert row["exact"]["mean"] == pytest.approx(fmean(second[name] == first[name] for name in both))
            assert row["alpha_interval"]["mean"] == pytest.approx(alpha(first, second))
            assert (row["alpha_interval"]["low"] is None) == (len(both) < 10), row
            assert (row["exact"]["low"] is None) == (len(both) < 10), row
        people = [raters[name] for name in KEYS]
        assert told["people", text]["alpha_interval"]["mean"] == pytest.approx(alpha(*people))


@pytest.mark.slow
def test_the_mean_of_people_is_set_against_the_observer(sandbox: Sandbox, run: Path) -> None:
    table = {row["text"]: row for row in rows(found(sandbox, "--with", "people"), "people against the observer")}
    for text in ("draft", "revision"):
        people = [by_person(run, name, text) for name in KEYS]
        own = by_observer(run, text)
        means = {name: fmean(each[name] for each in people if name in each) for name in own}
        assert table[text]["texts"] == len(own)
        assert table[text]["difference"]["mean"] == pytest.approx(fmean(means[name] - own[name] for name in own))
        assert table[text]["spearman"] == pytest.approx(spearman([*means.values()], [own[name] for name in means]))


@pytest.mark.slow
def test_what_is_skipped_is_missing_by_this_reason(sandbox: Sandbox, run: Path) -> None:
    table = rows(found(sandbox), "ratings")
    for text in ("draft", "revision"):
        (row,) = [each for each in table if (each["rater"], each["text"]) == ("cleo", text)]
        lines = [each for each in judgements(run, "cleo") if each["text"] == text]
        assert row["skipped"] == sum(each["missing"] == "skipped" for each in lines) > 0, text
        assert row["n"] + row["skipped"] == len(lines)
        assert row["no_reply"] == 18 - len(lines)  # which nobody asked her


@pytest.mark.slow
def test_sentences_say_how_many_texts_people_rated(sandbox: Sandbox, run: Path) -> None:
    shown = sandbox("analyze", "observer", "one", "--with", "people").out
    rated = sum(len(by_person(run, "cleo", text)) for text in ("draft", "revision"))
    assert "one: anna, ben, cleo rated 36 texts, 36 of them by two or more." in shown
    assert "Numbers are of these alone: go by their intervals." in shown
    few = sandbox("analyze", "observer", "one", "--with", "cleo").out
    assert f"one: cleo rated {rated} texts. Too few of a kind for intervals." in few
    assert "observer and cleo agree least on alignment of " in few
    assert "no interval: fewer than 10 texts." in few


@pytest.mark.slow
def test_names_choose_who_is_compared(sandbox: Sandbox, run: Path) -> None:
    rated = sandbox("rate", "one", "--observer-model", "scripted", "--name", "again", "--texts", 20)
    assert rated.code == 0, rated.err

    def compared(*words: object) -> set[str]:
        between = {row["between"] for row in rows(found(sandbox, *words), "agreement")}
        return {name for pair in between if " and " in pair for name in pair.split(" and ")}

    assert compared() == {"observer", "again", *KEYS}
    assert compared("--with", "people") == {"observer", *KEYS}
    assert compared("--with", "ben,again") == {"observer", "ben", "again"}
    assert compared("--with", "again") == {"observer", "again"}
    wrong = sandbox("analyze", "observer", "one", "--with", "bun")
    assert wrong.code == 2
    assert (
        "no rating and no annotator is called bun. Did you mean 'ben'? There are: again, anna, ben, cleo." in wrong.err
    )
    for name in KEYS:
        (run.with_name(f"one.{name}") / "manifest.json").unlink()
    nobody = sandbox("analyze", "observer", "one", "--with", "people")
    assert nobody.code == 2
    assert "nobody judged these runs." in nobody.err
    assert nobody.err.endswith("Make one: sandbox annotate runs/one --annotator NAME\n")


def test_judgements_of_texts_that_changed_are_left_out_and_counted(sandbox: Sandbox, run: Path) -> None:
    name, text = text_of(judgements(run)[0])
    items = [item | ({text: "Another answer."} if item["id"] == name else {}) for item in log(run)]
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    document = found(sandbox, "--with", "anna")
    (row,) = [each for each in rows(document, "ratings") if (each["rater"], each["text"]) == ("anna", text)]
    assert row["n"] == 17
    said = sandbox("analyze", "observer", "one", "--with", "anna").out
    assert "Left out: 1 judgement by anna, of texts that run one does not have as they were shown." in said


BAD: dict[str, dict[str, object]] = {
    "rating is above 7": {"rating": 8},
    "it is not what belongs there": {"rating": None},
    "id is": {"id": "r000-a../../x"},
    "text is": {"text": "feedback"},
    "dimension is": {"dimension": "charm"},
    "shown is": {"shown": "0"},
    "mood is": {"mood": "fine"},
}


def test_a_line_that_is_no_judgement_is_refused_by_its_place(sandbox: Sandbox, run: Path) -> None:
    path = run.with_name("one.ben") / "judgements.jsonl"
    lines = path.read_text().splitlines()
    for said, change in BAD.items():
        bad = json.dumps(json.loads(lines[2]) | change)
        path.write_text("\n".join([*lines[:2], bad, *lines[3:]]) + "\n")
        done = sandbox("inspect", "one.ben")
        assert done.code == 1, said
        assert f"one.ben/judgements.jsonl:3: {said}" in done.err, said
    for words in (("analyze", "observer", "one"), ("annotate", "one", "--annotator", "ben")):
        done = sandbox(*words)
        assert (done.code, "one.ben/judgements.jsonl:3: mood is " in done.err) == (1, True), words


def test_a_link_in_an_annotation_is_not_followed(sandbox: Sandbox, run: Path, tmp_path: Path) -> None:
    path = run.with_name("one.ben") / "judgements.jsonl"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    for words in (("inspect", "one.ben"), ("annotate", "one", "--annotator", "ben")):
        done = sandbox(*words)
        assert (done.code, "judgements.jsonl: " in done.err) == (1, True), done.err
    assert (tmp_path / "elsewhere").read_bytes() == before


@pytest.mark.slow
def test_an_interaction_that_the_run_never_had_is_left_out(sandbox: Sandbox, run: Path) -> None:
    path = run.with_name("one.ben") / "judgements.jsonl"
    with path.open("a") as file:
        for name in ("r000-a009", "r0000-a001", "r999999999-a000"):
            file.write(json.dumps(judgements(run, "ben")[0] | {"id": name}) + "\n")
    done = sandbox("analyze", "observer", "one", "--with", "ben")
    assert done.code == 0, done.err
    assert "Left out: 3 judgements by ben" in done.out
