"""Stable Alignment: the trainer that learns from queries whose answers are rated.

A step's loss is the mean over all its queries, however they are spread over batches, passes and processes. Knows no
file; when it is saved and what is logged is a matter of whoever drives it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import Trainer, TrainingArguments

from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig
from sandbox.training.data.tokens import EncodedQuery, encode_query
from sandbox.training.objectives.candidates import Candidates, Shuffled, collate
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.objective import StableLoss, stable_loss
from sandbox.training.objectives.packing import evaluating, losses, packs


class StableTrainer(Trainer):
    """Learns by Stable Alignment.

    `parts` are the means over queries of the loss and its parts, and `tokens` those that were read, both of all passes
    and processes since they were last reset by whoever reads them.
    """

    loss_is_scaled_for_ga = True  # by how many queries there are: the library would divide once more, by passes

    def __init__(self, rows: Candidates, config: TrainingConfig, **named: Any) -> None:
        super().__init__(train_dataset=rows, data_collator=collate, **named)
        self._rows = len(rows)
        self._seed = config.seed
        assert config.margin is not None
        assert config.ratio is not None
        assert config.clamp is not None  # a plan leaves nothing open
        self._objective = partial(stable_loss, margin=config.margin, ratio=config.ratio, clamp=config.clamp)
        self.parts: dict[str, float] = {}
        self.tokens = 0

    def _get_train_sampler(self, train_dataset: Any = None) -> Shuffled:  # noqa: ARG002  the library's
        # Not by `set_epoch`, which does not reach a sampler on several processes that go on within an epoch.
        multiple = self.args.world_size * self.args.train_batch_size if self.args.world_size > 1 else 1
        return Shuffled(self._rows, multiple, self._seed, lambda: int(self.state.epoch or 0))

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Tensor]:
        """The batches of a step, and how many queries they have on all processes."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        queries = torch.tensor(sum(sum(batch["counts"]) for batch in batches), device=device)
        return batches, self.accelerator.reduce(queries, "sum")

    def compute_loss(
        self,
        model: Any,
        inputs: Any,
        return_outputs: bool = False,  # noqa: ARG002  the library's
        num_items_in_batch: Any = None,
    ) -> Tensor:
        """This batch's share of the mean over all queries of the step, times the processes, whose mean is taken."""
        counts = torch.tensor(inputs["counts"], device=inputs["queries"].device)
        of_queries = map(self._loss, losses(model, inputs), inputs["ratings"])
        parts = torch.stack([torch.stack(each) for each in of_queries])
        shares = (parts * counts[:, None]).sum(0) / num_items_in_batch
        self._count(shares.detach(), int(counts[inputs["queries"]].sum()))
        loss: Tensor = shares[0].float() * self.accelerator.num_processes
        return loss

    def _loss(self, nll: Tensor, ratings: Sequence[float]) -> StableLoss:
        return self._objective(nll, torch.tensor(ratings, device=nll.device))

    def _count(self, shares: Tensor, tokens: int) -> None:
        counted = torch.cat([shares, shares.new_tensor([tokens])])
        *parts, read = self.accelerator.reduce(counted, "sum").tolist()
        for name, part in zip(StableLoss._fields, parts, strict=True):
            self.parts[name] = self.parts.get(name, 0.0) + part
        self.tokens += round(read)


def trainer(job: Job) -> StableTrainer:
    """Ready to train; raises `UsageError` if nothing is left to learn, or if the model cannot learn from queries."""
    rows = encoded_rows(job)
    if not rows:
        raise UsageError(
            f"Nothing is left to learn: no query has a rated answer within {job.config.max_length} tokens.\n"
            "Say a larger --max-length, or export other runs."
        )
    assert job.config.candidates is not None
    queries = Candidates(rows, job.config.seed, job.config.candidates)
    made = StableTrainer(queries, job.config, model=job.model, args=_one_at_a_time(TrainingArguments(**job.arguments)))
    require_packing(made.model, max(rows, key=EncodedQuery.tokens))  # where the trainer has put it: on a GPU, quick
    return made


def _one_at_a_time(arguments: TrainingArguments) -> TrainingArguments:
    """Passes of one query each on a processor, which several at once do not speed up: they would only take memory."""
    if arguments.device.type == "cpu":
        arguments.gradient_accumulation_steps *= arguments.per_device_train_batch_size
        arguments.per_device_train_batch_size = 1
    return arguments


def encoded_rows(job: Job) -> list[EncodedQuery]:
    """Queries in order, without those of which nothing is left."""
    limit = job.config.max_length
    encoded = (encode_query(job.tokenizer, query, "alignment", limit) for query in job.rows)
    return [query for query in encoded if query is not None]


def require_packing(model: Any, query: EncodedQuery) -> None:
    """Raises `UsageError` if answers in one sequence would not have the losses that they have alone."""
    with evaluating(model):
        if packs(model, query):
            return
    raise UsageError(
        "This model does not keep the answers to a query apart in one sequence, which --objective stable needs.\n"
        "Train one of the Llama kind, or by --objective dpo."
    )
