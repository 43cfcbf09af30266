"""What answers sampled from a model are worth to a model of rewards, in a figure. Knows no trainer."""

from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import Any, Final

import torch

from sandbox.runs.training.manifest import Figure
from sandbox.scores.intervals import Sums, ratio_interval
from sandbox.training.examples import Messages, Query
from sandbox.training.packing import evaluating
from sandbox.training.reward_model import RewardModel
from sandbox.training.tokens import encode

SAMPLES: Final = 4  # answers to a question


def measure_sampled(
    model: Any, tokenizer: Any, queries: Sequence[Query], reward: RewardModel, *, max_length: int, seed: int
) -> Figure | None:
    """The mean reward of answers sampled (temperature 1) to each question, with its interval over questions.

    A question that leaves no token for an answer is left out; None where all do.
    """
    with evaluating(model):
        means = [
            fmean(reward.scores([query.messages] * SAMPLES, texts))
            for number, query in enumerate(queries)
            if (texts := _sampled(model, tokenizer, query.messages, max_length, f"{seed}/sampled/{number}"))
        ]
    if not means:
        return None
    interval = ratio_interval([Sums(mean, 1) for mean in means], len(means))
    return Figure(mean=fmean(means), low=interval.low, high=interval.high, n=len(means))


def _sampled(model: Any, tokenizer: Any, messages: Messages, max_length: int, draw: str) -> list[str]:
    """Answers to a prompt, drawn by `draw` whatever was drawn before; none if it fills `max_length`."""
    ids = torch.tensor([encode(tokenizer, messages, "").prompt], device=model.device)
    if ids.shape[1] >= max_length:
        return []
    with torch.random.fork_rng():
        torch.manual_seed(Random(draw).getrandbits(63))
        made = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            top_k=0,
            num_return_sequences=SAMPLES,
            max_length=max_length,
            pad_token_id=tokenizer.pad_token_id,
        )
    texts: list[str] = tokenizer.batch_decode(made[:, ids.shape[1] :], skip_special_tokens=True)
    return texts
