"""KTO (arXiv 2402.01306) by the library's trainer: answers that are good, and answers that are not. Knows no file."""

import copy
from typing import Any, Final

from transformers import Trainer
from trl import KTOConfig, KTOTrainer

from sandbox.training.data.examples import Labelled
from sandbox.training.objectives import library
from sandbox.training.objectives.by_rows import by_rows
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.logged import logged

_PARTS: Final = ("kl", "rewards/chosen", "rewards/rejected", "rewards/margins")


def trainer(job: Job) -> Trainer:
    """A trainer on labelled answers, of which a batch holds at least two. Raises `SandboxError`.

    Rows keep their order in every epoch: the export interleaves both labels, and the library estimates the divergence
    of a batch from the answers of its neighbours, whom it pairs beforehand.
    """
    assert job.config.beta is not None  # a plan leaves nothing open
    made = by_rows(KTOTrainer)(
        model=job.model,
        ref_model=copy.deepcopy(job.model) if job.config.full else None,
        args=KTOConfig(
            **{**job.arguments, "train_sampling_strategy": "sequential"},
            max_length=job.config.max_length,
            beta=job.config.beta,
        ),
        train_dataset=library.rows(_row(each) for each in job.rows),
        processing_class=job.tokenizer,
    )
    library.without_copy(made)
    library.all_there(made, job)
    library.learns_to_stop(made, job)
    return logged(made, _PARTS)


def _row(each: Labelled) -> dict[str, Any]:
    return {
        "prompt": library.turns(each.messages),
        "completion": library.answer(each.text),
        "label": each.desirable,
    }
