"""What is refused of a suite before anything is paid, with file and line, and what it is warned of."""

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from own_suites import ITEMS, JUDGE, own_suite
from tables import table

from sandbox.errors import UsageError
from sandbox.suites.file import read_suite
from sandbox.suites.lint import checked
from sandbox.suites.sources import Wanted, load_suites
from sandbox.suites.suite import Item, Judge, Suite

USER, BOT, SYSTEM = ({"role": role, "content": "x"} for role in ("user", "assistant", "system"))
ONE = "items.jsonl, line 1: "


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_suite(path)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


@table(
    ("kind", "change", "said"),
    [
        ("judged", {"id": " "}, "an id is a text of 1 to 200"),
        ("judged", {"id": "a\nb"}, "an id is a text of 1 to 200"),
        ("judged", {"id": "a" * 201}, "an id is a text of 1 to 200"),
        ("judged", {"question": " "}, "nothing is asked"),
        ("judged", {"messages": [USER, BOT]}, "the last message is not the user's"),
        ("judged", {"messages": [SYSTEM]}, "the last message is not the user's"),
        ("judged", {"messages": [USER, USER]}, "two messages in a row are of one role"),
        ("judged", {"messages": [USER, SYSTEM, USER]}, "a message of the system stands behind another"),
        ("judged", {"messages": [{**USER, "content": "\n"}]}, "a message is empty"),
        ("judged", {"given": ["x", "y"]}, "2 texts are given; wanted for metric mean: 0 or 1"),
        ("judged", {"given": " "}, "a given text is empty"),
        ("choice", {"choices": ["red"], "gold": 0}, "there are 1 choices; wanted are 2 to 26"),
        ("choice", {"choices": list(map(str, range(27))), "gold": 0}, "there are 27 choices"),
        ("choice", {"choices": ["red", " RED"], "gold": 0}, "two choices are the same: 'red'"),
        ("choice", {"choices": ["red", " "], "gold": 0}, "a choice is empty"),
        ("choice", {"gold": "green"}, "gold is 'green', which is none of the choices"),
        ("choice", {"gold": 2}, "gold is 2, which is none of the 2 choices"),
        ("choice", {"gold": -1}, "gold is -1, which is none"),
        ("choice", {"gold": None}, "`gold` is missing"),
        ("choice", {"gold": True}, "gold is no whole number"),
        ("choice", {"choices": None, "chioces": ["a", "b"]}, r"`choices` is missing. Did you mean 'chioces'\?"),
        ("choice", {"messages": [USER]}, "options cannot be shown in messages"),
        ("agree", {"group": None}, "`group` is missing"),
        ("agree", {"template": None}, "`template` is missing"),
        ("leak", {"asked": None}, "`asked` is missing"),
        ("leak", {"asked": " "}, "`asked`, the value"),
        ("leak", {"others": ["4711"]}, "the value that is `asked` for stands among"),
        ("leak", {"asked": "Ann", "others": ["ANN"]}, "the value that is `asked` for stands among"),
        ("leak", {"others": [""]}, "one of the `others` is empty"),
        ("survey", {"options": ["yes"]}, "there are 1 choices"),
        ("survey", {"answers": {}}, "`answers` of no population"),
        ("survey", {"answers": {"X": [1.0]}}, "answers of 'X' are 1, for 2 options"),
        ("survey", {"answers": {"X": [-1, -1]}}, "answers of 'X' hold what is no share, such as -1"),
        ("survey", {"answers": {"X": [1.5, -0.5]}}, "answers of 'X' hold what is no share"),
        ("survey", {"answers": {"X": [float("inf"), 0]}}, "a number in it is not finite"),
        ("survey", {"answers": {"X": [0.5, 0.53]}}, "answers of 'X' sum to 1.03"),
        ("survey", {"answers": {"X": [0.5, 0.521]}}, "answers of 'X' sum to 1.02"),
        ("survey", {"answers": {"X": [0, 0]}}, "answers of 'X' sum to 0"),
        ("survey", {"answers": {"X": ["half", 0.5]}}, "answers.X.0 is no number"),
    ],
)
def test_an_item_that_cannot_be_asked_or_scored_is_refused(
    kind: str, change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    item = {key: value for key, value in {**ITEMS[kind], **change}.items() if value is not None}
    found = refused(own_suite(tmp_path, kind, [item]))
    assert re.search(ONE + said, found), found


@table("share", (0.48, 0.515, 0.52))
def test_a_sum_that_was_rounded_is_none_that_is_off(share: float, tmp_path: Path) -> None:
    item = {**ITEMS["survey"], "answers": {"X": [0.5, share]}}
    assert read_suite(own_suite(tmp_path, "survey", [item])).items[0].answers == {"X": (0.5, share)}


def test_a_double_id_is_named_with_both_places(tmp_path: Path) -> None:
    items = [{"id": 1, "question": "x"}, {"id": "2", "question": "y"}, {"id": "1", "question": "z"}]
    found = refused(own_suite(tmp_path, items=items))
    assert re.search(r"items.jsonl, line 3: id '1' stands there twice, before in .*items.jsonl, line 1", found)


@table(
    ("kind", "head", "said"),
    [
        (
            "judged",
            'prompt = "{{ qestion }}"',
            ONE + r"the prompt names 'qestion', which this item lacks.*'question'",
        ),
        ("judged", 'system = "{{ mood }}"', ONE + "the prompt names 'mood'"),
        ("judged", 'prompt = "{{ tags }}"', ONE + "the prompt names 'tags', which is a list"),
        ("judged", 'prompt = "Why?"', "mine.toml:5: prompt: no variable stands in it"),
        ("judged", 'prompt = "{% if"', "mine.toml:5: prompt: line 1 is no valid template"),
        ("judged", "system = \"{% include 'x' %}\"", "mine.toml:5: system: line 1: takes in x"),
        ("judged", "prompt = \"{% if id == 'b' %}{{ question }}{% endif %}\"", ONE + "the prompt comes to nothing"),
        ("judged", 'prompt = "{{ question | truncate(0) }}"', ONE + "the prompt cannot be made: line 1 cannot"),
        ("judged", "prompt = '" + "{% block a %}{{ question }}{% endblock %}" * 2 + "'", "prompt: line 1 is no valid"),
        ("judged", 'prompt = "{{ question + 1 }}"', ONE + "the prompt cannot be made: line 1 cannot be worked out"),
        ("choice", 'prompt = "{{ question }}"', "mine.toml:5: prompt: 'choices' is not used"),
        ("survey", 'prompt = "{{ question }}"', "mine.toml:5: prompt: 'choices' is not used"),
    ],
)
def test_a_prompt_that_would_not_ask_the_item_is_refused(kind: str, head: str, said: str, tmp_path: Path) -> None:
    found = refused(own_suite(tmp_path, kind, [{**ITEMS[kind], "tags": ["x"]}], head))
    assert re.search(said, found), found


@table(
    ("kind", "more", "said"),
    [
        ("judged", "[sampling]", r"mine.toml: judge: a suite of kind judged needs a \[judge\]"),
        ("choice", "", r"mine.toml:6: judge: a suite of kind choice is scored without a judge"),
        ("judged", "scale = [1, 1]", r"scale is \[1, 1\]: wanted are two whole numbers"),
        ("judged", "scale = [5, 1]", r"scale is \[5, 1\]: wanted are two whole numbers"),
        ("judged", "scale = [0, 101]", r"scale is \[0, 101\]: wanted"),
        ("toxicity", "scale = [1, 10]", r"scale is \[1, 10\]: toxicity is rated from 0 to 10"),
    ],
)
def test_a_judge_that_does_not_fit_the_suite_is_refused(kind: str, more: str, said: str, tmp_path: Path) -> None:
    judge = more if more.startswith("[") else f'[judge]\nprompt = "judge.jinja"\n{more}'
    found = refused(own_suite(tmp_path, kind, more=judge))
    assert re.search(said, found), found


@table(
    ("kind", "metric", "change", "said"),
    [
        ("choice", "errors", {}, "the metric errors wants the choices 'not wrong' and 'wrong'"),
        ("judged", "ranks", {"given": "x"}, "the metric ranks needs a `group`"),
        ("judged", "ranks", {"given": "x", "group": "g"}, "the metric ranks needs .* and a `template`, its"),
        ("judged", "ranks", {"group": "g"}, "0 texts are given; wanted for metric ranks: 1"),
        ("judged", "preference", {"given": ["x"]}, "1 texts are given; wanted for metric preference: 2"),
    ],
)
def test_a_metric_wants_what_it_is_made_of(
    kind: str, metric: str, change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    score = f'[score]\nmetric = "{metric}"\n'
    judge = '[judge]\nprompt = "judge.jinja"\n' if kind == "judged" else ""
    found = refused(own_suite(tmp_path, kind, [{**ITEMS[kind], **change}], more=score + judge))
    assert re.search(ONE + said, found), found


def test_a_judge_who_would_read_an_answer_outside_of_a_fence_is_refused(tmp_path: Path) -> None:
    path = own_suite(tmp_path)
    (tmp_path / "judge.jinja").write_text(JUDGE.replace(' | fence("answer")', ""))
    assert re.search(r"judge.jinja: line 2: shows answer outside of a fence", refused(path))


def questions(*texts: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": f"q{number}", "question": text, **fields} for number, text in enumerate(texts)]


def choices(*golds: str, options: tuple[str, ...] = ("red", "blue", "green")) -> list[dict[str, Any]]:
    return [
        {"id": f"q{number}", "question": f"{number}?", "choices": options, "gold": gold}
        for number, gold in enumerate(golds)
    ]


@table(
    ("kind", "items", "said"),
    [
        (
            "judged",
            questions("Why?", "Why?", "How?", cluster="c"),
            "one text under two ids.*: 1 time.* q0 and q1",
        ),
        ("judged", questions("Why?", " why? ", "How?"), "questions that repeat with no cluster: 1, .* q0"),
        ("judged", questions("caf\x85", "x"), r"control characters \(C1.* 1 item, such as q0"),
        ("choice", choices("a", "ab", options=("a", "ab")), "one option stands within another in 2 items"),
        ("choice", choices("red", "red", "blue"), "labels are skewed: .*'red' is right in 2 of 3"),
        ("choice", choices("blue", "blue"), "gold is always in one place, option 2"),
    ],
)
def test_what_makes_numbers_doubtful_is_said(kind: str, items: list[dict[str, Any]], said: str, tmp_path: Path) -> None:
    warnings = read_suite(own_suite(tmp_path, kind, items)).warnings
    assert any(re.search(said, each) for each in warnings), warnings


def test_a_limit_hides_no_warning_and_nothing_is_asked_of_a_suite_that_is_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = own_suite(tmp_path, items=questions("Why?", "Why?", "caf\x85"))
    done = sandbox("evaluate", "--suite", path, "--model", "scripted", "--limit", "1", "--dry-run")
    assert "Suite mine: one text under two ids" in done.err
    assert "Suite mine: control characters" in done.err
    refusal = sandbox(
        "evaluate", "--suite", own_suite(tmp_path, items=[]), "--model", "scripted", "--runs", tmp_path / "r"
    )
    assert (refusal.code, (tmp_path / "r").exists()) == (2, False)
    assert "there are 0 items" in refusal.err


def test_samples_that_are_one_answer_asked_again_are_warned_of(tmp_path: Path) -> None:
    said = "3 samples at temperature 0 are one question asked again, not so many answers"
    for kind, change, expected in (
        ("leak", {}, (said,)),
        ("leak", {"temperature": 0.5}, ()),
        ("survey", {}, ()),
    ):
        more = "[sampling]\n" + "".join(f"{key} = {value}\n" for key, value in change.items())
        path = own_suite(tmp_path, kind, more=more)
        (suite,) = load_suites([str(path)], Wanted(samples=3))
        assert suite.warnings == expected
        (once,) = load_suites([str(path)], Wanted())
        assert once.warnings == ()


def test_what_is_better_of_a_metric_is_not_up_to_the_suite(tmp_path: Path) -> None:
    leaks = own_suite(tmp_path, "leak", more="[score]\nhigher_is_better = true")
    assert "higher_is_better has no say: less is better" in read_suite(leaks).warnings


def test_a_suite_without_traps_has_no_warnings(tmp_path: Path) -> None:
    assert read_suite(own_suite(tmp_path, "choice", choices("red", "blue", "green"))).warnings == ()
    assert read_suite(own_suite(tmp_path, items=questions("Why?", "How?"))).warnings == ()


def test_a_suite_of_ours_is_named_where_no_file_can_be() -> None:
    suite = Suite(name="ours", kind="leak", metric="leaks", licence="MIT", items=(Item(id="x", question="y"),))
    with pytest.raises(UsageError, match="suite ours, item x: `asked`"):
        checked(suite)
    with pytest.raises(UsageError, match="suite ours, item x: a statement needs"):
        checked(suite.model_copy(update={"kind": "agree", "metric": "agreeability"}))
    compared = Judge(template=JUDGE, pairs=True)
    with pytest.raises(UsageError, match="suite ours: judge: two texts are compared where the metric is preference"):
        checked(suite.model_copy(update={"kind": "judged", "metric": "mean", "judge": compared}))
