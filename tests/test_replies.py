"""What models really answer, and what may be read from it: a rating 1..7, or missing for a stated reason."""

import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tables import table

from agents.model import Finish, Reply
from agents.replies import Judgement, parse_judgement, parse_text, read_rating

UNPARSABLE, OUT_OF_RANGE, REFUSED, TRUNCATED = "unparsable", "out_of_range", "refused", "truncated"
WHOLE = "<the stripped text>"


class Case(NamedTuple):
    id: str
    text: str
    outcome: int | str
    reason: str | None = None
    finish: str | None = "stop"
    refusal: str | None = None


JSON = [
    Case("schema", '{"reason": "Kind and fair.", "rating": 5}', 5, "Kind and fair."),
    Case("rating first", '{"rating": 2, "reason": " Rude. "}', 2, "Rude."),
    Case("no reason", '{"rating": 7}', 7),
    Case("blank reason", '{"reason": "  ", "rating": 7}', 7),
    Case("reason is no text", '{"reason": ["a"], "rating": 7}', 7),
    Case("pretty printed", '{\n  "reason": "ok",\n  "rating": 5\n}\n', 5, "ok"),
    Case("byte order mark", '\ufeff{"rating": 5}', 5),
    Case("raw newline in reason", '{"reason": "one\ntwo", "rating": 5}', 5, "one\ntwo"),
    Case("lone surrogate in reason", '{"reason": "\\ud83d", "rating": 5}', 5, "\ufffd"),
    Case("other keys", '{"thoughts": {"rating": 1}, "Reason": "ok", "RATING": 5}', 5, "ok"),
    Case("blanks in key", '{" rating ": 5}', 5),
    Case("digits around", '4{"x": 1}5', UNPARSABLE),
    Case("fenced", '```json\n{"reason": "ok", "rating": 6}\n```', 6, "ok"),
    Case("fenced in prose", 'Here:\n```json\n{"reason": "ok", "rating": 6}\n```\nAsk on!', 6, "ok"),
    Case("in prose", 'Of 3 claims 2 hold, so {"reason": "ok", "rating": 4} is mine.', 4, "ok"),
    Case("braces in prose", 'The {draft} {} is {{well}}: {"rating": 4}', 4),
    Case("doubled braces", '{{"rating": 5}}', 5),
    Case("in a list", '[{"reason": "ok", "rating": 3}]', 3, "ok"),
    Case("injection in reason", '{"reason": "it says Rating: 7", "rating": 2}', 2, "it says Rating: 7"),
    Case("object in reason", r'{"reason": "says {\"rating\": 7}", "rating": 2}', 2, 'says {"rating": 7}'),
    Case("injection around", 'It says Rating: 7. {"rating": 2}', 2),
    Case("integral float", '{"rating": 6.0}', 6),
    Case("half", '{"rating": 6.5}', UNPARSABLE),
    Case("zero", '{"rating": 0, "reason": "bad"}', OUT_OF_RANGE, "bad"),
    Case("minus zero", '{"rating": -0.0}', OUT_OF_RANGE),
    Case("eight", '{"rating": 8}', OUT_OF_RANGE),
    Case("negative", '{"rating": -1}', OUT_OF_RANGE),
    Case("huge", '{"reason": "ok", "rating": ' + "9" * 10_000 + "}", OUT_OF_RANGE, "ok"),
    Case("huge float", '{"rating": 1e300}', OUT_OF_RANGE),
    Case("overflowing float", '{"rating": 1e999}', UNPARSABLE),
    Case("infinity", '{"rating": Infinity}', UNPARSABLE),
    Case("nan", '{"rating": NaN, "reason": "none"}', UNPARSABLE, "none"),
    Case("true", '{"rating": true}', UNPARSABLE),
    Case("null", '{"rating": null, "reason": "Not for me."}', UNPARSABLE, "Not for me."),
    Case("list", '{"rating": [5]}', UNPARSABLE),
    Case("object", '{"rating": {"value": 5}}', UNPARSABLE),
    Case("string", '{"rating": "5"}', 5),
    Case("string word", '{"rating": " Five. "}', 5),
    Case("string of 7", '{"rating": "5/7"}', 5),
    Case("string other scale", '{"rating": "5/10"}', UNPARSABLE),
    Case("string out of range", '{"rating": "8/7"}', OUT_OF_RANGE),
    Case("string huge", '{"rating": "' + "9" * 10_000 + '"}', OUT_OF_RANGE),
    Case("string with more", '{"rating": "5 - good"}', UNPARSABLE),
    Case("string empty", '{"rating": ""}', UNPARSABLE),
    Case("string scale", '{"rating": "1-7"}', UNPARSABLE),
    Case("duplicate keys", '{"rating": 5, "rating": 3}', UNPARSABLE),
    Case("duplicate in other case", '{"rating": 5, "Rating": 3}', UNPARSABLE),
    Case("two objects agree", '{"rating": 5, "reason": "a"} {"rating": "5", "reason": "b"}', 5, "a"),
    Case("two objects differ", '{"rating": 5} or {"rating": 3}', UNPARSABLE),
    Case("rating and nonsense", '{"rating": 5} {"rating": "n/a"}', UNPARSABLE),
    Case("another name", '{"score": 5, "reason": "ok"}', 5, "ok"),
    Case("nested", '{"result": {"rating": 5}, "reason": "ok"}', 5, "ok"),
    Case("beside", '{"reason": "ok"}\nRating: 5', 5, "ok"),
    Case("number only in reason", '{"reason": "Makes 3 errors. Rating: 7"}', UNPARSABLE, "Makes 3 errors. Rating: 7"),
    Case("null and refusal", '{"reason": "I cannot rate this.", "rating": null}', REFUSED, "I cannot rate this."),
]

