"""Which of lettered options a model chose: a letter where one is given, and never a word that looks like one."""

import random
import tomllib
from pathlib import Path
from string import ascii_uppercase

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from agents.choices import Choice, read_choice
from agents.model import Finish, Reply
from agents.statements import read_verdict, read_wrong

ROOT = Path(__file__).parents[1]
CITIES = ("Oslo", "Rome", "Rome, Georgia", "None of these")
THIRTEEN = tuple(f"choice {number}" for number in range(13))
UNPARSABLE, OUT_OF_RANGE, REFUSED, TRUNCATED, EMPTY = "unparsable", "out_of_range", "refused", "truncated", "empty"


@table(
    ("text", "outcome"),
    [
        ('{"answer": "B"}', 1),
        ('{"Choice": "b"}', 1),
        ('{"option": "(B)"}', 1),
        ('{"letter": "B)"}', 1),
        ('{"answer": "Rome."}', 1),
        ('{"answer": "B) Rome"}', 1),
        ('{"answer": "B) Oslo"}', UNPARSABLE),
        ('```json\n{"answer": "B"}\n```', 1),
        ('(A) is near, but {"answer": "B"}', 1),
        ("{'answer': 'B'}", 1),
        ('{"answer": "B",}', 1),
        ("{\u201canswer\u201d: \u201cB\u201d,}", 1),
        ('{"reason": "not \\"answer\\": \\"A\\"", "answer": "B"}', 1),
        ('{"answer": "B", "choice": "B"}', 1),
        ('{"answer": "A", "choice": "B"}', UNPARSABLE),
        ('{"answer": "A"} {"answer": "B"}', UNPARSABLE),
        ('{"answer": "E"}', OUT_OF_RANGE),
        ('{"answer": "A good start"}', UNPARSABLE),
        ('{"answer": 2}', UNPARSABLE),
        ('{"answer": null}', UNPARSABLE),
        ('{"answer": "the letter of one option"}\nB', UNPARSABLE),
        ('{"thought": "A"}\nAnswer: B', 1),
        ("B", 1),
        (" b. \n", 1),
        ("**B**", 1),
        ('"B"', 1),
        ("(B)", 1),
        ("E", OUT_OF_RANGE),
        ("I", OUT_OF_RANGE),
        ("B or C", UNPARSABLE),
        ("2", UNPARSABLE),
        ("BB", UNPARSABLE),
        ("\u0412", UNPARSABLE),  # Cyrillic
        ("Answer: B", 1),
        ("**Answer:** B) Rome", 1),
        ("answer: b", 1),
        ("Answer: (B) because it is.", 1),
        ("Answer: B because it is.", 1),
        ("It is old.\n\nAnswer: B.", 1),
        ("Answer: A.", 0),
        ("Answer: A - Oslo", 0),
        ("Answer: A good start is Rome", UNPARSABLE),
        ("Answer: A-levels", UNPARSABLE),
        ("Answer: I think so", UNPARSABLE),
        ("Answer: I'd say so", UNPARSABLE),
        ("Answer: B's", UNPARSABLE),
        ("Answer: B or C", UNPARSABLE),
        ("Answer: A or B", UNPARSABLE),
        ("Answer: B/C", UNPARSABLE),
        ("Answer: b) or c)", UNPARSABLE),
        ("Answer: a) or c)", UNPARSABLE),
        ("Answer: B; C", UNPARSABLE),
        ("Answer: B | C", UNPARSABLE),
        ("Answer: B; I am sure.", 1),
        ("Answer: b) Rome", 1),
        ("Answer: B, and (C)", UNPARSABLE),
        ("Answer: E", OUT_OF_RANGE),
        ("Answer: B\nSo much for that.", 1),
        ("First, Answer: B\nSo much for that.", UNPARSABLE),
        ("**The correct answer: B**\nSo much for that.", 1),
        ("Correct answer: B\nThe other one, (A), is too new.", UNPARSABLE),
        ("The answer is B.", UNPARSABLE),
        ("(B) is right.", 1),
        ("b) Rome", 1),
        ("- B) Rome\n", 1),
        ("It is old, so I choose (B).", 1),
        ("It is old, so I choose B) Rome.", 1),
        ("Between (A) and (B) I choose the older.", UNPARSABLE),
        ("A) is near.\nAnswer: B", UNPARSABLE),
        ("A) Oslo\nB) Rome\nC) Rome, Georgia\nD) None of these", UNPARSABLE),
        ("It is old (see plan B) and the reason(s) hold.", UNPARSABLE),
        ("It is old (b) and large.", UNPARSABLE),
        ("A good start is to ask.", UNPARSABLE),
        ("I think it is old.", UNPARSABLE),
        ("Vitamin B is old.", UNPARSABLE),
        ("rome", 1),
        ("Rome, Georgia.", 2),
        ("B. Rome", 1),
        ("B: rome", 1),
        ("A. Rome", UNPARSABLE),
        ("Rome is old.", UNPARSABLE),
        ("Oslo\nRome", UNPARSABLE),
        ("I'm sorry, but I can't choose.", REFUSED),
        ("I'm sorry, but it is clear.\nAnswer: B", 1),
        ("<think>(A)? No.</think>(B)", 1),
        ("", EMPTY),
        (" \n", EMPTY),
    ],
)
def test_a_reply_is_read_as_the_table_says(text: str, outcome: int | str) -> None:
    expected = Choice(outcome, None) if isinstance(outcome, int) else Choice(None, outcome)  # type: ignore[arg-type]
    assert read_choice(Reply(text), CITIES) == expected


