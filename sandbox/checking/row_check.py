"""What is wrong with single rows of a known kind, and what they ask and answer. Knows columns by role, no trainer."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from sandbox.checking.conversation import CHATML, SHAREGPT, Keys, last_answer, said
from sandbox.checking.kinds import PAIRED, STRINGS_ONLY, roles
from sandbox.checking.names import RowKind
from sandbox.checking.tally import Tally
from sandbox.export.names import Style

_ASKED: Final = frozenset[RowKind]({"sft", "dpo", "kto", "reward", "modpo"})
PLACEHOLDERS: Final = ("{{content}}", "{{idx}}")  # of LLaMA-Factory's templates
SHORTEST_PROMPT: Final = 12  # characters; an answer may well begin with less than that of what was asked


class Exchange(NamedTuple):
    """The texts of a row; `styles` are those of its columns that have one."""

    prompt: str
    answers: Sequence[str]
    styles: frozenset[Style]


class RowCheck:
    """Notes in a tally what is wrong with the row at which the tally stands."""

    def __init__(self, kind: RowKind, tally: Tally) -> None:
        self._kind: Final = kind
        self._roles: Final = roles(kind)
        self._tally: Final = tally
        self._exchange: Final[Callable[[Mapping[str, Any]], Exchange]] = {
            "messages": self._conversation, "sharegpt": self._conversation, "stable-alignment": self._group,
            "pairs": self._whole_pair,
        }.get(kind, self._plain)  # fmt: skip

    def look(self, row: Mapping[str, Any]) -> Exchange:
        """Look at one row."""
        found = self._exchange(row)
        for column in self._roles.numbers:
            self._number(row.get(column), column)
        prompts = self._roles.prompts
        if prompts and row.get(prompts[0]) is not None and _blank(found.prompt):
            self._tally.note("empty_prompt")
        if "{{" in found.prompt and any(mark in found.prompt for mark in PLACEHOLDERS):
            self._tally.note("placeholder")
        self._answers(found)
        return found

    def _answers(self, found: Exchange) -> None:
        """How answers go with each other, and with the prompt."""
        if self._kind in PAIRED and len(found.answers) == 2 and found.answers[0] == found.answers[1]:
            self._tally.note("equal_pair")
        asked = found.prompt if self._kind in _ASKED and found.answers else ""
        if len(asked) >= SHORTEST_PROMPT and all(answer.startswith(asked) for answer in found.answers):
            self._tally.note("prompt_in_answer")

    def _plain(self, row: Mapping[str, Any]) -> Exchange:
        """Columns of prompts and of answers, each a string or a conversation."""
        styles: set[Style] = set()
        prompts = [self._text(row, column, styles, answer=False) for column in self._roles.prompts]
        answers = [self._text(row, column, styles, answer=True) for column in self._roles.answers]
        if len(styles) > 1:
            self._tally.note("mixed_style_columns")
        asked = "\n".join(filter(None, prompts))
        return Exchange(asked, [answer for answer in answers if answer is not None], frozenset(styles))

    def _text(self, row: Mapping[str, Any], column: str, styles: set[Style], *, answer: bool) -> str | None:
        """What a column says, None for nothing; nulls and absent columns are counted elsewhere."""
        value = row.get(column)
        if value is None:
            return None
        whole = answer and self._kind == "pairs"  # without a prompt of their own, conversations begin with it
        style, text, problems = said(value, "whole" if whole else "answer" if answer else "prompt")
        if style is None or (style == "conversational" and self._kind in STRINGS_ONLY):
            self._tally.note("not_text", column)
            return None
        styles.add(style)
        for problem in problems:
            self._tally.note(problem, column)
        if answer and _blank(text) and not problems:
            self._tally.note("empty_answer", column)
        return text

    def _whole_pair(self, row: Mapping[str, Any]) -> Exchange:
        """Pairs without a prompt of their own: of conversations it is all but the last turn of the chosen one."""
        found = self._plain(row)
        if found.styles != {"conversational"} or len(found.answers) < 2:
            return found
        prompt, chosen = last_answer(row["chosen"], CHATML)
        return Exchange(prompt, (chosen, last_answer(row["rejected"], CHATML)[1]), found.styles)

    def _conversation(self, row: Mapping[str, Any]) -> Exchange:
        """One column that holds all turns."""
        column, keys = self._roles.answers[0], self._keys
        value = row.get(column)
        if value is None:
            return Exchange("", (), frozenset())
        style, _, problems = said(value, "whole", keys)
        for problem in problems or (("not_text",) if style == "string" else ()):
            self._tally.note(problem, column)
        if style != "conversational":
            return Exchange("", (), frozenset())
        prompt, answer = last_answer(value, keys)
        if _blank(answer) and not problems:
            self._tally.note("empty_answer", column)
        return Exchange(prompt, (answer,), frozenset({style}))

    @property
    def _keys(self) -> Keys:
        return SHAREGPT if self._kind == "sharegpt" else CHATML

    def _group(self, row: Mapping[str, Any]) -> Exchange:
        """A question, and lists of answers, their scores and who gave them."""
        asked = self._plain(row)
        lists = {column: row[column] for column in self._roles.lists if row.get(column) is not None}
        for column, value in lists.items():
            if not isinstance(value, list):
                self._tally.note("not_a_list", column)
        sizes = {len(value) for value in lists.values() if isinstance(value, list)}
        if len(sizes) > 1:
            self._tally.note("lengths_differ")
        answers = self._responses(lists.get("responses"))
        for score in _elements(lists.get("scores")):
            self._number(score, "scores")
        if any(score is None for score in _elements(lists.get("scores"))):
            self._tally.note("null_number", "scores")
        return Exchange(asked.prompt, answers, asked.styles)

    def _responses(self, responses: object) -> list[str]:
        for response in _elements(responses):
            if not isinstance(response, str):
                self._tally.note("null_text" if response is None else "not_text", "responses")
            elif _blank(response):
                self._tally.note("empty_answer", "responses")
        return [response for response in _elements(responses) if isinstance(response, str)]

    def _number(self, value: object, column: str) -> None:
        if value is None or type(value) is int:
            return
        if not isinstance(value, float):
            self._tally.note("not_a_number", column)
        elif not isfinite(value):
            self._tally.note("not_finite", column)
        elif value < 0 and column == "margin":
            self._tally.note("negative_margin", column)


def _blank(text: str) -> bool:
    return not text or text.isspace()


def _elements(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
