"""Steps of Stable Alignment on the embedded model with an adapter of rank 16, by our trainer and without one.

    python -m benchmarks.training_steps DATA ours,bare,plain STEPS TURNS

DATA is an export of stable-alignment. `ours` is the trainer of `sandbox train`; `bare` a loop of forward, backward and
AdamW over the same packed queries; `plain` what anyone would write first: each answer after its prompt, padded to the
longest, the log-probs of every token made. All take the same batches of 2 queries of 3 answers, on one thread in
float32, turn by turn. Prints
processor seconds of each step, but for the first of a turn, and the peak memory, as JSON.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ |= {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}  # read when torch is imported

import torch
from torch import Tensor
from torch.autograd import backward
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence
from transformers import TrainerCallback

from sandbox.options.training import TrainingConfig
from sandbox.training.base.base_model import folder_of, load, peft_wrapped
from sandbox.training.data.examples import Query
from sandbox.training.data.folder import open_folder
from sandbox.training.data.reading import examples
from sandbox.training.data.tokens import EncodedQuery
from sandbox.training.objectives.candidates import Candidates, Shuffled
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.objective import stable_loss
from sandbox.training.objectives.packing import losses, pack
from sandbox.training.objectives.stable import encoded_rows, trainer
from sandbox.training.settled import settled

KIB = 1024
QUERIES, ANSWERS = 2, 3
RATE = 1e-3
CONFIG = settled(TrainingConfig(objective="stable", batch=QUERIES, candidates=ANSWERS))

Batch = list[EncodedQuery]


class Clock(TrainerCallback):
    """Processor time at the end of each step."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """A step is over."""
        self.ends.append(time.process_time())


def ours(job: Job) -> list[float]:
    """When steps by the trainer end."""
    clock, made = Clock(), trainer(job)
    made.add_callback(clock)
    made.train()
    return clock.ends


def looped(job: Job, learn: Callable[[Any, Batch], None]) -> list[float]:
    """When steps by a loop end, which adds up gradients of a batch by `learn`."""
    trained = [each for each in job.model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE)
    job.model.train()
    ends = []
    for batch in _batches(job):
        learn(job.model, batch)
        clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        ends.append(time.process_time())
    return ends


def _batches(job: Job) -> Iterator[Batch]:
    """Those of the trainer, in its order."""
    rows = encoded_rows(job)
    drawn = Candidates(rows, CONFIG.seed, ANSWERS)
    places = iter(Shuffled(len(rows), 1, CONFIG.seed, lambda: 0))
    for _ in range(job.arguments["max_steps"]):
        yield [drawn[next(places)].query for _ in range(QUERIES)]


def bare(model: Any, batch: Batch) -> None:
    """As the trainer: one query after the other, packed."""
    for query in batch:
        backward(_loss(losses(model, pack([query]))[0], query) / len(batch))


def plain(model: Any, batch: Batch) -> None:
    """All answers at once, each after its prompt, padded."""
    said = [(query.prompt, answer) for query in batch for answer in query.answers]
    ids = pad_sequence([torch.tensor(prompt + answer) for prompt, answer in said], batch_first=True)
    labels = [torch.tensor([-100] * len(prompt) + answer) for prompt, answer in said]
    targets = pad_sequence(labels, batch_first=True, padding_value=-100)[:, 1:]
    real = pad_sequence([torch.ones(len(prompt) + len(answer)) for prompt, answer in said], batch_first=True)
    logits = model(input_ids=ids, attention_mask=real, use_cache=False).logits[:, :-1]
    tokens = cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    means = tokens.sum(1) / (targets != -100).sum(1)
    parts = torch.split(means, [len(query.answers) for query in batch])
    backward(torch.stack([_loss(nll, query) for nll, query in zip(parts, batch, strict=True)]).mean())


def _loss(nll: Tensor, query: EncodedQuery) -> Tensor:
    return stable_loss(nll, torch.tensor(query.ratings), margin=1, ratio=0.5, clamp="each").loss


WAYS: dict[str, Callable[[Job], list[float]]] = {
    "ours": ours,
    "bare": lambda job: looped(job, bare),
    "plain": lambda job: looped(job, plain),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_steps")
    parser.add_argument("data", type=Path)
    parser.add_argument("ways", type=lambda word: word.split(","))
    parser.add_argument("steps", type=int)
    parser.add_argument("turns", type=int)
    given = parser.parse_args()
    job = _job(given.data, given.steps + 1)
    seconds: dict[str, list[list[float]]] = {way: [] for way in given.ways}
    for _ in range(given.turns):
        for way, turns in seconds.items():
            ends = WAYS[way](job)
            turns.append([end - before for before, end in pairwise(ends)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
    print(json.dumps({"seconds": seconds, "peak_mib": peak}))  # noqa: T201


def _job(data: Path, steps: int) -> Job:
    torch.set_num_threads(1)
    model, tokenizer = load(folder_of(CONFIG.model), precision="float32", head="causal")
    wrapped = peft_wrapped(model, CONFIG.lora_rank, CONFIG.seed, "stable")
    read = [each for each in examples(open_folder(data), "imitation", "stable") if isinstance(each, Query)]
    enough = [query for query in read if len(query.answers) >= ANSWERS]
    return Job(CONFIG, wrapped, tokenizer, enough, _arguments(data, steps))


def _arguments(data: Path, steps: int) -> dict[str, Any]:
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "logging_strategy": "no"}
    batches = {"per_device_train_batch_size": QUERIES, "max_steps": steps, "learning_rate": RATE}
    return {"output_dir": str(data.with_name("trained")), "use_cpu": True, "bf16": False, **quiet, **batches}


if __name__ == "__main__":
    main()