@table(
    ("reply", "outcome"),
    [
        (Reply("B", "length"), TRUNCATED),
        (Reply("Answer: B", "length"), TRUNCATED),
        (Reply("Answer: B or C", "length"), UNPARSABLE),
        (Reply("Rome", "length"), TRUNCATED),
        (Reply('{"answer": "B', "length"), TRUNCATED),
        (Reply('{"answer": "B"', "length"), 1),
        (Reply("B) Ro", "length"), 1),
        (Reply("Answer: B. It is ol", "length"), 1),
        (Reply("", "length"), TRUNCATED),
        (Reply("", "length", thinking="(B)"), TRUNCATED),
        (Reply("<think>It is (B)", "length"), TRUNCATED),
        (Reply('{"answer": "B"}', "content_filter"), REFUSED),
        (Reply("B", refusal="No."), REFUSED),
    ],
)
def test_what_ended_a_reply_counts(reply: Reply, outcome: int | str) -> None:
    choice = read_choice(reply, CITIES)
    assert outcome == (choice.missing if choice.place is None else choice.place)


@table(
    ("options", "text", "outcome"),
    [
        (("Yes", "Yes."), "Yes.", 1),
        (("Yes", "Yes."), "yes", 0),
        (("Yes", "Yes."), '{"answer": "B) Yes."}', 1),
        (("Yes", "Yes."), "**Yes**", UNPARSABLE),
        (("a  b", "a b"), "a b", UNPARSABLE),
        (("?", "!", "."), "", EMPTY),
        (("?", "!", "."), "...", UNPARSABLE),
        (("?", "!", "."), "!", 1),
        (("?", "!", "."), '{"answer": ""}', UNPARSABLE),
    ],
)
def test_what_two_options_are_alike_in_chooses_neither(options: tuple[str, ...], text: str, outcome: int | str) -> None:
    choice = read_choice(Reply(text), options)
    assert outcome == (choice.missing if choice.place is None else choice.place)


def test_an_i_is_a_letter_where_so_many_options_are() -> None:
    read = [read_choice(Reply(text), THIRTEEN) for text in ("I", "(I) think", "Answer: I.", "I think", "Choice 8.")]
    assert [choice.place for choice in read] == [8, 8, 8, None, 8]


def test_replies_that_choose_nothing_are_spread_over_no_options() -> None:
    """A search for a letter that stands alone takes them for A, B and I."""
    starts = ("A good start is to", "I think we should", "A. B. Smith says we", "I'd rather", "B vitamins help to")
    drawn = random.Random(0)
    replies = [f"{drawn.choice(starts)} ask {drawn.choice(('a', 'an'))} expert." for _ in range(200)]
    assert {read_choice(Reply(text), THIRTEEN) for text in replies} == {Choice(None, "unparsable")}


def test_an_echo_of_what_is_asked_chooses_nothing() -> None:
    files = [tomllib.loads(file.read_text()) for file in sorted((ROOT / "sandbox/suites").rglob("*.toml"))]
    prompts = [prompt for file in files if '{"' in (prompt := file.get("suite", {}).get("prompt", ""))]
    assert len(prompts) >= 4
    for prompt in prompts:
        reply = Reply(prompt.replace("{{ choices }}", "A) yes\nB) no\nC) maybe"))
        for place, missing in (read_choice(reply, ("yes", "no", "maybe")), read_verdict(reply), read_wrong(reply)):
            assert (place, missing) == (None, "unparsable")


@given(st.integers(0, 25), st.sampled_from(['{{"answer": "{}"}}', "{}", "Answer: {}", "({})", "So:\n{})", "{}."]))
def test_every_letter_is_read_or_beyond_the_options(place: int, form: str) -> None:
    reply = Reply(form.format(ascii_uppercase[place]))
    assert read_choice(reply, THIRTEEN) == (Choice(place, None) if place < 13 else Choice(None, "out_of_range"))


PIECES = st.sampled_from(
    ["A", "B", "(", ")", "answer:", '{"answer":', '"', "}", " ", "\n", "or", ",", "Rome", ".", "I"]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(), st.sampled_from(["stop", "length", None]))
def test_whatever_is_said_is_a_place_or_missing(text: str, finish: Finish | None) -> None:
    place, missing = read_choice(Reply(text, finish), CITIES)
    assert (place is None) == (missing is not None)
    assert place is None or 0 <= place < len(CITIES)


@table("piece", ["(", "(A ", "answer:", "answer: A ", "A", '{"answer":', '{"answer": "A",', "- ", "\u2026", ", ", "\n"])
def test_long_replies_take_time_in_proportion(piece: str) -> None:
    """Quadratic work on so many would take the test its time limit."""
    assert read_choice(Reply(piece * 60_000), CITIES).place in (None, 0)
