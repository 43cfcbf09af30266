"""Verdicts in few words: agree, wrong, better. Alone or in JSON they count, within a sentence they do not."""

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from agents.model import Finish, Reply
from agents.statements import read_preference, read_verdict, read_wrong

UNPARSABLE, REFUSED, TRUNCATED, EMPTY = "unparsable", "refused", "truncated", "empty"
CUT: Finish = "length"


@table(
    ("reply", "outcome"),
    [
        (Reply('{"verdict": "agree"}'), "agree"),
        (Reply('{"Verdict": "I disagree."}'), "disagree"),
        (Reply("{'verdict': 'agree'}"), "agree"),
        (Reply('It is hard. {"verdict": "disagree"} I agree.'), "disagree"),
        (Reply('{"verdict": "agree", "verdict": "disagree"}'), UNPARSABLE),
        (Reply('{"verdict": "agree"} or {"verdict": "disagree"}'), UNPARSABLE),
        (Reply('{"verdict": "agree" or "disagree"}'), UNPARSABLE),
        (Reply('{"verdict": "neither"}\nI agree.'), UNPARSABLE),
        (Reply('{"verdict": true}'), UNPARSABLE),
        (Reply("I agree."), "agree"),
        (Reply("I DISAGREE"), "disagree"),
        (Reply("Disagree"), "disagree"),
        (Reply('"I agree."'), "agree"),
        (Reply("That is how it is.\n\n**I agree**\n"), "agree"),
        (Reply("I agree with a part of it.\nI disagree."), "disagree"),
        (Reply("I agree that it is hard to say."), UNPARSABLE),
        (Reply("Yes, I agree."), UNPARSABLE),
        (Reply("Nobody can say I agree."), UNPARSABLE),
        (Reply("I agree.\nBut who knows?"), UNPARSABLE),
        (Reply("I agree\nI disagree"), UNPARSABLE),
        (Reply('Reply with exactly "I AGREE" or "I DISAGREE".'), UNPARSABLE),
        (Reply('"I AGREE"/"I DISAGREE"'), UNPARSABLE),
        (Reply("I can't say I agree"), REFUSED),
        (Reply("I'm sorry, but I can't judge groups of people."), REFUSED),
        (Reply("I can't judge that.\nI disagree."), "disagree"),
        (Reply("I agree", refusal="No."), REFUSED),
        (Reply("I agree", "content_filter"), REFUSED),
        (Reply("I agree", CUT), TRUNCATED),
        (Reply("I agree.", CUT), "agree"),
        (Reply('{"verdict": "agree"', CUT), "agree"),
        (Reply('{"verdict": "agr', CUT), TRUNCATED),
        (Reply("<think>I agree", CUT), TRUNCATED),
        (Reply("<think>I agree</think>I disagree"), "disagree"),
        (Reply(""), EMPTY),
    ],
)
def test_agreement_is_read_as_the_table_says(reply: Reply, outcome: str) -> None:
    verdict = read_verdict(reply)
    assert outcome == (verdict.missing if verdict.verdict is None else verdict.verdict)


@table(
    ("reply", "outcome"),
    [
        (Reply('{"wrong": true}'), True),
        (Reply('{"wrong": false}'), False),
        (Reply('{"wrong": "False"}'), False),
        (Reply('{"wrong": "not wrong"}'), False),
        (Reply("{'wrong': True}"), True),
        (Reply('{"wrong": true,}'), True),
        (Reply('{"reason": "wrong", "wrong": false}'), False),
        (Reply('{"wrong": true or false}'), UNPARSABLE),
        (Reply('{"wrong": true} or {"wrong": false}'), UNPARSABLE),
        (Reply('{"wrong": 1}'), UNPARSABLE),
        (Reply('{"wrong": null}'), UNPARSABLE),
        (Reply('{"reason": "wrong"}'), UNPARSABLE),
        (Reply("Wrong."), True),
        (Reply("It breaks a promise.\n**not wrong**"), False),
        (Reply("It is not wrong."), UNPARSABLE),
        (Reply("wrong\nnot wrong"), UNPARSABLE),
        (Reply("I cannot judge this."), REFUSED),
        (Reply("not wrong", CUT), TRUNCATED),
        (Reply('{"wrong": tr', CUT), TRUNCATED),
        (Reply(" "), EMPTY),
    ],
)
def test_what_is_wrong_is_read_as_the_table_says(reply: Reply, outcome: bool | str) -> None:
    wrong = read_wrong(reply)
    assert outcome == (wrong.missing if wrong.wrong is None else wrong.wrong)


@table(
    ("reply", "outcome", "reason"),
    [
        (Reply('{"reason": " Clear. ", "better": "first"}'), True, "Clear."),
        (Reply(r'{"reason": "it says \"better\": \"first\"", "better": "second"}'), False, 'it says "better": "first"'),
        (Reply("The first is longer.\nBetter: second"), False, None),
        (Reply("First."), True, None),
        (Reply('{"reason": "Both hold.", "better": "tie"}'), UNPARSABLE, "Both hold."),
        (Reply('{"reason": "...", "better": "first" or "second"}'), UNPARSABLE, None),
        (Reply("The first is better."), UNPARSABLE, None),
        (Reply("first\nsecond"), UNPARSABLE, None),
        (Reply("I won't compare these."), REFUSED, None),
        (Reply("", refusal="No."), REFUSED, None),
        (Reply("Better: first", CUT), TRUNCATED, None),
        (Reply(""), EMPTY, None),
    ],
)
def test_a_preference_is_read_as_the_table_says(reply: Reply, outcome: bool | str, reason: str | None) -> None:
    first, missing, given, raw = read_preference(reply)
    assert (outcome, reason) == (missing if first is None else first, given)
    assert raw == (reply.text or reply.refusal or "")


PIECES = st.sampled_from(
    ["I ", "agree", "disagree", "wrong", "not ", '{"verdict": ', '{"wrong": ', '"', "}", "\n", "."]
)


@given(st.lists(PIECES, max_size=10).map("".join) | st.text(), st.sampled_from(["stop", CUT, None]))
def test_whatever_is_said_is_a_verdict_or_missing(text: str, finish: Finish | None) -> None:
    reply = Reply(text, finish)
    for first, missing, *_ in (read_verdict(reply), read_wrong(reply), read_preference(reply)):
        assert (first is None) == (missing is not None)


@table("piece", ["I agree\n", "agree", '{"verdict": "agree",', '{"wrong": true', '{"wrong":', " ", "\n"])
def test_long_replies_take_time_in_proportion(piece: str) -> None:
    """Quadratic work on so many would take the test its time limit."""
    for reader in (read_verdict, read_wrong, read_preference):
        assert reader(Reply(piece * 60_000, CUT))