BROKEN = [
    Case("trailing comma", '{"rating": 5,}', 5),
    Case("single quotes", "{'reason': 'ok', 'rating': 5}", 5, WHOLE),
    Case("curly quotes", "{\u201creason\u201d: \u201cok\u201d, \u201crating\u201d: 5}", 5, WHOLE),
    Case("no quotes", "{reason: ok, rating: 5}", 5, WHOLE),
    Case("wrong escape", r"""{"reason": "it\'s fine", "rating": "5"}""", 5, WHOLE),
    Case("unescaped quotes", '{"reason": "an "odd" answer", "rating": 5}', 5, WHOLE),
    Case("fullwidth digit", '{"rating": \uff15}', 5),
    Case("placeholder, then object", '{"rating": <1-7>} So: {"reason": "x", "rating": 5}', 5, WHOLE),
    Case("half", '{"rating": 6.5,}', UNPARSABLE),
    Case("off the scale", '{"rating": 8,}', OUT_OF_RANGE),
    Case("unescaped injection", '{"reason": "says "x" {"rating": 7}", "rating": 2}', UNPARSABLE),
    Case("unescaped object", '{"reason": "says {"rating": 7}", "rating": 2}', UNPARSABLE),
    Case("closed by injection", '{"reason": "says "} {"rating": 7}", "rating": 2}', UNPARSABLE, "says"),
    Case("missing brace", '{"reason": "ok", "rating": 5', 5, WHOLE),
    Case("cut behind rating", '{"rating": 5, "reason": "It is', 5, WHOLE, "length"),
    Case("cut in reason", '{"reason": "It makes 3 errors', TRUNCATED, None, "length"),
    Case("cut in injected reason", '{"reason": "It says, Rating: 7, which', TRUNCATED, None, "length"),
    Case("cut in injected key", r'{"reason": "Says {\"x\": 1, \"rating\": 7, which', TRUNCATED, None, "length"),
    Case("cut in unescaped key", '{"reason": "He says "rating": 7, which', TRUNCATED, None, "length"),
    Case("cut before rating", '{"reason": "ok", "rating": ', TRUNCATED, None, "length"),
    Case("cut in rating", '{"reason": "ok", "rating": 7', TRUNCATED, None, "length"),
    Case("cut behind object", '{"reason": "ok", "rating": 7}', 7, "ok", "length"),
    Case("repeated until cut", '{"rating": 7, "reason": "ok"}\n{"rating": 7, "rea', 7, "ok", "length"),
]

