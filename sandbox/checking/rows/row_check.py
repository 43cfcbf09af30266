"""What is wrong with single rows of a known kind, and what they ask and answer. Knows columns by role, no trainer."""

import json
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from sandbox.checking.names import RowKind
from sandbox.checking.rows.conversation import CHATML, SHAREGPT, RowPart, Said, last_answer, said
from sandbox.checking.rows.faults import Faults
from sandbox.checking.rows.kinds import GROUPED, RANKED, STRINGS_ONLY, roles
from sandbox.export.names import Style

_ASKED: Final = frozenset[RowKind]({"sft", "dpo", "kto", "reward", "modpo"})
PLACEHOLDER: Final = "{{idx}}"  # the mark in LLaMA-Factory's templates that is filled in after the prompt
SHORTEST_PROMPT: Final = 12  # characters; an answer may well begin with less than that of what was asked


class RowTexts(NamedTuple):
    """The texts of a row; `styles` are those of its columns that have one."""

    prompt: str
    answers: Sequence[str]
    styles: frozenset[Style]


class RowCheck:
    """Notes in `faults` what is wrong with each row.

    `written` is how turns are written, `speakers` are the known roles that were seen in whole conversations.
    """

    def __init__(self, kind: RowKind, faults: Faults) -> None:
        self.written = SHAREGPT if kind == "sharegpt" else CHATML
        self.speakers: Final[set[str]] = set()
        self._kind: Final = kind
        self._roles: Final = roles(kind)
        self._faults: Final = faults
        self._texts_of: Final[Callable[[Mapping[str, Any]], RowTexts]] = {
            "messages": self._conversation, "sharegpt": self._conversation, **dict.fromkeys(GROUPED, self._group),
            "pairs": self._whole_pair, "message-pairs": self._message_pair,
        }.get(kind, self._plain)  # fmt: skip

    def look(self, row: Mapping[str, Any]) -> RowTexts:
        """Look at one row."""
        found = self._texts_of(row)
        for column in self._roles.numbers:
            self._number(row.get(column), column)
        if any(row.get(column) is not None for column in self._roles.prompts[:1]) and _blank(found.prompt):
            self._faults.note("empty_prompt")
        if PLACEHOLDER in found.prompt:
            self._faults.note("placeholder")
        if isinstance(row.get("tools"), str) and not _is_json(row["tools"]):
            self._faults.note("tools_column", "tools")
        self._answers(found)
        return found

    def _answers(self, found: RowTexts) -> None:
        """How answers go with each other, and with the prompt."""
        if self._kind in RANKED and len(found.answers) == 2 and found.answers[0] == found.answers[1]:
            self._faults.note("equal_pair")
        if self._kind not in _ASKED or not found.answers or len(found.styles) > 1:
            return
        asked = found.prompt
        if len(asked) >= SHORTEST_PROMPT and all(answer.startswith(asked) for answer in found.answers):
            self._faults.note("prompt_in_answer")
        elif self._kind == "sft" and found.styles == {"string"} and _runs_in(asked, found.answers[0]):
            self._faults.note("prompt_runs_in")

    def _plain(self, row: Mapping[str, Any]) -> RowTexts:
        """Columns of prompts and of answers, each a string or a conversation."""
        prompts = self._said(row, self._roles.prompts, "prompt")
        # Without a prompt of their own, conversations begin with it.
        answers = self._said(row, self._roles.answers, "whole" if self._kind == "pairs" else "answer")
        styles = frozenset(each.style for each in (*prompts.values(), *answers.values()) if each.style)
        if len(styles) > 1:
            self._faults.note("mixed_style_columns")
        else:
            self._note_problems(prompts, answers)
        asked = "\n".join(each.text for each in prompts.values() if each.text)
        return RowTexts(asked, [each.text for each in answers.values()], styles)

    def _said(self, row: Mapping[str, Any], columns: Sequence[str], part: RowPart) -> dict[str, Said]:
        """What columns say; nulls and absent columns are counted elsewhere."""
        found = {column: said(row[column], part, self.written) for column in columns if row.get(column) is not None}
        strange = [column for column, each in found.items() if not self._is_style(each.style)]
        for column in strange:
            self._faults.note("not_text", column)
            del found[column]
        return found

    def _is_style(self, style: Style | None) -> bool:
        return style is not None and (style == "string" or self._kind not in STRINGS_ONLY)

    def _note_problems(self, prompts: Mapping[str, Said], answers: Mapping[str, Said]) -> None:
        for column, each in (*prompts.items(), *answers.items()):
            for problem in each.problems:
                self._faults.note(problem, column)
        for column, each in answers.items():
            if _blank(each.text) and not each.problems:
                self._faults.note("empty_answer", column)

    def _message_pair(self, row: Mapping[str, Any]) -> RowTexts:
        """A conversation and two turns that may follow, in either way of writing turns."""
        sides = {
            name: [row[name]] if isinstance(row.get(name), dict) else row.get(name) for name in self._roles.answers
        }
        turns = [turn for value in (*row.values(), *sides.values()) if isinstance(value, list) for turn in value]
        if any(isinstance(turn, dict) and SHAREGPT.role in turn for turn in turns):
            self.written = SHAREGPT
        self._heard(turns)
        return self._plain({**row, **sides})

    def _heard(self, turns: Sequence[object]) -> None:
        for turn in turns:
            role = turn.get(self.written.role) if isinstance(turn, dict) else None
            if isinstance(role, str) and role in self.written.speakers:
                self.speakers.add(role)

    def _whole_pair(self, row: Mapping[str, Any]) -> RowTexts:
        """Pairs without a prompt of their own: of conversations it is all but the last turn of the chosen one."""
        found = self._plain(row)
        if found.styles != {"conversational"} or len(found.answers) < 2:
            return found
        prompt, chosen = last_answer(row["chosen"], CHATML)
        return RowTexts(prompt, (chosen, last_answer(row["rejected"], CHATML)[1]), found.styles)

    def _conversation(self, row: Mapping[str, Any]) -> RowTexts:
        """One column that holds all turns."""
        column, keys = self._roles.answers[0], self.written
        value = row.get(column)
        if value is None:
            return RowTexts("", (), frozenset())
        style, _, problems = said(value, "whole", keys)
        for problem in problems or (("not_text",) if style == "string" else ()):
            self._faults.note(problem, column)
        if style != "conversational":
            return RowTexts("", (), frozenset())
        self._heard(value)
        prompt, answer = last_answer(value, keys)
        if _blank(answer) and not problems:
            self._faults.note("empty_answer", column)
        return RowTexts(prompt, (answer,), frozenset({style}))

    def _group(self, row: Mapping[str, Any]) -> RowTexts:
        """A question, and lists of answers, their scores and who gave them."""
        asked = self._plain(row)
        lists = {column: row[column] for column in self._roles.lists if row.get(column) is not None}
        for column, value in lists.items():
            if not isinstance(value, list):
                self._faults.note("not_a_list", column)
        sizes = {len(value) for value in lists.values() if isinstance(value, list)}
        if len(sizes) > 1:
            self._faults.note("lengths_differ")
        answers = self._responses(lists.get("responses"))
        for column in ("scores", "engagement"):
            for score in _elements(lists.get(column)):
                self._number(score, column)
        if any(score is None for score in _elements(lists.get("scores"))):
            self._faults.note("null_number", "scores")
        return RowTexts(asked.prompt, answers, asked.styles)

    def _responses(self, responses: object) -> list[str]:
        for response in _elements(responses):
            if not isinstance(response, str):
                self._faults.note("null_text" if response is None else "not_text", "responses")
            elif _blank(response):
                self._faults.note("empty_answer", "responses")
        return [response for response in _elements(responses) if isinstance(response, str)]

    def _number(self, value: object, column: str) -> None:
        if value is None or type(value) is int:
            return
        if not isinstance(value, float):
            self._faults.note("not_a_number", column)
        elif not isfinite(value):
            self._faults.note("not_finite", column)
        elif value < 0 and column == "margin":
            self._faults.note("negative_margin", column)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _runs_in(prompt: str, answer: str) -> bool:
    return bool(prompt and answer) and not prompt[-1].isspace() and not answer[0].isspace()


def _blank(text: str) -> bool:
    return not text or text.isspace()


def _elements(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
