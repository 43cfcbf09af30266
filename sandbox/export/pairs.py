"""Comparison pairs for dpo, reward and modpo: which answers are compared, and which of two is chosen.

The draft and the revision of an interaction are a pair, and so are answers of different agents to the same question:
each stands beside the next `opponents` others in a seeded circle. Knows answers and their ratings.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from agents.protocol import DIMENSIONS, Rated
from sandbox.export.account import Account
from sandbox.export.recipe import Recipe
from sandbox.export.rows import AgentAnswer, Spoken, TrainingRow
from sandbox.export.shuffle import place, uniform
from sandbox.export.wording import answered


class AnswerPair(NamedTuple):
    """Two answers to the same task, in an order that says nothing about which is better."""

    one: AgentAnswer
    other: AgentAnswer

    def gap(self, objective: Rated) -> int | None:
        """How much better `one` was rated than `other`, None where a rating is missing."""
        first, second = self.one.rated(objective), self.other.rated(objective)
        return None if first is None or second is None else first - second


def pair_rows(spoken: Iterable[Spoken], recipe: Recipe, account: Account) -> Iterator[TrainingRow]:
    """The rows of one kind, `dpo` or `reward`, from the interactions about one question."""
    for pair in _pairs(spoken, recipe):
        gap = pair.gap(recipe.objective)
        if gap is None:
            account.drop(recipe.format, "no rating")
        else:
            yield from _decided(pair, gap, recipe.objective, recipe.format, recipe, account)


def objective_rows(
    spoken: Iterable[Spoken], recipe: Recipe, account: Account, agreement: "Agreement"
) -> Iterator[TrainingRow]:
    """The rows of modpo, of a kind for each objective: the same pairs, where both answers have both ratings."""
    for pair in _pairs(spoken, recipe):
        gaps = {objective: pair.gap(objective) for objective in DIMENSIONS}
        known = {objective: gap for objective, gap in gaps.items() if gap is not None}
        if len(known) < len(gaps):
            for objective in DIMENSIONS:
                account.drop(objective, "no rating")
            continue
        agreement.count(known)
        for objective, gap in known.items():
            yield from _decided(pair, gap, objective, objective, recipe, account)


class Agreement:
    """How often the two objectives prefer the same answer of a pair."""

    def __init__(self) -> None:
        self.pairs = 0
        self.ties = dict.fromkeys(DIMENSIONS, 0)
        self.both_decided = 0
        self.agreed = 0

    def count(self, gaps: Mapping[Rated, int]) -> None:
        """Take in a pair."""
        self.pairs += 1
        for objective, gap in gaps.items():
            self.ties[objective] += gap == 0
        if all(gaps.values()):
            self.both_decided += 1
            self.agreed += gaps["alignment"] * gaps["engagement"] > 0

    def document(self) -> dict[str, Any]:
        """For the manifest; the rate is None where no pair was decided by both."""
        rate = self.agreed / self.both_decided if self.both_decided else None
        return {
            "pairs": self.pairs, "ties": self.ties, "decided_by_both": self.both_decided, "agreed": self.agreed,
            "rate": rate,
        }  # fmt: skip


def _pairs(spoken: Iterable[Spoken], recipe: Recipe) -> Iterator[AnswerPair]:
    answers: list[AgentAnswer] = []
    for each in spoken:
        draft, revision = each.answer("draft"), each.answer("revision")
        if draft and revision and recipe.pairs != "across":
            yield AnswerPair(revision, draft)
        if recipe.pairs != "revision":
            answers += filter(None, (draft, revision))
    yield from (AnswerPair(one, other) for one, other in _across(answers, recipe))


def _across(answers: list[AgentAnswer], recipe: Recipe) -> Iterator[tuple[AgentAnswer, AgentAnswer]]:
    """Each answer beside the next few in a seeded circle of those asked for and rated alike, none of the same agent."""
    answers.sort(key=lambda answer: (answer.rater, answer.task, place(recipe.seed, "across", answer.source.name)))
    for _, alike in groupby(answers, key=lambda answer: (answer.rater, answer.task)):
        circle = list(alike)
        for step in range(1, min(recipe.opponents, len(circle) // 2) + 1):
            # Half way round the circle, every pair would come twice.
            for at in range(len(circle) // 2 if 2 * step == len(circle) else len(circle)):
                one, other = circle[at], circle[(at + step) % len(circle)]
                if one.speaker != other.speaker:
                    yield one, other


def _decided(
    pair: AnswerPair, gap: int, objective: Rated, kind: str, recipe: Recipe, account: Account
) -> Iterator[TrainingRow]:
    """The row of a pair, unless it is no comparison or the one chosen is not good enough."""
    swapped = _is_swapped(pair, gap, objective, recipe)
    chosen, rejected = (pair.other, pair.one) if swapped else (pair.one, pair.other)
    score = chosen.rated(objective)
    if pair.one.text == pair.other.text:
        account.drop(kind, "same text")
    elif abs(gap) < recipe.least_gap or (gap == 0 and recipe.preference == "hard"):
        account.drop(kind, "tie" if gap == 0 else "small gap")
    elif recipe.min_score is not None and score is not None and score < recipe.min_score:
        account.drop(kind, "low score")
    else:
        yield _row(chosen, rejected, objective, kind, recipe)


def _is_swapped(pair: AnswerPair, gap: int, objective: Rated, recipe: Recipe) -> bool:
    """Whether `other` is chosen: by its higher rating, or drawn with the odds of Bradley and Terry (1952)."""
    if recipe.preference == "hard":
        return gap < 0
    chance = 1 / (1 + math.exp(-gap))
    return uniform(recipe.seed, "bradley-terry", objective, pair.one.source.name, pair.other.source.name) >= chance


def _row(chosen: AgentAnswer, rejected: AgentAnswer, objective: Rated, kind: str, recipe: Recipe) -> TrainingRow:
    values = {
        "prompt": chosen.task.prompt(recipe.style),
        "chosen": answered(chosen.text, recipe.style),
        "rejected": answered(rejected.text, recipe.style),
    }
    return TrainingRow(
        kind=kind,
        prompt=chosen.task.text(),
        texts=(chosen.text, rejected.text),
        values=values | _numbers(chosen, rejected, objective, recipe),
        sources=(chosen.source, rejected.source),
    )


def _numbers(chosen: AgentAnswer, rejected: AgentAnswer, objective: Rated, recipe: Recipe) -> dict[str, float]:
    if recipe.format == "reward":
        return {"margin": _score(chosen, objective) - _score(rejected, objective)}
    if recipe.format == "modpo":
        sides = {"chosen": chosen, "rejected": rejected}
        return {f"{side}_{name}": _score(answer, name) for name in DIMENSIONS for side, answer in sides.items()}
    return {}


def _score(answer: AgentAnswer, objective: Rated) -> float:
    rated = answer.rated(objective)
    assert rated is not None
    return float(rated)
