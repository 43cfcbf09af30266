"""The suites of the papers from the published data: what each comes to, and what is said where the data is not so."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from conftest import DATA

from sandbox.errors import UsageError
from sandbox.suites.limit import limited
from sandbox.suites.sources import GROUPS, Wanted, listing, load_suites
from sandbox.suites.suite import Item, Judge, Kind, Suite


@pytest.fixture
def data() -> Path:
    """The published data; it is no part of the project."""
    if not (DATA / "suites" / "SOURCES.md").is_file():
        pytest.skip(f"the data of suites is not here: {DATA / 'suites'} (set SANDBOX_TEST_DATA)")
    return DATA / "suites"


def one(name: str, wanted: Wanted) -> Suite:
    (suite,) = load_suites([name], wanted)
    assert len({item.id for item in suite.items}) == len(suite.items)
    return suite


def by_category(suite: Suite) -> dict[str | None, int]:
    return dict(Counter(item.category for item in suite.items))


def test_vicuna_has_references_for_ten(data: Path) -> None:
    suite = one("vicuna", Wanted(data=data))
    assert (len(suite.items), sum(item.reference is not None for item in suite.items)) == (80, 10)
    assert (len(by_category(suite)), by_category(suite)["math"]) == (9, 3)


def test_hhh_asks_each_distinct_prompt_once(data: Path) -> None:
    suite = one("hhh", Wanted(data=data))
    assert by_category(suite) == {"harmless": 25, "helpful": 22, "honest": 19}
    assert len({item.messages for item in suite.items}) == 66
    paired = one("hhh", Wanted(data=data, pairs=True))
    assert (len(paired.items), len({item.cluster for item in paired.items})) == (178, 66)
    assert suite.digest != paired.digest


def test_the_longer_stored_answer_is_the_better_one_in_two_of_three_pairs(data: Path) -> None:
    suite = one("hhh", Wanted(data=data, pairwise=True))
    longer = sum(len(better) > len(worse) for better, worse in (item.given for item in suite.items))
    assert (suite.name, suite.metric, round(longer / len(suite.items), 3)) == ("hhh-pairwise", "preference", 0.652)


def test_what_hhh_adversarial_puts_in_is_never_preferred(data: Path) -> None:
    suite = one("hhh-adversarial", Wanted(data=data))
    pairs = one("hhh", Wanted(data=data, pairwise=True))
    preferred = {(item.cluster, item.given[0]) for item in pairs.items}
    rejected = [(item.cluster, item.given[1]) for item in pairs.items]
    assert sum(each in preferred for each in rejected) == 63
    assert len(suite.items) == 66
    for item in suite.items:
        *_, asked, answer, again = item.messages
        assert (item.cluster, answer.content) not in preferred
        assert (answer.role, asked) == ("assistant", again)


def test_truthfulness_asks_questions_with_all_options(data: Path) -> None:
    suite = one("truthfulness", Wanted(data=data, shuffles=3))
    assert (len(suite.items), suite.sampling.samples) == (817, 3)
    assert round(sum(1 / len(item.options) for item in suite.items) / 817, 4) == 0.2225
    assert {len(item.options) for item in suite.items} == set(range(2, 14))


def test_hhh_and_its_attack_are_limited_to_the_same_prompts(data: Path) -> None:
    plain, attacked = load_suites(["hhh-adversarial", "hhh"], Wanted(data=data, limit=10, seed=3))
    assert [item.id for item in plain.items] == [item.id for item in attacked.items]
    assert len(plain.items) == 10
    assert [item.id for item in one("hhh", Wanted(data=data, limit=10, seed=4)).items] != [
        item.id for item in plain.items
    ]


def test_the_toxic_set_keeps_what_is_in_both(data: Path) -> None:
    suite = one("toxicity", Wanted(data=data))
    assert by_category(suite) == {"toxic": 1196, "nontoxic": 1196}
    assert (suite.dropped, suite.sampling.samples, suite.higher_is_better) == ({"in both sets": 4}, 5, False)
    assert sum(item.fields["toxicity"] < 0.5 for item in suite.items if item.category == "toxic") == 203


def test_a_control_of_our_own_words_stands_against_each_template(data: Path) -> None:
    suite = one("stereotype", Wanted(data=data))
    controls = [item for item in suite.items if item.control]
    statements = [item for item in suite.items if not item.control]
    assert (len(statements), len(controls)) == (1152, 48)
    assert len({(item.group, item.template) for item in statements}) == 48 * 24
    assert {item.template for item in controls} == {item.template for item in statements}
    assert set(Counter(item.group for item in controls).values()) == {2}
    assert not {item.question for item in controls} & {item.question for item in statements}
    assert all(item.group in item.question for item in suite.items if item.group)


def test_ethics_asks_every_short_item_plainly_and_with_an_excuse(data: Path) -> None:
    suite = one("ethics", Wanted(data=data))
    assert by_category(suite) == {"plain": 2109, "permissive": 2109}
    plain = [item for item in suite.items if item.category == "plain"]
    assert Counter(item.gold for item in plain) == {0: 1126, 1: 983}
    assert Counter(Counter(item.cluster for item in plain).values()) == {2: 920, 1: 269}
    some = one("ethics", Wanted(data=data, limit=100))
    whole = Counter(item.cluster for item in suite.items)
    kept = Counter(item.cluster for item in some.items)
    assert all(whole[cluster] == count for cluster, count in kept.items())
    assert 96 < len(some.items) <= 100


def test_whole_questions_are_drawn_where_only_a_template_says_which_texts_are_of_one() -> None:
    items = tuple(Item(id=f"{question}{group}", template=question, group=group, given=("x",))
                  for question in "pqrst" for group in "abc")  # fmt: skip
    judge = Judge(template="")
    some = limited(Suite(name="s", kind="judged", metric="ranks", licence="", judge=judge, items=items), 7, seed=0)
    assert set(Counter(item.template for item in some.items).values()) == {3}
    assert len(some.items) == 6


def test_global_keeps_shares_that_sum_to_one(data: Path) -> None:
    suite = one("global", Wanted(data=data))
    assert (len(suite.items), sum(len(item.answers) for item in suite.items), suite.dropped) == (1270, 5752, {})
    assert (suite.sampling.samples, suite.sampling.temperature) == (30, 1)


def test_shares_that_are_none_are_dropped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "goqa-NONCOMMERCIAL").mkdir()
    answers = {"A": [0.5, 0.5], "B": [0.5, 0.4], "C": [-1, 2], "D": [1]}
    rows = [
        {"id": "1", "question": "Tea?", "options": ["Yes", "No"], "answers": answers},
        {"id": "2", "question": "Rain?", "options": ["Yes", "No"], "answers": {"B": [0, 0]}},
    ]
    with gzip.open(tmp_path / "goqa-NONCOMMERCIAL" / "survey.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    suite = one("global", Wanted(data=tmp_path))
    assert [(item.id, item.answers) for item in suite.items] == [("1", {"A": (0.5, 0.5)})]
    assert suite.dropped == {
        "countries whose shares do not sum to 1": 2,
        "countries with another number of shares than options": 1,
        "countries with shares that are no numbers from 0": 1,
        "questions without a country": 1,
    }


@pytest.mark.slow
def test_countries_fills_each_question_with_each_country(data: Path) -> None:
    suite = one("countries", Wanted(data=data))
    assert len(suite.items) == 554 * 21
    assert all(item.group and item.group in item.given[0] for item in suite.items)
    negative = {item.template for item in suite.items if item.fields["sentiment"] == "negative"}
    favourable = {item.group: item.fields["favourable_percent"] for item in suite.items}
    assert (len(negative), favourable["Canada"], favourable["Russia"]) == (231, 88, 9)
    some = limited(suite, 100, seed=0)
    assert (len(some.items), len({item.template for item in some.items})) == (84, 4)


@pytest.mark.slow
def test_every_suite_is_as_the_list_says_and_can_be_asked_and_judged(data: Path) -> None:
    assert next(each.items for each in listing() if each.name == "countries") == 554 * 21
    listed = {each.name: each for each in listing() if each.name != "countries"}  # it takes seconds
    suites = load_suites([*listed], Wanted(data=data))
    assert [(suite.name, len(suite.items)) for suite in suites] == [(each.name, each.items) for each in listed.values()]
    assert {name for name, each in listed.items() if not each.needs_data} == {
        "privacy", *(suite.name for suite in suites if suite.name.startswith("starter"))
    }  # fmt: skip
    assert len({suite.digest for suite in suites}) == len(suites)
    assert set(GROUPS["trust"]) < {*listed}


def test_the_starter_has_thirty_items_of_every_kind() -> None:
    suites = load_suites(["starter"], Wanted())
    assert {suite.kind for suite in suites} == set(get_args(Kind))
    assert sum(len(suite.items) for suite in suites) == 30


def test_two_suites_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": "1", "question": "Tea?", "asked": "x7", "others": []}\n')
    text = '[suite]\nname = "starter-leak"\nkind = "leak"\nitems = "items.jsonl"\n'
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(text)
    assert load_suites([str(tmp_path / "one.toml")] * 2, Wanted(samples=3))[0].sampling.samples == 3
    for words in (["starter"], [str(tmp_path / "two.toml")]):
        with pytest.raises(UsageError, match="another suite is called 'starter-leak'"):
            load_suites([*words, str(tmp_path / "one.toml")], Wanted())


def test_data_that_is_missing_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"(?s)no vicuna/questions.jsonl in .*--fetch vicuna.*--suite-data"):
        load_suites(["vicuna"], Wanted(data=tmp_path))


def test_data_that_is_damaged_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "vicuna").mkdir()
    file = tmp_path / "vicuna" / "questions.jsonl"
    good = '{"id": 1, "category": "c", "question": "Why?", "reference": null}\n'
    for bad, said in (
        ('{"id": 2}', "line 2: has no 'question'"),
        ("[]", "line 2: is not as"),
        ("{", "line 2: not JSON"),
    ):
        file.write_text(good + bad)
        with pytest.raises(UsageError, match=said):
            load_suites(["vicuna"], Wanted(data=tmp_path))


HHH = '{"id": "1", "prompt_id": "p", "category": "honest", "messages": [], "chosen": "yes", "rejected": "yes"}'
DAMAGED = [
    (
        "hhh-adversarial",
        "hhh/pairs.jsonl.gz",
        gzip.compress(HHH.encode(), mtime=0),
        "name 0 worst answers, and one is wanted",
    ),
    ("hhh", "hhh/pairs.jsonl.gz", gzip.compress(HHH.encode(), mtime=0)[:-9], "ends too early"),
    ("stereotype", "stereotype/statements.json", b'{"groups": ["Cats"], "templates": [{}]}', "not as published"),
    ("stereotype", "stereotype/statements.json", b"{", "not JSON"),
    ("countries", "representation/askreddit_countries.csv", b"id,sentiment\nask-1,mixed\n", "line 2: is not as"),
    ("countries", "representation/askreddit_countries.csv", b'id,"sen"ti\n', "it is no CSV table"),
]


@pytest.mark.parametrize(("suite", "name", "content", "said"), DAMAGED)
def test_whatever_is_wrong_with_data_is_told(tmp_path: Path, suite: str, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said):
        load_suites([suite], Wanted(data=tmp_path))


def test_a_name_that_is_none_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'vicuna'"):
        load_suites(["vicunia"], Wanted())
