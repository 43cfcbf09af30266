"""Supervised fine-tuning by the library's trainer: answers and the token that ends them, prompts not. Knows no file."""

from typing import Any, Final

from transformers import Trainer
from trl import SFTConfig, SFTTrainer

from sandbox.training.data.examples import Demonstration
from sandbox.training.objectives import library
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.logged import logged

_PARTS: Final = ("entropy", "mean_token_accuracy")


def trainer(job: Job) -> Trainer:
    """A trainer on demonstrations; the loss is a mean over tokens of answers (nats). Raises `SandboxError`."""
    made = SFTTrainer(
        model=job.model,
        args=SFTConfig(**job.arguments, max_length=job.config.max_length, completion_only_loss=True),
        train_dataset=library.rows(_row(each) for each in job.rows),
        processing_class=job.tokenizer,
    )
    library.all_there(made, job)
    library.learns_to_stop(made, job)
    return logged(made, _PARTS)


def _row(shown: Demonstration) -> dict[str, Any]:
    return {"prompt": library.turns(shown.messages), "completion": library.answer(shown.text)}
