"""DPO and MODPO (arXiv 2305.18290, 2310.03708) by the library's trainer of DPO. Knows no file and no plan.

MODPO is DPO whose log-probs of the base are shifted (`preference_loss.py`). They are worked out here, once, for the
rows that are trained on: such columns in the data are ignored by the library, and those that it makes itself lie in a
temporary file of the first process, where no other finds them.
"""

import copy
from itertools import islice
from typing import Any, Final

import torch
from accelerate.utils import gather_object
from torch import Tensor
from transformers import Trainer
from trl import DPOConfig, DPOTrainer

from sandbox.training.data.examples import Pair
from sandbox.training.objectives import library
from sandbox.training.objectives.by_rows import by_rows
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.logged import logged
from sandbox.training.objectives.preference_loss import modpo_shift
from sandbox.training.objectives.weights import weights_of

# Of MODPO, the reward of a single answer holds a shift; only differences mean something.
_PARTS: Final = ("rewards/margins", "rewards/accuracies")


def trainer(job: Job) -> Trainer:
    """A trainer on pairs, whose loss is that of DPO, or for `modpo` of MODPO. Raises `SandboxError`, `UsageError`."""
    assert job.config.beta is not None  # a plan leaves nothing open
    weights = weights_of(job.config)
    made: Any = by_rows(DPOTrainer)(
        model=job.model,
        ref_model=copy.deepcopy(job.model) if job.config.full else None,
        args=DPOConfig(**job.arguments, max_length=job.config.max_length, beta=job.config.beta / weights.alignment),
        train_dataset=library.rows(_row(pair) for pair in job.rows),
        processing_class=job.tokenizer,
    )
    library.without_copy(made)
    library.all_there(made, job)
    library.learns_to_stop(made, job)
    base = _base(made) + modpo_shift(_engagement(job.rows), weights.engagement, job.config.beta)
    _refer(made, base)
    return logged(made, _PARTS)


def _row(pair: Pair) -> dict[str, Any]:
    return {
        "prompt": library.turns(pair.messages),
        "chosen": library.answer(pair.chosen.text),
        "rejected": library.answer(pair.rejected.text),
    }


def _engagement(pairs: Any) -> Tensor:
    """Ratings on the other aim, (pairs, 2). Where one is missing its weight is 0 (`weights.needs`)."""
    return torch.tensor([[each.engagement or 0.0 for each in (pair.chosen, pair.rejected)] for pair in pairs])


def _base(made: Any) -> Tensor:
    """The base's log-probs (nats) of chosen and rejected answers, (pairs, 2); each process works out its share."""
    ours = made.accelerator
    found: list[tuple[int, float, float]] = []
    for places, batch in islice(library.batches(made), ours.process_index, None, ours.num_processes):
        there = {name: values.to(ours.device) for name, values in batch.items()}
        chosen, rejected = made.compute_ref_log_probs(made.ref_model or made.model, there)
        found += zip(places, chosen.tolist(), rejected.tolist(), strict=True)
    return torch.tensor([[chosen, rejected] for _, chosen, rejected in sorted(gather_object(found))])


def _refer(made: Any, base: Tensor) -> None:
    """Let the trainer set answers against these log-probs, and keep no second model."""
    for name, column in zip(("ref_chosen_logps", "ref_rejected_logps"), base.T.tolist(), strict=True):
        made.train_dataset = made.train_dataset.add_column(name, column)
    made.precompute_ref_logps, made.ref_model = True, None
