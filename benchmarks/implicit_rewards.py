"""How far a trained model prefers the higher rated of two held-out answers more than its base did. Knows models.

Printed for each training of a sweep: by each rating, the mean over pairs of the log-ratio to the base (nats of whole
answers) of the higher rated minus that of the lower rated. That is the reward which DPO and MODPO fit, divided by beta
(arXiv 2305.18290, equation 5); the margin in manifests is of a token, and does not see that one answer is longer.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from peft import PeftModel

from agents.protocol import DIMENSIONS, Rated
from sandbox.training.base.base_model import folder_of, load
from sandbox.training.data.examples import Query
from sandbox.training.data.folder import open_folder
from sandbox.training.data.reading import held_out
from sandbox.training.data.tokens import encode

Rows = list[list[float]]


def main(data: str, base: str, *trainings: str) -> None:
    """Print a JSON line for each of the trainings, on what `data` holds out."""
    queries = held_out(open_folder(Path(data)), "test")
    model, tokenizer = load(folder_of(base), precision="float32", head="causal")
    before = log_probs(model, tokenizer, queries)
    for training in trainings:
        trained = PeftModel.from_pretrained(load(folder_of(base), precision="float32", head="causal")[0], training)
        ratios = _less(log_probs(trained, tokenizer, queries), before)
        print(json.dumps({name: fmean(margins(queries, ratios, name)) for name in DIMENSIONS}), flush=True)  # noqa: T201


def _less(after: Rows, before: Rows) -> Rows:
    return [[new - old for new, old in zip(*each, strict=True)] for each in zip(after, before, strict=True)]


@torch.no_grad()
def log_probs(model: Any, tokenizer: Any, queries: Sequence[Query]) -> Rows:
    """Of each answer to each query, all its tokens together (nats)."""
    model.eval()
    found = []
    for query in queries:
        encoded = [encode(tokenizer, query.messages, answer.text) for answer in query.answers]
        found.append([_log_prob(model, each.prompt, each.answer) for each in encoded])
    return found


def _log_prob(model: Any, prompt: list[int], answer: list[int]) -> float:
    logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
    return float(logits.float().log_softmax(-1).gather(1, torch.tensor(answer)[:, None]).sum())


def margins(queries: Sequence[Query], ratios: Rows, dimension: Rated) -> Iterator[float]:
    """Of each pair of answers that are rated differently."""
    for query, row in zip(queries, ratios, strict=True):
        rated = [(answer.rated(dimension), ratio) for answer, ratio in zip(query.answers, row, strict=True)]
        for (rating, ratio), (other, its) in combinations(rated, 2):
            if rating is not None and other is not None and rating != other:
                yield ratio - its if rating > other else its - ratio


if __name__ == "__main__":
    main(*sys.argv[1:])
