"""What all trainers of the library (trl) are given alike, and what is asked of them before the first step.

Knows no objective. The library cuts and drops rows without a word, and keeps a second adapter for what is the base.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor

from sandbox.errors import SandboxError
from sandbox.training.data.examples import Messages
from sandbox.training.objectives.job import Job


def turns(messages: Messages) -> list[dict[str, str]]:
    """A prompt as the library takes it."""
    return [dict(message) for message in messages]


def answer(text: str) -> list[dict[str, str]]:
    """An answer as the library takes it, to be put after a prompt."""
    return [{"role": "assistant", "content": text}]


def rows(made: Iterable[Mapping[str, Any]]) -> Dataset:
    """A dataset in memory, of rows in order."""
    return Dataset.from_list([dict(each) for each in made])


def without_copy(trainer: Any) -> None:
    """Take away the copy of the fresh adapter that the library makes for a reference: the base itself is that.

    `ref` would be trained by nobody, saved in every checkpoint, and doubles the adapter in memory.
    """
    if "ref" in getattr(trainer.model, "peft_config", {}):
        trainer.model.delete_adapter("ref")


def all_there(trainer: Any, job: Job) -> None:
    """Raises `SandboxError` unless the library kept every row."""
    kept = len(trainer.train_dataset)
    if kept != len(job.rows):
        raise SandboxError(
            f"The library keeps {kept} of {len(job.rows)} rows, so numbers of ours would go to other rows.\n"
            "This is a fault of sandbox, or of a release of trl that it does not know: please report it."
        )


def batches(trainer: Any) -> Iterator[tuple[range, Mapping[str, Any]]]:
    """The places of rows, in order, and the batch that the library makes of them."""
    data, size = trainer.train_dataset, trainer.args.per_device_train_batch_size
    for start in range(0, len(data), size):
        places = range(start, min(start + size, len(data)))
        yield places, trainer.data_collator([data[place] for place in places])


def learns_to_stop(trainer: Any, job: Job) -> None:
    """Raises `SandboxError` unless an end token is learnt in some batch, which is the first in every sound case."""
    ends = torch.tensor(sorted(_ends(job)))
    if not any(torch.isin(_learnt(batch), ends).any() for _, batch in batches(trainer)):
        raise SandboxError(
            "No answer ends with a token that ends one, so the model would not learn to stop: all of them are cut by "
            f"--max-length {job.config.max_length},\nor the chat template of the base ends a turn with another token "
            f"than the base itself ({job.tokenizer.eos_token}). Raise --max-length, or train another base."
        )


def _learnt(batch: Mapping[str, Any]) -> Tensor:
    """The ids whose log-probs are learnt."""
    if "labels" in batch:
        labels: Tensor = batch["labels"]
        return labels
    learnt: Tensor = batch["input_ids"][batch["completion_mask"].bool()]
    return learnt


def _ends(job: Job) -> set[int]:
    """What the base stops at: the end token of its tokenizer, and what its settings of generation name beside it."""
    named = job.model.generation_config.eos_token_id
    more = named if isinstance(named, list) else [named]
    return {each for each in (job.tokenizer.eos_token_id, *more) if each is not None}