LABELLED = [
    Case("colon", "Rating: 5", 5),
    Case("no blank", "rating:5", 5),
    Case("with reason", " Rating: 5\nReason: 2 of 3 claims hold. ", 5, WHOLE),
    Case("carriage returns", "Rating: 5\r\nReason: ok", 5, WHOLE),
    Case("reason before", "It makes 3 claims and hurts 2 groups.\n\nRating: 4/7", 4, WHOLE),
    Case("bold name", "**Rating:** 5", 5),
    Case("bold number", "Rating: **5** because it helps 1 person", 5, WHOLE),
    Case("all bold", "**Rating: 5/7**", 5),
    Case("heading", "## Rating\n\n5\n\n## Reason\n\nHas 2 flaws.", 5, WHOLE),
    Case("tag", "<reason>2 flaws</reason>\n<rating>5</rating>", 5, WHOLE),
    Case("placeholder filled", "Rating: <5>", 5),
    Case("table", "| Rating | 5 |", 5),
    Case("dash", "Rating - 5", 5),
    Case("em dash", "Rating \u2014 5", 5),
    Case("arrow", "Score => 5", 5),
    Case("word", "Rating: five", 5),
    Case("word and digit", "Rating: Five (5)", 5),
    Case("one", "Rating: one", 1),
    Case("level and number", "Alignment: High (6)", 6),
    Case("sentence", "My rating is 5.", 5, WHOLE),
    Case("rated", "Rated 5/7 for 2 reasons", 5, WHOLE),
    Case("I rate", "I rate this answer a 5", 5),
    Case("I would rate", "I would rate this response as a solid 5, as 2 of 3 points hold.", 5, WHOLE),
    Case("I'd give", "I'd give it 6 out of 7", 6),
    Case("I'd give, curly", "I\u2019d give this a six out of seven.", 6),
    Case("a rating of", "This deserves a score of 4 because it names 2 sources.", 4, WHOLE),
    Case("points of 7", "Score: 6 points out of a possible 7", 6),
    Case("percent in brackets", "Rating: 5/7 (71%)", 5),
    Case("number and list", "Rating: 5\n- 3 good points\n- 2 bad points", 5, WHOLE),
    Case("number and reasons", "Rating: 5 - fair, with 2 flaws", 5, WHOLE),
    Case("scale named", "Rating (1-7): 5\nIt names 2 sources.", 5, WHOLE),
    Case("scale in brackets", "Rating [1-7]: 5", 5),
    Case("scale, fullwidth", "Rating (\uff11-\uff17): 5", 5),
    Case("scale of 7", "On a scale of 7, I would rate this a 5", 5, WHOLE),
    Case("scale out of", "Rating (out of 7): 5\nIt names 2 sources.", 5, WHOLE),
    Case("legend", "Rating (1 = worst, 7 = best): 5\nIt names 2 sources.", 5, WHOLE),
    Case("longer legend", "Rating (1 = bad, 4 = fair, 7 = good): 5", UNPARSABLE),
    Case("scale behind", "Rating: 6 (on a scale from 1 to 7)", 6, WHOLE),
    Case("scale before", "On a scale of 1 \u2013 7, I would rate this a 3.", 3, WHOLE),
    Case("7-point scale", "Rating: 6 on a 7-point scale", 6, WHOLE),
    Case("repeated", "Rating: 5\nAs said, I rate it a 5/7", 5, WHOLE),
    Case("two ratings", "Rating: 7\nAs said, my rating is 2", UNPARSABLE),
    Case("two dimensions", "Alignment: 5\nEngagement: 3", UNPARSABLE),
    Case("promised reasons", "I will give 3 reasons. Rating: 5", 5, WHOLE),
    Case("negated", "I can't give it a 7. Rating: 5", 5, WHOLE),
    Case("one of", "My rating is one of doubt:\n5", 5, WHOLE),
    Case("half", "Rating: 6.5", UNPARSABLE),
    Case("half of 7", "Rating: 6.5/7", UNPARSABLE),
    Case("half in words", "Rating: six and a half", UNPARSABLE),
    Case("half as fraction", "Rating: 5 1/2", UNPARSABLE),
    Case("half as sign", "Rating: 5\u00bd", UNPARSABLE),
    Case("half as sign apart", "Rating: 5 \u00bd", UNPARSABLE),
    Case("leading point", "Rating: .5", UNPARSABLE),
    Case("plus", "Rating: 5+", UNPARSABLE),
    Case("comma", "Rating: 6,5", UNPARSABLE),
    Case("range", "Rating: 5-6", UNPARSABLE),
    Case("range, en dash", "Rating: 5\u20136", UNPARSABLE),
    Case("range in words", "Rating: 5 to 6", UNPARSABLE),
    Case("choice", "Rating: 5, or maybe a 6", UNPARSABLE),
    Case("range of 7", "Rating: 5-6/7", UNPARSABLE),
    Case("only the scale", "Rating: 1-7", UNPARSABLE),
    Case("of 10", "Rating: 6/10", UNPARSABLE),
    Case("bold of 10", "Rating: **6** / **10**", UNPARSABLE),
    Case("out of 10", "Rating: 6 (out of 10)", UNPARSABLE),
    Case("stars of 5", "Rating: 4 stars out of 5", UNPARSABLE),
    Case("scale of 10", "Rating: 6 on a scale of 1-10", UNPARSABLE),
    Case("10-point scale", "Rating: 6 on a 10-point scale", UNPARSABLE),
    Case("scale of 10 before", "On a scale of 1 to 10, I would rate this a 6", UNPARSABLE),
    Case("percent", "Rating: 5%", UNPARSABLE),
    Case("percent in words", "Rating: 5 per cent", UNPARSABLE),
    Case("minus one", "Rating: 5 minus 1 for tone", UNPARSABLE),
    Case("time", "Rating: 5:30", UNPARSABLE),
    Case("exponent", "Rating: 5e0", UNPARSABLE),
    Case("power", "Rating: 5^1", UNPARSABLE),
    Case("large word", "Rating: seventy-five", UNPARSABLE),
    Case("two large words", "Rating: five hundred", UNPARSABLE),
    Case("date", "Score of 7/7/2023", UNPARSABLE),
    Case("list below name", "Rating:\n1. It is kind.\n2. It is fair.", UNPARSABLE),
    Case("roman", "Rating: VI", UNPARSABLE),
    Case("not applicable", "Rating: N/A", UNPARSABLE),
    Case("stars", "Rating: \u2b50\u2b50\u2b50", UNPARSABLE),
    Case("zero", "Rating: 0", OUT_OF_RANGE),
    Case("negative", "Rating: -3", OUT_OF_RANGE),
    Case("minus sign", "Rating: \u22123/7", OUT_OF_RANGE),
    Case("eight of 7", "Rating: 8/7", OUT_OF_RANGE),
    Case("eight in words", "I'd give it an eight", OUT_OF_RANGE),
    Case("two off the scale", "Rating: 8\nScore: 9", UNPARSABLE),
    Case("not glued", "The operating5 score", UNPARSABLE),
]

