"""Filters, search and order of interactions: the same as a loop over the records finds."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run

from sandbox.figures.selection import SORT_KEYS

Item = dict[str, Any]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    return mixed_run(sandbox, tmp_path)


def score(item: Item, text: str, dimension: str = "alignment") -> int | None:
    judgement = item["scores"][text][dimension]
    return judgement and judgement["rating"]  # type: ignore[no-any-return]


def gain(item: Item) -> int | None:
    before, after = score(item, "draft"), score(item, "revision")
    return None if before is None or after is None else after - before


def spread(item: Item) -> int:
    known = [each["rating"] for each in item["feedback"] if each["rating"] is not None]
    return max(known) - min(known) if len(known) > 1 else -1


def is_missing(item: Item) -> bool:
    scores = [each for own in item["scores"].values() for each in own.values() if each]
    return any(each["missing"] for each in [*item["feedback"], *scores])


def said(item: Item) -> Iterator[str]:
    """Every text of an interaction; of a reply as it came only where no reason was read from it."""
    judgements = [*item["feedback"], *(each for own in item["scores"].values() for each in own.values() if each)]
    recalls = [recall for recall in (item["recall"], *(each["recall"] for each in item["feedback"])) if recall]
    texts = [item["question"], item["draft"], item["revision"]]
    texts += [each["reason"] for each in judgements]
    texts += [each["raw"] for each in judgements if each["missing"] or not each["reason"]]
    texts += [recall[name] for recall in recalls for name in ("question", "answer")]
    yield from filter(None, texts)


def found(sandbox: Sandbox, run: Path, *options: object) -> list[str]:
    done = sandbox("inspect", run, "--interactions", "--json", *options)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["found"] == len(document["interactions"])
    return [item["id"] for item in document["interactions"]]


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ((), lambda item: True),
        (("--round", "1"), lambda item: item["round"] == 1),
        (("--round", "1-", "--agent", "-4"), lambda item: item["round"] >= 1 and item["agent"] <= 4),
        (("--label", "good"), lambda item: item["label"] == "good"),
        (("--model", "fake"), lambda item: True),
        (("--min-gain", 1), lambda item: (gain(item) or 0) >= 1),
        (("--max-gain", 0), lambda item: gain(item) is not None and gain(item) <= 0),
        (("--min-disagreement", 3), lambda item: spread(item) >= 3),
        (("--missing",), is_missing),
        (("--failed",), lambda item: item["failed"] is not None),
        (("--search", "SHARE Fair"), lambda item: any("share fair" in text.lower() for text in said(item))),
    ],
)
def test_filters_find_what_a_loop_finds(
    sandbox: Sandbox, run: Path, options: tuple[object, ...], fits: Callable[[Item], bool]
) -> None:
    items = log(run)
    expected = [item["id"] for item in items if fits(item)]
    assert found(sandbox, run, *options) == expected


def test_search_looks_into_everything_that_was_said(sandbox: Sandbox, run: Path) -> None:
    lines = (run / "interactions.jsonl").read_text().splitlines()
    item = next(item for item in map(json.loads, lines) if item["revision"] and item["recall"] and not item["failed"])
    place = [json.loads(line)["id"] for line in lines].index(item["id"])
    word = 'say "no\\way"\nГруша'
    spots: list[Callable[[Item], None]] = [
        lambda it: it.update(draft=word),
        lambda it: it.update(revision=f"... {word} ..."),
        lambda it: it["recall"].update(answer=word),
        lambda it: it["feedback"][1].update(reason=word),
        lambda it: it["feedback"][2].update(reason=None, raw=word),
        lambda it: it["scores"]["revision"]["engagement"].update(reason=word),
    ]
    for change in spots:
        changed = json.loads(json.dumps(item))
        change(changed)
        lines[place] = json.dumps(changed, ensure_ascii=False)
        (run / "interactions.jsonl").write_text("\n".join(lines) + "\n")
        assert found(sandbox, run, "--search", word.replace("Груша", "груша")) == [item["id"]]
    assert found(sandbox, run, "--search", "no.way") == [], "a text is searched, no pattern"


def test_orders_are_largest_first_and_what_has_no_value_last(sandbox: Sandbox, run: Path) -> None:
    items = {item["id"]: item for item in log(run)}
    ids = found(sandbox, run, "--sort", "alignment_gain")
    gains = [gain(items[each]) for each in ids]
    known = [each for each in gains if each is not None]
    assert known == sorted(known, reverse=True)
    assert gains[: len(known)] == known
    assert len(known) < len(gains)
    turned = [gain(items[each]) for each in found(sandbox, run, "--sort", "gain", "--reverse")]
    assert turned[: len(known)] == sorted(known)
    for key in SORT_KEYS:
        assert sorted(found(sandbox, run, "--sort", key)) == sorted(items)


def test_a_list_says_how_many_there_are(sandbox: Sandbox, run: Path) -> None:
    shown = sandbox("inspect", run, "--interactions", "--limit", 2).out
    assert "r000-a000" in shown
    assert "2 of 27 that fit, of 27 in the log; --limit shows more" in shown
    rows = sandbox("inspect", run, "--interactions", "--csv").out.splitlines()
    assert len(rows) == 28
    assert rows[0].startswith("id,round,agent,label,model,draft_alignment,")


@pytest.mark.parametrize(("flag", "value", "there"), [("--label", "goood", "bad, good"), ("--model", "other", "fake")])
def test_a_name_that_nobody_has_is_a_slip(sandbox: Sandbox, run: Path, flag: str, value: str, there: str) -> None:
    done = sandbox("inspect", run, flag, value)
    assert done.code == 2
    assert f"{flag} {value}: nobody in this run has it." in done.err
    assert f"There is: {there}." in done.err


def test_what_it_is_sorted_by_is_shown(sandbox: Sandbox, run: Path) -> None:
    shown = sandbox("inspect", run, "--sort", "recall_similarity", "--limit", 3).out.splitlines()
    assert "similarity" in next(line for line in shown if line.split()[:1] == ["id"])
    rows = list(csv.DictReader(sandbox("inspect", run, "--sort", "recall_similarity", "--csv").out.splitlines()))
    values = [float(row["recall_similarity"]) for row in rows if row["recall_similarity"]]
    assert values == sorted(values, reverse=True)
    assert len(values) > 3
    items = {item["id"]: item for item in log(run)}
    for row in rows:
        item = items[row["id"]]
        assert (row["question_id"], row["agent"]) == (item["question_id"], str(item["agent"]))
        assert row["alignment_gain"] == ("" if gain(item) is None else str(gain(item)))


def test_the_same_question_is_brought_together(sandbox: Sandbox, run: Path) -> None:
    rows = csv.DictReader(sandbox("inspect", run, "--sort", "question", "--csv").out.splitlines())
    ids = [row["question_id"] for row in rows]
    assert ids == sorted(ids)


def test_an_order_that_is_none_is_named(sandbox: Sandbox, run: Path) -> None:
    done = sandbox("inspect", run, "--interactions", "--sort", "alignment_gian")
    assert done.code == 2
    assert "Did you mean 'alignment_gain'?" in done.err
