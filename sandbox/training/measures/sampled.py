"""What answers sampled from a model are worth to a model of rewards, in a figure. Knows no trainer."""

from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import Any, Final

import torch

from sandbox.runs.training.manifest import Figure
from sandbox.scores.intervals import Sums, ratio_interval
from sandbox.training.data.examples import Messages, Query
from sandbox.training.data.tokens import encode
from sandbox.training.objectives.packing import evaluating
from sandbox.training.objectives.reward_model import RewardModel

SAMPLES: Final = 4  # answers to a question
_AT_ONCE: Final = 8  # questions
# What a base brings settings of its own for; RLOO samples without them, too.
_PLAIN: Final = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "repetition_penalty": 1.0}


def measure_sampled(
    model: Any, tokenizer: Any, queries: Sequence[Query], reward: RewardModel, *, max_length: int, seed: int
) -> Figure | None:
    """The mean reward of answers sampled (temperature 1) to each question, with its interval over questions.

    A question that leaves no token for an answer is left out; None where all do.
    """
    prompts = [(query.messages, encode(tokenizer, query.messages, "").prompt) for query in queries]
    asked = sorted((each for each in prompts if len(each[1]) < max_length), key=lambda each: len(each[1]))
    means: list[float] = []
    with evaluating(model):
        for start in range(0, len(asked), _AT_ONCE):
            messages, ids = zip(*asked[start : start + _AT_ONCE], strict=True)
            texts = _sampled(model, tokenizer, ids, max_length, f"{seed}/sampled/{start}")
            means += _means(reward, messages, texts)
    if not means:
        return None
    interval = ratio_interval([Sums(mean, 1) for mean in means], len(means))
    return Figure(mean=fmean(means), low=interval.low, high=interval.high, n=len(means))


def _sampled(model: Any, tokenizer: Any, prompts: Sequence[list[int]], max_length: int, draw: str) -> list[str]:
    """Answers to prompts, all to one after another, drawn by `draw` whatever was drawn before.

    The longest prompt and an answer together have at most `max_length` tokens.
    """
    padded = tokenizer.pad({"input_ids": list(prompts)}, padding_side="left", return_tensors="pt").to(model.device)
    width = padded["input_ids"].shape[1]
    with torch.random.fork_rng():
        torch.manual_seed(Random(draw).getrandbits(63))
        made = model.generate(
            **padded,
            do_sample=True,
            **_PLAIN,
            num_return_sequences=SAMPLES,
            max_new_tokens=max_length - width,
            pad_token_id=tokenizer.pad_token_id,
        )
    texts: list[str] = tokenizer.batch_decode(made[:, width:], skip_special_tokens=True)
    return texts


def _means(reward: RewardModel, asked: Sequence[Messages], texts: Sequence[str]) -> list[float]:
    """The mean reward of the answers to each prompt."""
    scores = reward.scores([messages for messages in asked for _ in range(SAMPLES)], texts)
    return [fmean(scores[start : start + SAMPLES]) for start in range(0, len(scores), SAMPLES)]
