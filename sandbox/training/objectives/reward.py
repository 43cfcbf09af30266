"""A model of rewards (Bradley-Terry) by the library's trainer: one number for a text, higher for better ones."""

from typing import Any, Final

from transformers import Trainer
from trl import RewardConfig, RewardTrainer

from sandbox.training.data.examples import Pair
from sandbox.training.data.tokens import encode
from sandbox.training.objectives import library
from sandbox.training.objectives.by_rows import by_rows
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.logged import logged

_PARTS: Final = ("accuracy", "margin", "mean_reward")


def trainer(job: Job) -> Trainer:
    """A trainer on pairs; where all of them say by how much, the better one is to win by that. Raises `SandboxError`.

    Answers come as ids, cut as for every other objective: the library drops a pair that is too long.
    """
    margins = all(pair.margin is not None for pair in job.rows)
    made = by_rows(RewardTrainer)(
        model=job.model,
        args=RewardConfig(**job.arguments, max_length=None),
        train_dataset=library.rows(_row(pair, job, margins) for pair in job.rows),
        processing_class=job.tokenizer,
    )
    library.all_there(made, job)
    return logged(made, _PARTS)


def _row(pair: Pair, job: Job, margins: bool) -> dict[str, Any]:
    ids = {
        "chosen_ids": _ids(pair, pair.chosen.text, job),
        "rejected_ids": _ids(pair, pair.rejected.text, job),
    }
    return {**ids, "margin": pair.margin} if margins else ids


def _ids(pair: Pair, text: str, job: Job) -> list[int]:
    encoded = encode(job.tokenizer, pair.messages, text)
    return [*encoded.prompt, *encoded.within(job.config.max_length)]
