"""How well a model ranks answers to questions that it did not learn from, in figures with intervals over questions.

Knows what is measured, not when: the same before and after.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import torch

from agents.protocol import Rated
from sandbox.runs.training.manifest import Figure, HeldOut
from sandbox.scores.intervals import Sums, ratio_interval
from sandbox.training.data.examples import Messages, Query
from sandbox.training.data.tokens import EncodedQuery, encode_query
from sandbox.training.objectives.packing import evaluating, losses_alone, losses_packed, packs

# The scores of answers to a query, in their order: the higher, the better the model finds them.
Scores = Callable[[EncodedQuery], Sequence[float]]
# Those of a prompt and an answer, in ids, that are known by now: both ratings are of the same texts.
Known = dict[tuple[tuple[int, ...], tuple[int, ...]], float]


class Scored(NamedTuple):
    """Answers to a question: what they are rated, and the model's scores of them, in the same order."""

    messages: Messages
    ratings: Sequence[float]
    scores: Sequence[float]

    def margins(self) -> Iterator[float]:
        """Of each pair with different ratings, the score of the higher rated minus that of the lower rated."""
        for (rating, score), (other, its) in combinations(zip(self.ratings, self.scores, strict=True), 2):
            if rating != other:
                yield score - its if rating > other else its - score

    def best(self) -> float:
        """The mean score of the best rated."""
        top = [score for rating, score in zip(self.ratings, self.scores, strict=True) if rating == max(self.ratings)]
        return sum(top) / len(top)


def measure(
    model: Any,
    tokenizer: Any,
    queries: Sequence[Query],
    *,
    dimension: Rated = "alignment",
    max_length: int,
    known: Known | None = None,
) -> HeldOut:
    """By the mean log-prob of a token (nats) in a causal model; best answers that tie are one with their mean loss.

    What is `known` of this model is not worked out again, and what is worked out is known.
    """
    encoded = _encoded(tokenizer, queries, dimension, max_length)
    with evaluating(model):
        one_sequence = bool(encoded) and packs(model, max(encoded.values(), key=EncodedQuery.tokens))
        losses = losses_packed if one_sequence else losses_alone
        scored = _scored(encoded, queries, _knowing(known, lambda query: (-losses(model, query)).tolist()))
    return _figures(scored, best=True)


def measure_rewards(
    model: Any,
    tokenizer: Any,
    queries: Sequence[Query],
    *,
    dimension: Rated = "alignment",
    max_length: int,
    known: Known | None = None,
) -> HeldOut:
    """By what a reward model (a sequence classifier with one output) gives each answer after its prompt."""
    encoded = _encoded(tokenizer, queries, dimension, max_length)
    with evaluating(model):
        scores = _knowing(known, lambda query: [_reward(model, query.prompt, each) for each in query.answers])
        scored = _scored(encoded, queries, scores)
    return _figures(scored, best=False)


def _knowing(known: Known | None, scores: Scores) -> Scores:
    """`scores`, which are asked for what is not known."""
    found: Known = {} if known is None else known

    def scored(query: EncodedQuery) -> list[float]:
        texts = [(tuple(query.prompt), tuple(answer)) for answer in query.answers]
        if not found.keys() >= {*texts}:
            found.update(zip(texts, scores(query), strict=True))
        return [found[text] for text in texts]

    return scored


def _encoded(tokenizer: Any, queries: Iterable[Query], dimension: Rated, max_length: int) -> Mapping[int, EncodedQuery]:
    """Those of which something is left, by their places."""
    made = ((place, encode_query(tokenizer, query, dimension, max_length)) for place, query in enumerate(queries))
    return {place: query for place, query in made if query is not None}


def _scored(encoded: Mapping[int, EncodedQuery], queries: Sequence[Query], scores: Scores) -> list[Scored]:
    return [Scored(queries[place].messages, query.ratings, scores(query)) for place, query in encoded.items()]


def _reward(model: Any, prompt: list[int], answer: list[int]) -> float:
    ids = torch.tensor([[*prompt, *answer]], device=next(model.parameters()).device)
    return float(model(input_ids=ids, use_cache=False).logits[0, 0])


def _figures(scored: Iterable[Scored], *, best: bool) -> HeldOut:
    """Several queries that ask the same are one question."""
    margins: dict[str, list[float]] = {}
    losses: dict[str, list[float]] = {}
    for each in scored:
        question = repr([tuple(sorted(message.items())) for message in each.messages])
        margins.setdefault(question, []).extend(each.margins())
        losses.setdefault(question, []).append(-each.best())
    compared = [pairs for pairs in margins.values() if pairs]
    ranked = [[(margin > 0) + (margin == 0) / 2 for margin in pairs] for pairs in compared]
    return HeldOut(
        questions=len(margins),
        pairs=sum(map(len, compared)),
        margin=_figure(compared),
        ranked=_figure(ranked),
        best_loss=_figure(list(losses.values())) if best else None,
        reward=None,
    )


def _figure(clusters: Sequence[Sequence[float]]) -> Figure | None:
    """The mean of all values, with its interval over the questions that they are of."""
    values = [value for cluster in clusters for value in cluster]
    if not values:
        return None
    interval = ratio_interval([Sums(sum(cluster), len(cluster)) for cluster in clusters], len(values))
    return Figure(mean=sum(values) / len(values), low=interval.low, high=interval.high, n=len(clusters))