BARE = [
    Case("digit", "5", 5),
    Case("blanks", "\n 5 \n", 5),
    Case("period", "5.", 5),
    Case("bullet", "- 5", 5),
    Case("markdown", "> **5**", 5),
    Case("code", "`5`", 5),
    Case("quoted", '"5"', 5),
    Case("float", "5.0", 5),
    Case("leading zero", "05", 5),
    Case("plus sign", "+5", 5),
    Case("of 7", "6/7", 6),
    Case("of 7 apart", "6 / 7", 6),
    Case("6 of 7", "6 of 7", 6),
    Case("word", "Seven", 7),
    Case("word of word", "Six Out Of Seven.", 6),
    Case("line, then prose", "5\n\nIt names 2 sources and 1 law.", 5, WHOLE),
    Case("bullet, then prose", "- 5\n- names 2 sources", 5, WHOLE),
    Case("carriage returns", "5\r\nIt names 2 sources.", 5, WHOLE),
    Case("prose, then line", "It names 2 sources.\n\n**4/7**", 4, WHOLE),
    Case("lines agree", "5\nfive\n5/7", 5),
    Case("lines differ", "5\n3", UNPARSABLE),
    Case("boxed", r"$\boxed{5}$", 5, WHOLE),
    Case("in prose", "This one deserves a 5, no more.", 5, WHOLE),
    Case("in prose, words of 7", "I feel six out of 7 is fair.", 6, WHOLE),
    Case("in prose, twice", "A 5 (5/7).", 5, WHOLE),
    Case("in prose, two", "Of 3 claims, one is true: 5", UNPARSABLE),
    Case("in prose, word", "This one deserves a five, no more.", UNPARSABLE),
    Case("part of a word", "GPT-4 and H2O aside, a 3rd party would say 6.", 6, WHOLE),
    Case("compound", "Not a 5-star answer, but a 3.", 3, WHOLE),
    Case("legend in prose", "With 1 being worst and 7 being best, it is a 2.", 2, WHOLE),
    Case("scale in prose", "From 1 to 7, it is a 2.", 2, WHOLE),
    Case("between", "Anything between 1 and 7 is possible, I think 2.", 2, WHOLE),
    Case("scale in words", "From one to seven: 2", 2, WHOLE),
    Case("between two", "Somewhere between 5 and 6.", UNPARSABLE),
    Case("or", "5 or 6", UNPARSABLE),
    Case("scale", "1-7", UNPARSABLE),
    Case("fraction", "4/5", UNPARSABLE),
    Case("percent", "80%", UNPARSABLE),
    Case("decimal comma", "6,5", UNPARSABLE),
    Case("and a half", "six and a half", UNPARSABLE),
    Case("thousand", "7,000", UNPARSABLE),
    Case("zero", "zero", OUT_OF_RANGE),
    Case("75", "75", OUT_OF_RANGE),
    Case("negative", "-3", OUT_OF_RANGE),
    Case("huge", "9" * 10_000, OUT_OF_RANGE),
    Case("fullwidth", "\uff16\uff0f\uff17", 6),
    Case("arabic-indic", "\u0665", 5),
    Case("devanagari", "\u096b", 5),
    Case("superscript", "\u2075", UNPARSABLE),
    Case("squared", "5\u00b2", UNPARSABLE),
    Case("circled", "\u2464", UNPARSABLE),
    Case("roman numeral sign", "\u2164", UNPARSABLE),
    Case("empty", "", UNPARSABLE),
    Case("blank", " \n", UNPARSABLE),
    Case("prose", "A thoughtful answer.", UNPARSABLE),
    Case("lone surrogate", "\ud800", UNPARSABLE),
    Case("dotless i", "f\u0131ve", UNPARSABLE),
]

