"""Steps of Stable Alignment on all weights, timed: by our trainer, or by a bare loop on the same batches.

Run by `gpu_train` in an environment of its own; on a processor, too, where tests run it. Prints one line of JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd import backward
from transformers import TrainerCallback

from benchmarks.command import ROOT
from sandbox.options.training import TrainingConfig
from sandbox.training.base.base_model import load
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.objective import stable_loss
from sandbox.training.objectives.packing import losses
from sandbox.training.objectives.stable import StableTrainer, trainer
from sandbox.training.planning import plan_of
from sandbox.training.settled import settled
from sandbox.training.steps.arguments import arguments

WARM: Final = 5  # first steps, in which memory is taken and kernels are chosen
# SmolLM2-135M, as the config of its own says.
SHAPE: Final[Mapping[str, Any]] = {
    "vocab_size": 49_152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}


def main() -> None:
    """Make the trainer of the export in `data`, and time it or the loop."""
    way, batch, steps, *shape = sys.argv[1:]
    ready = trainer_of(Path("data"), random_model(Path("data")) if shape else "local", int(batch), int(steps))
    clock = by_bare_loop(ready, int(steps)) if way == "bare loop" else by_trainer(ready)
    sys.stdout.write(json.dumps(clock.told(way)) + "\n")


def random_model(data: Path) -> str:
    """A folder with weights drawn in the shape of the embedded model, and the words of `data` for a vocabulary."""
    sys.path.insert(0, str(ROOT / "tests"))
    tiny = import_module("tiny_model")
    return str(tiny.make_tiny_model(Path("random"), tiny.texts_of(data), **SHAPE))


def trainer_of(data: Path, model: str, batch: int, steps: int) -> StableTrainer:
    """Our trainer of all weights of `model` on an export, as the command makes it; it writes nothing down."""
    config = settled(TrainingConfig(objective="stable", full=True, model=model, batch=batch, steps=WARM + steps))
    plan = plan_of(config, {}, data, lambda _: None)
    loaded, tokenizer = load(plan.model, precision="float32", head="causal")
    told = arguments(plan, Path("out")) | {"save_strategy": "no", "logging_strategy": "no"}
    return trainer(Job(config, loaded, tokenizer, plan.examples, told))


class Clock(TrainerCallback):
    """Seconds and tokens of the steps after the first ones; `read` says how many tokens were read so far."""

    def __init__(self, read: Callable[[], int]) -> None:
        self._read = read
        self.steps, self.seconds, self.tokens = 0, 0.0, 0
        self._since, self._before = 0.0, 0

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Look at the clock once the card has done what it was told."""
        self.stepped()

    def stepped(self) -> None:
        """A step has ended."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.steps += 1
        now, read = time.perf_counter(), self._read()
        if self.steps <= WARM:
            self._since, self._before = now, read
        self.seconds, self.tokens = now - self._since, read - self._before

    def told(self, way: str) -> dict[str, Any]:
        """Tokens a second, and the most memory that the card gave, MiB (null on a processor)."""
        cuda = torch.cuda.is_available()
        return {
            "way": way,
            "device": torch.cuda.get_device_name() if cuda else "processor",
            "steps": self.steps - WARM,
            "tokens": self.tokens,
            "tokens a second": round(self.tokens / self.seconds, 1),
            "memory, MiB": round(torch.cuda.max_memory_allocated() / 2**20) if cuda else None,
        }


def by_trainer(ready: StableTrainer) -> Clock:
    """As the command does, but for what is written down."""
    clock = Clock(lambda: ready.tokens)
    ready.add_callback(clock)
    ready.train()
    return clock


def by_bare_loop(ready: StableTrainer, steps: int) -> Clock:
    """Forward, backward, clip, AdamW, and nothing else, on the passes of the first epoch again and again."""
    passes, of_a_step = cycle(list(ready.get_train_dataloader())), ready.args.gradient_accumulation_steps
    model: Any = ready.model
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=ready.args.learning_rate, weight_decay=0.0)
    read = 0
    clock = Clock(lambda: read)
    for _ in range(WARM + steps):
        for batch in islice(passes, of_a_step):
            with torch.autocast(model.device.type, torch.bfloat16, enabled=ready.args.bf16):
                found = losses(model, batch)
            backward(mean_loss(found, batch["ratings"]) / of_a_step)
            read += batch["input_ids"].numel()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        clock.stepped()
    return clock


def mean_loss(found: Sequence[Tensor], ratings: Sequence[Sequence[float]]) -> Tensor:
    """Over queries, with the defaults of the objective."""
    rated = [(nll, nll.new_tensor(given)) for nll, given in zip(found, ratings, strict=True)]
    return torch.stack([stable_loss(*each, margin=1.0, ratio=0.5, clamp="each").loss for each in rated]).mean()


if __name__ == "__main__":
    main()
