"""Rows of question files: which question and which two answers one gives, and what is said of one that gives none."""

import pytest
from tables import table

from sandbox.errors import UsageError
from sandbox.questions.columns import Columns
from sandbox.questions.rows import Row, row
from sandbox.questions.turns import first_exchange, transcript

PLACE = "'q.jsonl', line 3"


def chat(*turns: str) -> list[dict[str, str]]:
    """Messages of which each is written as `user: text`."""
    return [dict(zip(("role", "content"), turn.split(": ", 1), strict=True)) for turn in turns]


@table(
    ("text", "expected"),
    [
        ("\n\nHuman: q\n\nAssistant: a", ("q", "a")),
        ("\n\nHuman: q\n\nAssistant: a\n\nHuman: q2\n\nAssistant: a2", ("q", "a")),
        ("\n\nHuman: two\n\nparagraphs\n\nAssistant: a\nb", ("two\n\nparagraphs", "a\nb")),
        ("\n\nHuman: q\n\nHuman: more\n\nAssistant: a", ("q", "a")),
        ("\n\nAssistant: hello\n\nHuman: q\n\nAssistant: a", ("q", "a")),
        ("\n\nHuman: q", ("q", "")),
        ("\n\nHuman: q\n\nAssistant:", ("q", "")),
        ("Human: q\n\nAssistant: a", ("q", "a")),
        ("\n\nHuman: said Human: b\nAssistant: c\n\nAssistant: a", ("said Human: b\nAssistant: c", "a")),
        ("Human: q\r\n\r\nAssistant: a\r\n\r\nHuman: p", ("q", "a")),
        ("\r\n\r\nHuman: two\r\nlines\r\n\r\nAssistant: a", ("two\r\nlines", "a")),
        ("\r\rHuman: q\r\rAssistant: a\rb", ("q", "a\rb")),
        ("\r\nHuman: q\r\nAssistant: a", ("q", "a")),
        ("Human: q\nAssistant: a\nb\nHuman: p\nAssistant: c", ("q", "a\nb")),
        ("Human: q\rAssistant: a", ("q", "a")),
        ("\u2028\u2028Human: q\u2028\u2028Assistant: a", ("q", "a")),
        ("\v\vHuman: q\x85\x85Assistant: a", ("q", "a")),
        ("Human: q Assistant: a Human: p Assistant: c", ("q ", "a ")),
        (" \n\n\n Human: q\n \nAssistant: a", ("q", "a")),
        ("\n\nHuman: q\n\nAssistant: as Human: says\r\nHuman: no turn", ("q", "as Human: says\r\nHuman: no turn")),
        ("\n\nHuman: what does\nHuman: mean?", ("what does\nHuman: mean?", "")),
        ("\n\nAssistant: a", None),
        ("", None),
    ],
)
def test_a_transcript_is_cut_at_its_turns(text: str, expected: tuple[str, str] | None) -> None:
    assert first_exchange(transcript(text)) == expected


def read(fields: dict[str, object]) -> Row:
    return row(fields, Columns().of(fields, PLACE), PLACE)


def transcripts(chosen: str, rejected: str) -> dict[str, object]:
    return {"chosen": chosen, "rejected": rejected}


