"""One row of a question file: the question, the two answers and the key that its columns give.

Knows no file format and no question set; whoever reads a file says where the row stands and which column is what.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sandbox.errors import UsageError, kind_in_words
from sandbox.questions.keyed import BESIDE, Key, key_of
from sandbox.questions.turns import Turn, chat, first_exchange, opens_transcript, transcript

_TRANSCRIPT: Final = r'wanted: "\n\nHuman: …\n\nAssistant: …", or a list of messages with `role` and `content`'
_MESSAGES: Final = "wanted: a text, or a list of messages with `role` and `content`"
_ANSWERS: Final = ("considerate", "inconsiderate")
_Said = str | list[Turn]


class Row(NamedTuple):
    """One row, its texts as the file has them: not stripped, not normalised. What is not there is None."""

    question: str
    considerate: str | None = None
    inconsiderate: str | None = None
    key: Key | None = None


def row(fields: Mapping[str, object], columns: Mapping[str, str], place: str) -> Row:
    """Make a row of an object or a table row; a `UsageError` begins with `place` (file and line).

    `columns` name the fields by what they are read as. Beside a question, `chosen` and `rejected` are its answers;
    alone, they are dialogues, whose question is the first turn of the user.
    """
    answered = _answered(fields, columns, place)
    return answered if columns.keys().isdisjoint(BESIDE) else answered._replace(key=key_of(fields, columns, place))


def _answered(fields: Mapping[str, object], columns: Mapping[str, str], place: str) -> Row:
    if "question" not in columns:
        return _of_dialogues(fields, columns, place)
    if "considerate" in columns or "inconsiderate" in columns:
        good, bad = (_text(fields, columns[key], place) if key in columns else None for key in _ANSWERS)
        return Row(_question(fields, columns["question"], place)[0], good, bad)
    if "chosen" in columns and "rejected" in columns:
        return _compared(fields, columns, place)
    return Row(_question(fields, columns["question"], place)[0])


def _of_dialogues(fields: Mapping[str, object], columns: Mapping[str, str], place: str) -> Row:
    """A row of two dialogues; the answers are left out if `rejected` begins with another question."""
    chosen, rejected = (first_exchange(_dialogue(fields, columns[key], place)) for key in ("chosen", "rejected"))
    if chosen is None:
        raise UsageError(f"{place}: no human turn in `{columns['chosen']}`\n{_TRANSCRIPT}")
    if rejected is None or rejected[0].strip() != chosen[0].strip():
        return Row(chosen[0])
    return Row(chosen[0], chosen[1], rejected[1])


def _compared(fields: Mapping[str, object], columns: Mapping[str, str], place: str) -> Row:
    """A row of a question and two answers, in whatever form. A `prompt` stands back behind whole dialogues."""
    chosen, rejected = (_answer(fields, columns[key], place) for key in ("chosen", "rejected"))
    if columns["question"].strip().casefold() == "prompt" and _begins_with_user(chosen):
        return _of_dialogues(fields, columns, place)
    question, before = _question(fields, columns["question"], place)
    return Row(question, _reply(chosen, question, before), _reply(rejected, question, before))


def _reply(said: _Said | None, question: str, before: list[Turn]) -> str | None:
    """What the assistant first answers to the question; None if it is asked something else first."""
    if said is None:
        return None
    turns = [Turn("assistant", said)] if isinstance(said, str) else said
    asked, answer = first_exchange(turns if _begins_with_user(said) else [*before, *turns]) or ("", "")
    return answer if asked.strip() == question.strip() else None


def _begins_with_user(said: _Said | None) -> bool:
    return isinstance(said, list) and bool(said) and said[0].role == "user"


def _question(fields: Mapping[str, object], name: str, place: str) -> tuple[str, list[Turn]]:
    """The question, and the turns up to the answer that is wanted. Of a dialogue it is the user's first turn."""
    said, value = _said(fields, name, place), fields.get(name)
    if said is None:
        raise UsageError(f"{place}: `{name}` is missing")
    exchange = None if isinstance(said, str) else first_exchange(said)
    if exchange is None and isinstance(value, str):
        return value, [Turn("user", value)]
    if exchange is None:
        raise UsageError(f"{place}: no turn of the user in `{name}`")
    *before, last = [turn for turn in said if isinstance(turn, Turn)]
    return exchange[0], before if last.role == "assistant" and not last.text.strip() else [*before, last]


def _answer(fields: Mapping[str, object], name: str, place: str) -> _Said | None:
    """What an answer is; none where the column holds numbers, such as which of two was chosen."""
    return None if isinstance(fields.get(name), int | float) else _said(fields, name, place)


def _dialogue(fields: Mapping[str, object], name: str, place: str) -> list[Turn]:
    said = _said(fields, name, place)
    if said is None:
        raise UsageError(f"{place}: `{name}` is missing")
    return transcript(said) if isinstance(said, str) else said


def _said(fields: Mapping[str, object], name: str, place: str) -> _Said | None:
    """A text, or the turns of a dialogue in either form. A text that nobody answers is no transcript."""
    value = fields.get(name)
    if isinstance(value, dict) and "role" in value:  # an answer may be a message alone
        value = [value]
    if isinstance(value, list):
        try:
            return chat(value)
        except ValueError as error:
            raise UsageError(f"{place}: `{name}`: {error}\n{_MESSAGES}") from error
    text = _text(fields, name, place)
    turns = transcript(text) if text is not None and opens_transcript(text) else []
    return turns if any(turn.role == "assistant" for turn in turns) else text


def _text(fields: Mapping[str, object], name: str, place: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise UsageError(f"{place}: `{name}` is no text but {kind_in_words(value)}\n{_MESSAGES}")
