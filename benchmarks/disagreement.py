"""What trained models prefer where the two ratings of held-out answers disagree. Knows models, no command.

Where the ratings agree about which of two answers is better there is nothing to trade: a model that learns from one of
them learns the other. Printed for each adapter, of the pairs on which they disagree: the mean log-prob of a token
(nats) of the answer that alignment rates higher minus that of the other. The margin by engagement is its negative.
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

from sandbox.training.base.base_model import folder_of, load
from sandbox.training.data.examples import Answer, Query
from sandbox.training.data.folder import open_folder
from sandbox.training.data.reading import held_out
from sandbox.training.data.tokens import encode


def main(data: str, base: str, *adapters: str) -> None:
    """Print a JSON line for each of the adapters, on what `data` holds out."""
    queries = held_out(open_folder(Path(data)), "test")
    for adapter in adapters:
        model, tokenizer = load(folder_of(base), precision="float32", head="causal")
        trained = PeftModel.from_pretrained(model, adapter).eval()
        found = list(margins(trained, tokenizer, queries))
        print(json.dumps({"pairs": len(found), "alignment": fmean(found)}), flush=True)  # noqa: T201


def margins(model: Any, tokenizer: Any, queries: Sequence[Query]) -> Iterator[float]:
    """Of each pair of answers on which the ratings disagree."""
    for query in queries:
        for one, other in combinations(query.answers, 2):
            if (gap := disagreement(one, other)) is not None:
                better, worse = (one, other) if gap > 0 else (other, one)
                yield _log_prob(model, tokenizer, query, better) - _log_prob(model, tokenizer, query, worse)


def disagreement(one: Answer, other: Answer) -> float | None:
    """By how much alignment rates `one` higher, if engagement rates the other one higher."""
    if None in (one.alignment, one.engagement, other.alignment, other.engagement):
        return None
    gaps = ((one.alignment or 0) - (other.alignment or 0), (one.engagement or 0) - (other.engagement or 0))
    return gaps[0] if gaps[0] * gaps[1] < 0 else None


@torch.no_grad()
def _log_prob(model: Any, tokenizer: Any, query: Query, answer: Answer) -> float:
    prompt, ids = encode(tokenizer, query.messages, answer.text)
    logits = model(input_ids=torch.tensor([[*prompt, *ids]])).logits[0, len(prompt) - 1 : -1]
    return float(logits.float().log_softmax(-1).gather(1, torch.tensor(ids)[:, None]).mean())


if __name__ == "__main__":
    main(*sys.argv[1:])