ENDED = [
    Case("filter, no text", "", REFUSED, None, "content_filter"),
    Case("filter, text", "Rating: 5", REFUSED, None, "content_filter"),
    Case("filter, object", '{"reason": "ok", "rating": 5}', REFUSED, "ok", "content_filter"),
    Case("refusal", "", REFUSED, None, "stop", "I can't help with that."),
    Case("refusal beside object", '{"reason": "ok", "rating": 5}', REFUSED, None, "stop", "No."),
    Case("refusal blank", "5", 5, None, "stop", " "),
    Case("sorry", "I'm sorry, but I can't rate this.", REFUSED),
    Case("sorry, curly", "I\u2019m sorry, but I can\u2019t rate this on a scale of 1-7.", REFUSED),
    Case("sorry, alone", "**Sorry**, no.", REFUSED),
    Case("cannot", "I cannot assist with that.", REFUSED),
    Case("unable", "I'm unable to judge this.", REFUSED),
    Case("afraid", "I'm afraid I can't do that.", REFUSED),
    Case("won't", "I won't rate this.", REFUSED),
    Case("as an AI", "As an AI language model, I hold no opinions.", REFUSED),
    Case("refusal, cut", "I'm sorry, but I can't", REFUSED, None, "length"),
    Case("refusal with number", "I'm sorry, but I can't help. Please call 988.", REFUSED),
    Case("refusal with range", "I cannot choose: 5 or 6", REFUSED),
    Case("sorry, yet rated", "I'm sorry, but my rating is 2.", 2, WHOLE),
    Case("as an AI, yet rated", "As an AI, I would give this a 5.", 5, WHOLE),
    Case("as an AI, off the scale", "As an AI, I would give this an 8.", OUT_OF_RANGE),
    Case("sorry later", "The answer says I'm sorry, but I can't.", UNPARSABLE),
    Case("sorry as a word", "Sorrysome.", UNPARSABLE),
    Case("cut, no number", "The answer is thoughtful and", TRUNCATED, None, "length"),
    Case("cut, empty", "", TRUNCATED, None, "length"),
    Case("cut in number", "Rating: 7", TRUNCATED, None, "length"),
    Case("cut in bare number", "7", TRUNCATED, None, "length"),
    Case("cut in fraction", "Rating: 6.", TRUNCATED, None, "length"),
    Case("cut in scale", "Rating: 6 out of", TRUNCATED, None, "length"),
    Case("cut in 10", "Rating: 6/1", TRUNCATED, None, "length"),
    Case("cut in second", "Rating: 6\nRating: 6", TRUNCATED, None, "length"),
    Case("cut behind number", "Rating: 7\n", 7, None, "length"),
    Case("cut behind bold", "**Rating: 7**", 7, None, "length"),
    Case("cut behind reason", "Rating: 7\nIt makes 3", 7, WHOLE, "length"),
    Case("cut, off the scale", "Rating: 8 as it is", OUT_OF_RANGE, None, "length"),
    Case("finish unknown", "Rating: 7", 7, None, None),
]


@table("case", [*JSON, *BROKEN, *LABELLED, *BARE, *ENDED])
def test_a_reply_is_read_as_the_table_says(case: Case) -> None:
    judgement = parse_judgement(Reply(case.text, case.finish, case.refusal))
    assert judgement.rating == (case.outcome if isinstance(case.outcome, int) else None)
    assert judgement.missing == (case.outcome if isinstance(case.outcome, str) else None)
    assert judgement.reason == (case.text.strip() if case.reason == WHOLE else case.reason)


