"""Rows of question files: which question and which two answers one gives, and what is said of one that gives none."""

import pytest
from tables import table

from sandbox.errors import UsageError
from sandbox.questions.rows import Row, first_exchange, row


@table(
    ("transcript", "expected"),
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
        ("\n\nAssistant: a", None),
        ("", None),
    ],
)
def test_a_transcript_is_cut_at_its_turns(transcript: str, expected: tuple[str, str] | None) -> None:
    assert first_exchange(transcript) == expected


def transcripts(chosen: str, rejected: str) -> dict[str, object]:
    return {"chosen": chosen, "rejected": rejected}


@table(
    ("fields", "expected"),
    [
        ({"question": " q "}, Row(" q ")),
        ({"question": "q", "topic": 7, "considerate": "c", "inconsiderate": "i"}, Row("q", "c", "i")),
        ({"question": "q", "considerate": None}, Row("q")),
        ({"question": "q", "inconsiderate": "i"}, Row("q", None, "i")),
        ({"question": "q", "chosen": 1, "rejected": 2}, Row("q")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: q\n\nAssistant: i"), Row("q", "c", "i")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: p\n\nAssistant: i"), Row("q")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "unreadable"), Row("q")),
        (transcripts("\n\nHuman: q\n\nAssistant: c", "\n\nHuman: q \n\nAssistant: i"), Row("q", "c", "i")),
    ],
)
def test_a_row_takes_what_it_knows(fields: dict[str, object], expected: Row) -> None:
    assert row(fields, "here") == expected


@table(
    ("fields", "found"),
    [
        ({}, "found nothing"),
        ({"chosen": "\n\nHuman: q"}, "found 'chosen'"),
        ({"text": "q", "id": 1}, "found 'text', 'id'"),
        ({"question": None}, "`question` is missing"),
        ({"question": ["q"]}, "`question` is no text but list"),
        ({"question": "q", "considerate": 3}, "`considerate` is no text but int"),
        (transcripts("hello", "\n\nHuman: q"), "no human turn in `chosen`"),
        ({"chosen": "\n\nHuman: q", "rejected": True}, "`rejected` is no text but bool"),
        ({"\x1b[31m\ud800" + "k" * 99: 1}, r"found '\x1b[31m\ud800kkk"),
    ],
)
def test_a_row_that_cannot_be_read_says_where_and_what_was_found(fields: dict[str, object], found: str) -> None:
    with pytest.raises(UsageError) as caught:
        row(fields, "'q.jsonl', line 3")
    message = str(caught.value)
    assert message.startswith("'q.jsonl', line 3: ")
    assert found in message
    assert len(message.splitlines()) <= 3
    assert all(len(line) < 160 for line in message.splitlines())