@table(
    ("fields", "expected"),
    [
        ({"question": " q "}, Row(" q ")),
        (
            {"prompt": "q", **{key: {"role": "assistant", "content": key} for key in ("chosen", "rejected")}},
            Row("q", "chosen", "rejected"),
        ),
        ({"question": "q", "topic": 7, "considerate": "c", "inconsiderate": "i"}, Row("q", "c", "i")),
        ({"question": "q", "considerate": None}, Row("q")),
        ({"question": "q", "inconsiderate": "i"}, Row("q", None, "i")),
        ({"question": "q", "chosen": 1, "rejected": 2}, Row("q")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: q\n\nAssistant: i"), Row("q", "c", "i")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: p\n\nAssistant: i"), Row("q")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "unreadable"), Row("q")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: q \n\nAssistant: i"), Row("q", "c", "i")),
        ({"question": "q", "chosen": "c", "rejected": "i"}, Row("q", "c", "i")),
        ({"prompt": "q", "chosen": "c", "rejected": "i"}, Row("q", "c", "i")),
        ({"question": "q", "chosen": "c", "rejected": None}, Row("q", "c", None)),
        ({"question": "q", "chosen": "c"}, Row("q")),
        ({"question": "q", "considerate": "c", "chosen": "x", "rejected": "y"}, Row("q", "c")),
        (
            {"question": "q", "chosen": "as Human: said\n\nHuman: so", "rejected": "i"},
            Row("q", "as Human: said\n\nHuman: so", "i"),
        ),
        ({"question": "q", "chosen": "Human: rights matter.", "rejected": "i"}, Row("q", "Human: rights matter.", "i")),
        ({"question": "q", "chosen": "Assistant: c", "rejected": "\n\nAssistant: i"}, Row("q", "c", "i")),
        (
            {"question": "q", **transcripts("\n\nHuman: q\n\nAssistant: c", "Human: q\r\n\r\nAssistant: i")},
            Row("q", "c", "i"),
        ),
        (
            {"question": "q", **transcripts("\n\nHuman: other\n\nAssistant: c", "\n\nHuman: q\n\nAssistant: i")},
            Row("q", None, "i"),
        ),
        ({"prompt": "\n\nHuman: q\n\nAssistant:", "chosen": " c", "rejected": " i"}, Row("q", " c", " i")),
        (
            {"prompt": "\n\nHuman: q\n\nAssistant: a\n\nHuman: p\n\nAssistant:", "chosen": "c", "rejected": "i"},
            Row("q", "a", "a"),
        ),
        (
            {"prompt": "p-17", **transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: q\n\nAssistant: i")},
            Row("q", "c", "i"),
        ),
        ({"question": "Human: q"}, Row("Human: q")),
        ({"question": "Assistant: q"}, Row("Assistant: q")),
        (
            {"prompt": chat("system: s", "user: q"), "chosen": chat("assistant: c"), "rejected": chat("assistant: i")},
            Row("q", "c", "i"),
        ),
        ({"chosen": chat("user: q", "assistant: c"), "rejected": chat("user: q", "assistant: i")}, Row("q", "c", "i")),
        (
            {"prompt": "q", "chosen": chat("user: q", "assistant: c"), "rejected": chat("user: q", "assistant: i")},
            Row("q", "c", "i"),
        ),
        (
            {"prompt": chat("user: q", "assistant: a", "user: p"), "chosen": chat("assistant: c"), "rejected": "i"},
            Row("q", "a", "a"),
        ),
        ({"prompt": chat("user: q"), "chosen": "c", "rejected": "i"}, Row("q", "c", "i")),
        ({"prompt": chat("user: q")}, Row("q")),
        ({"Question ": "q", "CHOSEN": "c", " rejected": "i"}, Row("q", "c", "i")),
        ({"question": "q", "Question": "other"}, Row("q")),
    ],
)
def test_a_row_takes_what_it_knows(fields: dict[str, object], expected: Row) -> None:
    assert read(fields) == expected


@table(
    ("fields", "found"),
    [
        ({}, "found nothing"),
        ({"chosen": "\n\nHuman: q"}, "found 'chosen'"),
        ({"text": "q", "id": 1}, "found 'text', 'id'"),
        ({"question": None}, "`question` is missing"),
        ({"prompt": None}, "`prompt` is missing"),
        ({"Question": "q", "QUESTION": "p"}, "more than one column `question`"),
        ({"instruction": "q", "output": "a"}, "--column question=instruction"),
        ({"id": 1, "my text": "a"}, "--column question=NAME"),
        ({"my text": "a"}, "--column question='my text'"),
        ({"prompt": chat("system: s")}, "no turn of the user in `prompt`"),
        ({"prompt": [{"text": "q"}]}, "`prompt`: message 1 has no `role`"),
        (
            {"prompt": "q", "chosen": [{"role": "assistant", "content": ["c"]}], "rejected": "i"},
            "`chosen`: message 1 has no text in `content`",
        ),
        ({"question": "q", "chosen": ["c", "d"], "rejected": ["i"]}, "`chosen`: message 1 has no `role`"),
        ({"chosen": chat("assistant: c"), "rejected": chat("assistant: i")}, "no human turn in `chosen`"),
        ({"chosen": None, "rejected": "i"}, "`chosen` is missing"),
        ({"question": ["q"]}, "`question`: message 1 has no `role`"),
        ({"question": {"text": "q"}}, "`question` is no text but an object"),
        ({"question": "q", "considerate": 3}, "`considerate` is no text but a number"),
        (transcripts("hello", "\n\nHuman: q"), "no human turn in `chosen`"),
        ({"chosen": "\n\nHuman: q", "rejected": True}, "`rejected` is no text but true or false"),
        ({"\x1b[31m\ud800" + "k" * 99: 1}, r"found '\x1b[31m\ud800kkk"),
    ],
)
def test_a_row_that_cannot_be_read_says_where_and_what_was_found(fields: dict[str, object], found: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(fields)
    message = str(caught.value)
    assert message.startswith("'q.jsonl', line 3: ")
    assert found in message
    assert len(message.splitlines()) <= 3
    assert all(len(line) < 160 for line in message.splitlines())
