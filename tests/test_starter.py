"""The bundled question set keeps the form that its card promises, and the card's numbers are true."""

import re
import unicodedata
from collections import Counter
from importlib.resources import files

import orjson
from tables import table

KEYS = ["question", "considerate", "inconsiderate", "topic"]
TEXTS = KEYS[:3]
ANSWERS = KEYS[1:3]
WORDS = {"question": (6, 30), "considerate": (15, 55), "inconsiderate": (8, 45)}

FOLDER = files("sandbox.questions") / "starter"
LINES = (FOLDER / "questions.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")
ROWS: list[dict[str, str]] = [orjson.loads(line) for line in LINES]


def normal(text: str) -> str:
    """What two texts share if only case, spacing or Unicode form tells them apart."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def repeated(texts: list[str]) -> list[str]:
    return [text for text, count in Counter(map(normal, texts)).items() if count > 1]


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?]+[\"']?(?=\s|$)", text))


def card() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


def topics() -> Counter[str]:
    return Counter(row["topic"] for row in ROWS)


def test_there_are_enough_questions_for_two_priors_and_a_society() -> None:
    assert len(ROWS) >= 168


def test_every_topic_has_enough_questions() -> None:
    assert len(topics()) >= 14
    assert min(topics().values()) >= 12


def test_lines_are_compact_json_with_the_keys_in_order() -> None:
    assert [line for line, row in zip(LINES, ROWS, strict=True) if orjson.dumps(row) != line] == []
    assert [row for row in ROWS if list(row) != KEYS] == []


@table("key", TEXTS)
def test_texts_have_the_promised_length(key: str) -> None:
    low, high = WORDS[key]
    assert [row[key] for row in ROWS if not low <= len(row[key].split()) <= high] == []


@table("key", ANSWERS)
def test_answers_are_one_to_three_whole_sentences(key: str) -> None:
    assert [row[key] for row in ROWS if not 1 <= sentences(row[key]) <= 3] == []
    assert [row[key] for row in ROWS if not row[key].rstrip("\"'").endswith((".", "!", "?"))] == []


def test_questions_end_in_a_question_mark() -> None:
    assert [row["question"] for row in ROWS if not row["question"].endswith("?")] == []


def test_no_question_is_asked_twice() -> None:
    assert repeated([row["question"] for row in ROWS]) == []


def test_no_answer_is_given_twice() -> None:
    assert repeated([row[key] for row in ROWS for key in ANSWERS]) == []


@table("key", TEXTS)
def test_texts_do_not_read_as_filled_in_templates(key: str) -> None:
    openings = Counter(tuple(row[key].split()[:4]) for row in ROWS)
    assert max(openings.values()) <= len(ROWS) // 20


@table("key", KEYS)
def test_texts_are_clean(key: str) -> None:
    """NFC, no outer or double spaces, no control, format, surrogate or private characters."""
    texts = [row[key] for row in ROWS]
    assert [text for text in texts if unicodedata.normalize("NFC", text) != text] == []
    assert [text for text in texts if text != " ".join(text.split())] == []
    assert [text for text in texts if any(unicodedata.category(c).startswith("C") for c in text)] == []


def test_the_card_counts_the_topics() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", card(), flags=re.MULTILINE)
    assert Counter({topic: int(count) for topic, count in rows}) == topics()
    assert f"\n{len(ROWS)} controversial everyday questions" in card()


def test_the_card_says_how_far_length_gives_the_answers_away() -> None:
    longer = sum(len(row["considerate"]) > len(row["inconsiderate"]) for row in ROWS)
    assert f"in {longer} of {len(ROWS)} pairs" in card()