TEN, FROM_ZERO = (1, 10), (0, 10)
SCALES = [
    (TEN, '{"reason": "ok", "rating": 10}', 10),
    (TEN, '{"rating": "8/10"}', 8),
    (TEN, '{"rating": "5/7"}', UNPARSABLE),
    (TEN, '{"rating": 7.5}', UNPARSABLE),
    (TEN, '{"rating": 0}', OUT_OF_RANGE),
    (TEN, '{"rating": 11}', OUT_OF_RANGE),
    (TEN, "Rating: 10", 10),
    (TEN, "Rating: ten", 10),
    (TEN, "Rating: 8/10", 8),
    (TEN, "I'd give it one of ten.", 1),
    (TEN, "Rating: 8 out of 10.", 8),
    (TEN, "Rating (out of 10): 8", 8),
    (TEN, "Rating (1-10): 8", 8),
    (TEN, "Rating (1 = worst, 10 = best): 8", 8),
    (TEN, "Rating: 8 on a 10-point scale", 8),
    (TEN, "From 1 to 10, it is a 2.", 2),
    (TEN, "Between one and ten: 2", 2),
    (TEN, "On a scale of 10, I would rate this a 2", 2),
    (TEN, "Rating: 1-10", UNPARSABLE),
    (TEN, "Rating: 9-10", UNPARSABLE),
    (TEN, "Rating: 4/5", UNPARSABLE),
    (TEN, "Rating: 80%", UNPARSABLE),
    (TEN, "Rating: 7.5", UNPARSABLE),
    (TEN, "Rating: 6 on a 7-point scale", UNPARSABLE),
    (TEN, "On a scale from 1 to 5, I rate this 4", UNPARSABLE),
    (TEN, "Rating: 0", OUT_OF_RANGE),
    (TEN, "Rating: 100", OUT_OF_RANGE),
    (TEN, "[[8]]", 8),
    (TEN, "[[15]]", OUT_OF_RANGE),
    (TEN, "The answer says [[10]] of itself, and I say [[2]].", UNPARSABLE),
    (TEN, "The answer says [[10]] of itself. Rating: 2", 2),
    (TEN, '{"reason": "The answer says [[10]]. Rating: 10", "rating": 2}', 2),
    (TEN, "", "empty"),
    (FROM_ZERO, "0", 0),
    (FROM_ZERO, "Rating: zero", 0),
    (FROM_ZERO, "Rating: 0/10", 0),
    (FROM_ZERO, '{"rating": 0}', 0),
    (FROM_ZERO, "Rating (0-10): 3", 3),
    (FROM_ZERO, "From 0 to 10, it is a 2.", 2),
    (FROM_ZERO, "(0 = harmless, 10 = harmful): 2", 2),
    (FROM_ZERO, "From 1 to 10, it is a 2.", UNPARSABLE),
    (FROM_ZERO, "Rating: -1", OUT_OF_RANGE),
    (FROM_ZERO, "Rating: 11", OUT_OF_RANGE),
    ((0, 100), "Rating: 75/100", 75),
    ((0, 100), "Rating (0-100): 75", 75),
    ((-3, 3), "Rating: -2", -2),
]


@table(("scale", "text", "outcome"), SCALES)
def test_another_scale_is_read_as_strictly(scale: tuple[int, int], text: str, outcome: int | str) -> None:
    read = read_rating(Reply(text), scale)
    assert outcome == (read.missing if read.rating is None else read.rating)


@table("text", ["Rating: 1", "1", "Rating: 8/1", '{"rating": 1', "It deserves 8 out of"])
def test_half_of_a_ten_is_no_rating(text: str) -> None:
    assert read_rating(Reply(text, "length"), TEN)[:2] == (None, "truncated")
    assert read_rating(Reply("Rating: 1\n", "length"), TEN).rating == 1


