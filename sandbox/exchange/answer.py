"""One answer that somebody stored, and what every reader of such files needs. Knows no format.

Files are somebody else's: nothing in them is trusted, and all of it is bounded.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from agents.json_values import values_in
from sandbox.errors import UsageError, of_json
from sandbox.runs.evaluation.records import Missing
from sandbox.suites.suite import LETTERS, Turn

MOST_ANSWERS: Final = 1_000_000
_MOST_VALUES: Final = 8_000_000  # of one document: a gigabyte of memory
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 100
_NOTHING_SAID: Final[tuple[Missing, ...]] = ("refused", "truncated", "empty", "failed")
_ROLES: Final[Mapping[object, Any]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


class StoredAnswer(NamedTuple):
    """What was answered to one sample of an item of `task`; `text` is None where nothing was said, `missing` says why.

    `messages` are what was sent, the last of them by the user. `reference` is what its file says is right. Items of one
    `cluster` are not independent.
    """

    task: str
    item: str
    sample: int
    messages: tuple[Turn, ...]
    text: str | None
    missing: Missing | None
    finish: str | None = None
    reference: str | None = None
    category: str | None = None
    cluster: str | None = None

    @property
    def length(self) -> int:
        """How many characters it is."""
        return len(self.text or "") + sum(len(turn.content) for turn in self.messages)


class Kept(NamedTuple):
    """What our own exports keep beside an answer, as far as a file has it."""

    item: str | None
    sample: int | None
    category: str | None
    cluster: str | None
    finish: str | None
    missing: Missing | None


class StoredAnswers(NamedTuple):
    """All answers of a file, in its order; `name` is the file's, without its folder."""

    name: str
    answers: tuple[StoredAnswer, ...]


def parsed(content: bytes, where: str) -> dict[str, Any]:
    """The JSON object in `content`. Raises `UsageError` that says `where` there is none."""
    if values_in(content) > _MOST_VALUES:
        raise UsageError(f"{where}: more than {_MOST_VALUES:,} values stand in it.\nSplit it.")
    try:
        found = from_json(content)
    except ValueError as error:
        raise UsageError(f"{where}: {of_json(str(error))}.") from None
    if not isinstance(found, dict):
        raise UsageError(f"{where}: it is no JSON object.")
    return found


def task_name(task: object, path: Path) -> str:
    """`task`, or the name of its file where it has none, as a suite can be called."""
    words = task if isinstance(task, str) and task else path.stem
    return _NO_NAME.sub("-", words).lstrip("._-")[:_LONGEST_NAME] or "stored"


def turns(messages: object) -> tuple[Turn, ...]:
    """Those messages of a chat that are somebody's words: calls of tools and what came of them are left out.

    A text is what a user said.
    """
    if isinstance(messages, str):
        return (Turn(role="user", content=messages),) if messages else ()
    each = [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
    said = [(_ROLES.get(_hashed(one.get("role"))), text_of(one.get("content"))) for one in each]
    return tuple(Turn(role=role, content=text) for role, text in said if role and text)


def text_of(content: object) -> str | None:
    """The text of a message's content, which can be a list of parts; None where there is none."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) and content else None


def asked_of(sent: tuple[Turn, ...], where: str) -> tuple[Turn, ...]:
    """What was `sent`, up to the last word of the user. Raises `UsageError` where the user said nothing."""
    last = max((place for place, turn in enumerate(sent) if turn.role == "user"), default=None)
    if last is None:
        raise UsageError(f"{where}: the question of this answer does not stand there, so that it cannot be judged.")
    return sent[: last + 1]


def right(target: object, choices: object) -> str | None:
    """What `target` says is right; for the letter of a choice, the choice too."""
    if isinstance(target, list):
        target = "\n".join(one for one in target if isinstance(one, str))
    if not isinstance(target, str) or not target:
        return None
    place = LETTERS.find(target) if len(target) == 1 else -1
    if isinstance(choices, list) and 0 <= place < len(choices) and isinstance(choices[place], str):
        return f"{target}) {choices[place]}"
    return target


def kept(own: object) -> Kept:
    """What `own` holds of that, if anything."""
    found = own if isinstance(own, dict) else {}
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    return Kept(
        item=texts.get("item"),
        sample=whole_number(found.get("sample")),
        category=texts.get("category"),
        cluster=texts.get("cluster"),
        finish=texts.get("finish"),
        missing=next((each for each in _NOTHING_SAID if each == found.get("missing")), None),
    )


def whole_number(value: object, least: int = 0) -> int | None:
    """`value` if it is a whole number from `least` on, and one that a file of ours can hold."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_number and least <= value < MOST_ANSWERS else None


def _hashed(value: object) -> str | None:
    return value if isinstance(value, str) else None
