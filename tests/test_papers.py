"""The suites of the papers from the published data: what each comes to, and what is said where the data is not so."""

from collections import Counter
from pathlib import Path

import pytest
from conftest import DATA

from sandbox.errors import UsageError
from sandbox.suites.sources import Wanted, load_suites
from sandbox.suites.suite import Suite


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


def test_a_name_that_is_none_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'vicuna'"):
        load_suites(["vicunia"], Wanted())