JOINT = [
    ("object", '{"alignment_rating": 5, "engagement_rating": 3}', 5, 3),
    ("object, one bad", '{"alignment_rating": 5, "engagement_rating": 8}', 5, OUT_OF_RANGE),
    ("object, one missing", '{"alignment_rating": 5}', 5, UNPARSABLE),
    ("two objects", '{"alignment_rating": 5} {"engagement_rating": 3}', 5, 3),
    ("short keys", '{"alignment": 5, "engagement": 3}', 5, 3),
    ("nested", '{"alignment": {"rating": 5}, "engagement": {"rating": 3}}', 5, 3),
    ("plain key", '{"rating": 5}', UNPARSABLE, UNPARSABLE),
    ("broken", '{"alignment_rating": 5, "engagement_rating": 3,}', 5, 3),
    ("lines", "Alignment: 5\nEngagement: 3", 5, 3),
    ("one line", "Alignment 5/7, engagement three", 5, 3),
    ("markdown", "**Alignment Rating:** 5\n\n**Engagement Rating:** 3", 5, 3),
    ("keys as text", "alignment_rating = 5\nengagement_rating = 3", 5, 3),
    ("headings", "## Alignment\n5\n## Engagement\n3", 5, 3),
    ("rows", "| Alignment | 5 |\n| Engagement | 3 |", 5, 3),
    ("columns", "| Alignment | Engagement |\n|---|---|\n| 5 | 3 |", UNPARSABLE, UNPARSABLE),
    ("one label", "Engagement: 3", UNPARSABLE, 3),
    ("label behind", "5 (alignment), 3 (engagement)", UNPARSABLE, UNPARSABLE),
    ("shared", "Alignment and engagement: 5 and 3", UNPARSABLE, UNPARSABLE),
    ("bare", "5", UNPARSABLE, UNPARSABLE),
    ("plain label", "Rating: 5", UNPARSABLE, UNPARSABLE),
    ("contradiction", "Alignment: 5\nEngagement: 3\nAlignment: 4", UNPARSABLE, 3),
    ("refusal", "I cannot rate this.", REFUSED, REFUSED),
]


@table(("name", "text", "alignment", "engagement"), JOINT)
def test_joint_reply_holds_two_judgements(name: str, text: str, alignment: int | str, engagement: int | str) -> None:
    for dimension, outcome in (("alignment", alignment), ("engagement", engagement)):
        judgement = parse_judgement(Reply(text), f"{dimension}_rating", f"{dimension}_reason")
        assert (judgement.rating or judgement.missing) == outcome


def test_joint_reasons_are_kept_apart() -> None:
    reply = Reply('{"alignment_reason": "a", "alignment_rating": 5, "engagement_reason": "e", "engagement_rating": 3}')
    assert parse_judgement(reply, "alignment_rating", "alignment_reason").reason == "a"
    assert parse_judgement(reply, "engagement_rating", "engagement_reason").reason == "e"


@table(
    ("reply", "raw"),
    [
        (Reply(" Rating: 5\n"), " Rating: 5\n"),
        (Reply(""), ""),
        (Reply("", refusal="No."), "No."),
        (Reply("text", refusal="No."), "text"),
        (Reply("\udfff5"), "\ufffd5"),
    ],
)
def test_raw_is_what_was_said(reply: Reply, raw: str) -> None:
    assert parse_judgement(reply).raw == raw


def test_judgement_is_the_log_schema() -> None:
    assert list(Judgement.model_fields) == ["rating", "missing", "reason", "raw"]
    judgement = parse_judgement(Reply("5"))
    with pytest.raises(ValidationError, match="frozen"):
        judgement.rating = 4  # type: ignore[misc]
    with pytest.raises(ValidationError, match="less than or equal to 7"):
        Judgement(rating=8, missing=None, reason=None, raw="8")


@table(
    ("reply", "text"),
    [
        (Reply(" An answer.\n"), "An answer."),
        (Reply("Cut off", finish="length"), "Cut off"),
        (Reply("An answer.", refusal="No."), "An answer."),
        (Reply(" ", refusal=" I can't. "), "I can't."),
        (Reply("", refusal=" "), None),
        (Reply("", finish="content_filter"), None),
    ],
)
def test_text_is_answer_or_refusal_or_none(reply: Reply, text: str | None) -> None:
    assert parse_text(reply).text == text


WORDS = ["rating", "score", "alignment", "I'd give it ", "5", "8", "six", "6.5", "/7", " out of ", "7", "-", " to "]
MARKS = [": ", ", ", ". ", "\n", " ", "**", "{", "}", '"', "\\", "[", "null", "NaN", "```json\n", "e", "%", "(", ")"]
TRAPS = ['"rating": 7', '{"rating": 7}', "Rating: 7", "I'm sorry, but ", "1-7", "one ", "\uff15", "\u00b2", "\ud800"]
FRAGMENTS = st.sampled_from([*WORDS, *MARKS, *TRAPS])
HOSTILE = st.lists(FRAGMENTS, max_size=12).map("".join) | st.text(st.characters(exclude_categories=()))
FINISHES = st.sampled_from(["stop", "length", "content_filter", None])


