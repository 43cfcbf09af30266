"""Queries as one sequence without padding, each prompt read once, and the losses of their answers in a model.

A sequence is prompt, answer, answer, ..., prompt, answer, ...: positions begin anew after a prompt for each of its
answers, and an answer sees its prompt and itself alone, so that it has the loss that it has by itself. Log-probs are
made where an answer's tokens are and nowhere else, because the vocabulary is most of the memory of a small model.
Knows no objective.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sandbox.training.data.tokens import EncodedQuery

# How far the loss of an answer (nats a token) may be from the one it has by itself: rounding alone, by precision.
ROUNDING: Final = {torch.float32: 1e-3, torch.float64: 1e-3}
COARSE_ROUNDING: Final = 0.05
# Of a sequence of which nothing is learnt: its mask is the square of it, and some questions have hundreds of answers.
MOST_TOKENS: Final = 2048

Packed = Mapping[str, Any]


def pack(queries: Sequence[EncodedQuery]) -> dict[str, Any]:
    """Tensors of one sequence, and whose losses are made of it.

    `input_ids`, `position_ids`, and of which query and which answer each token is, 0 where of a prompt: `queries`,
    `answers`; all [1, tokens]. `targets` are the tokens of answers, one after the other, and `sources` where in the
    sequence their log-probs are; both [targets]. `lengths` says how many there are of each answer, and `ratings` of
    each query what its answers are rated. The last token of an answer foretells nothing, and is no input.
    """
    rows: dict[str, list[int]] = {name: [] for name in ("input_ids", "position_ids", "queries", "answers")}
    sources: list[int] = []
    for number, query in enumerate(queries):
        _add(rows, query.prompt, 0, number, 0)
        end = len(rows["input_ids"]) - 1
        for place, answer in enumerate(query.answers, start=1):
            begin = len(rows["input_ids"])
            _add(rows, answer[:-1], len(query.prompt), number, place)
            sources += [end, *range(begin, begin + len(answer) - 1)]
    answers = [answer for query in queries for answer in query.answers]
    return {
        **{name: torch.tensor([row]) for name, row in rows.items()},
        "sources": torch.tensor(sources),
        "targets": torch.tensor([token for answer in answers for token in answer]),
        "lengths": [len(answer) for answer in answers],
        "ratings": [query.ratings for query in queries],
    }


def _add(rows: Mapping[str, list[int]], ids: Sequence[int], begin: int, query: int, answer: int) -> None:
    rows["input_ids"].extend(ids)
    rows["position_ids"].extend(range(begin, begin + len(ids)))
    rows["queries"].extend([query] * len(ids))
    rows["answers"].extend([answer] * len(ids))


def losses(model: Any, packed: Packed) -> list[Tensor]:
    """The mean loss of a token of each answer, nats: for each query one tensor, [answers], in float32.

    `model` is a causal one, wrapped or not, that takes a mask of four dimensions as it is (see `packs`).
    """
    logits = model(
        input_ids=packed["input_ids"],
        position_ids=packed["position_ids"],
        attention_mask=_seen(packed["queries"][0], packed["answers"][0]),
        logits_to_keep=packed["sources"],
        use_cache=False,
    ).logits[0]
    tokens = cross_entropy(logits.float(), packed["targets"], reduction="none")
    means = torch.stack([answer.mean() for answer in torch.split(tokens, packed["lengths"])])
    return list(torch.split(means, [len(ratings) for ratings in packed["ratings"]]))


def _seen(queries: Tensor, answers: Tensor) -> Tensor:
    """What each token sees of which: [1, 1, tokens, tokens], true where it is seen."""
    same_query = queries[:, None] == queries
    prompt_or_same = (answers == 0) | (answers[:, None] == answers)
    return (same_query & prompt_or_same).tril()[None, None]


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Meanwhile the model drops nothing out, and nothing is kept for gradients."""
    learning = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(learning)


def losses_alone(model: Any, query: EncodedQuery) -> Tensor:
    """The same of one query by the plain way, each answer after its prompt in a sequence of its own: [answers]."""
    device = next(model.parameters()).device
    made = []
    for answer in query.answers:
        ids = torch.tensor([[*query.prompt, *answer]], device=device)
        logits = model(input_ids=ids, use_cache=False).logits[0, len(query.prompt) - 1 : -1]
        made.append(cross_entropy(logits.float(), ids[0, len(query.prompt) :]))
    return torch.stack(made)


def losses_packed(model: Any, query: EncodedQuery) -> Tensor:
    """The same of one query, packed into as many sequences as its answers need: [answers]."""
    device = next(model.parameters()).device
    sequences = (pack([part]) for part in _split(query))
    placed = ({name: _on(device, part) for name, part in packed.items()} for packed in sequences)
    return torch.cat([losses(model, packed)[0] for packed in placed])


def _on(device: torch.device, part: Any) -> Any:
    return part.to(device) if isinstance(part, Tensor) else part


def _split(query: EncodedQuery) -> Iterator[EncodedQuery]:
    """The query with some of its answers at a time, in order."""
    places: list[int] = []
    size = len(query.prompt)
    for place, answer in enumerate(query.answers):
        if places and size + len(answer) > MOST_TOKENS:
            yield query.chosen(places)
            places, size = [], len(query.prompt)
        places.append(place)
        size += len(answer)
    yield query.chosen(places)


def packs(model: Any, query: EncodedQuery) -> bool:
    """Whether answers to `query` have in one sequence the losses that they have alone, in a model that does not learn.

    They have not in models that keep a state along a sequence, whose window is shorter than it, or that take masks of
    another form; it is measured because models do not tell.
    """
    part = next(_split(query))
    alone = losses_alone(model, part)
    try:
        apart = losses_packed(model, part) - alone
    except (RuntimeError, TypeError, ValueError, LookupError):  # what each makes of a mask of another form
        return False
    return float(apart.abs().max()) <= ROUNDING.get(model.dtype, COARSE_ROUNDING)