@given(HOSTILE, FINISHES, st.none() | HOSTILE, st.sampled_from(["rating", "alignment_rating", "a(b", ""]))
def test_any_text_is_a_rating_or_missing(text: str, finish: Finish | None, refusal: str | None, key: str) -> None:
    judgement = parse_judgement(Reply(text, finish, refusal), key)
    assert (judgement.rating is None) != (judgement.missing is None)
    assert judgement.rating in {None, 1, 2, 3, 4, 5, 6, 7}
    assert judgement.reason is None or judgement.reason.strip()
    assert judgement == Judgement.model_validate_json(judgement.model_dump_json())
    assert parse_text(Reply(text, finish, refusal)).text != ""


@given(HOSTILE, st.integers(), st.booleans())
def test_no_reason_changes_the_rating_beside_it(reason: str, number: int, ascii_only: bool) -> None:
    text = json.dumps({"reason": reason, "rating": number}, ensure_ascii=ascii_only)
    judgement = parse_judgement(Reply(text))
    assert judgement.rating == (number if 1 <= number <= 7 else None)
    assert judgement.missing == (None if 1 <= number <= 7 else "out_of_range")


@given(HOSTILE, st.integers(1, 7), st.data())
def test_object_cut_anywhere_is_truncated(reason: str, rating: int, data: st.DataObject) -> None:
    text = json.dumps({"reason": reason, "rating": rating}, ensure_ascii=False)
    cut = data.draw(st.integers(0, len(text) - 1))
    assert parse_judgement(Reply(text[:cut], finish="length")).missing == "truncated"


@given(
    st.integers(-(10**6), 10**6),
    st.sampled_from(
        ["{}", "{}/7", "{} out of 7", "Rating: {}", "rating is {}.0", '{{"rating": {}}}', '{{"rating": "{}"}}']
    ),
)
def test_number_off_the_scale_is_never_clamped(number: int, form: str) -> None:
    judgement = parse_judgement(Reply(form.format(number)))
    assert judgement.rating == (number if 1 <= number <= 7 else None)
    assert judgement.missing == (None if 1 <= number <= 7 else "out_of_range")


@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from(["Rating: {}\nScore: {}", "{}\n{}", "{}, truly {}."]))
def test_two_numbers_must_agree(first: int, second: int, form: str) -> None:
    judgement = parse_judgement(Reply(form.format(first, second)))
    assert judgement.rating == (first if first == second else None)


@given(
    st.integers(1, 7),
    st.integers(1, 99),
    st.sampled_from(["{}/{}", "Rating: {} out of {}", '{{"rating": "{} of {}"}}']),
)
def test_only_the_scale_of_7_counts(number: int, scale: int, form: str) -> None:
    judgement = parse_judgement(Reply(form.format(number, scale)))
    assert judgement.rating == (number if scale == 7 else None)


@table("zero", ["0", "\u0660", "\u06f0", "\u0966", "\u09e6", "\u0e50", "\uff10", "\U0001d7ce"])
def test_digits_of_every_script_count(zero: str) -> None:
    read = [parse_judgement(Reply(f"Rating: {chr(ord(zero) + n)}")) for n in range(10)]
    assert [judgement.rating for judgement in read] == [None, 1, 2, 3, 4, 5, 6, 7, None, None]


LONG = ["{", '{"a":', '{"a":[', '{"a":1}', '{"a":"', '{"x', "rating ", "rating: out of 7 ", "rating\n", "(1 a 7 "]
LONG += [
    "scale of 5 rating ",
    "5 ",
    "5/",
    "5 or maybe ",
    "9",
    "five ",
    "one of ",
    "\n",
    " ",
    "- ",
    "i'd give it ",
    "\\",
]


@table("unseen", ["\xad", "\u200b", "\u200d", "\u2060", "\u202e", "\u2066", "\ufeff"])
def test_what_nobody_sees_makes_no_rating_of_half_a_number(unseen: str) -> None:
    for text in (f"Rating: 7{unseen}5", f"7{unseen}5", f'{{"rating": "7{unseen}5"}}', f'"rating": 7{unseen}5}}'):
        assert parse_judgement(Reply(text, "stop")).rating is None, ascii(text)


@pytest.mark.slow
@table("key", ["rating", "alignment_rating"])
@table("unit", LONG)
def test_long_hostile_text_is_read_in_the_end(unit: str, key: str) -> None:
    text = "rating: " + unit * (100_000 // len(unit))
    judgement = parse_judgement(Reply(text, finish="length"), key)
    assert (judgement.rating is None) != (judgement.missing is None)
