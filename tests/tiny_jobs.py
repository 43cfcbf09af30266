"""Trainings of the tiny model of words, small enough for a blink: pairs made up by a seed, and a job for an objective.

Knows no export and no command.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from tiny_model import light, make_tiny_model

from sandbox.options.training import Objective, TrainingConfig
from sandbox.training.base.base_model import Base, folder_of, load, peft_wrapped
from sandbox.training.data.examples import Answer, Demonstration, Labelled, Pair
from sandbox.training.objectives.job import Job

_WORDS: Final = ("kind", "fair", "calm", "open", "rude", "cold", "loud", "mean")
SETTINGS: Final[Mapping[str, Any]] = {
    "max_steps": 2,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 1,
    "learning_rate": 1e-2,
    "lr_scheduler_type": "constant",
    "seed": 0,
    "bf16": False,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "logging_strategy": "steps",
    "logging_steps": 1,
    "save_strategy": "no",
    "save_steps": 2,
    "report_to": "none",
    "disable_tqdm": True,
    "remove_unused_columns": False,
}
MODULES: Final[Mapping[Objective, str]] = {"dpo": "preference", "modpo": "preference"}
# Libraries use names that transformers 5 has renamed.
renamed = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning")


def pairs(count: int = 16) -> list[Pair]:
    """Different questions with two answers each, of different lengths, with ratings."""
    draw = Random(0)

    def answer() -> Answer:
        said = " ".join(draw.choice(_WORDS) for _ in range(draw.randint(3, 9)))
        return Answer(f"{said} .", float(draw.randint(1, 7)), float(draw.randint(1, 7)))

    asked = [f"Is it {one} to be {other} ?" for one in _WORDS for other in _WORDS][:count]
    return [Pair(({"role": "user", "content": each},), answer(), answer(), draw.random()) for each in asked]


def demonstrations() -> list[Demonstration]:
    return [Demonstration(pair.messages, pair.chosen.text) for pair in pairs()]


def labelled() -> list[Labelled]:
    return [Labelled(pair.messages, pair.chosen.text, number % 2 == 0) for number, pair in enumerate(pairs())]


@cache
def base(folder: Path) -> Base:
    """The tiny model of those words, made in `folder`."""
    return folder_of(str(make_tiny_model(folder, [*_WORDS, "Is it to be ? ."])))


def job(base: Base, objective: Objective, rows: Sequence[Any], out: Path, **changes: Any) -> Job:
    """A job over `base`; `changes` are options, or else of `SETTINGS`."""
    own = TrainingConfig.__dataclass_fields__.keys() - SETTINGS.keys()
    options = {name: value for name, value in changes.items() if name in own}
    settings = {**SETTINGS, **{name: value for name, value in changes.items() if name not in options}}
    config = TrainingConfig(**{"objective": objective, "beta": 0.1, "max_length": 64, **options})
    model, tokenizer = load(base, precision="float32", head="reward" if objective == "reward" else "causal")
    made = model if config.full else peft_wrapped(model, 4, 0, objective)
    return Job(config, made, tokenizer, rows, {"output_dir": str(out), **settings})


def trainer(of: Job) -> Any:
    """The trainer of a job, without what prints."""
    from transformers import PrinterCallback

    objective = of.config.objective
    assert objective
    made = import_module(f"sandbox.training.objectives.{MODULES.get(objective, objective)}").trainer(of)
    made.remove_callback(PrinterCallback)
    return made


def listening(made: Any) -> list[tuple[dict[str, float], int]]:
    """What a log of steps will find of each step of the trainer `made`: its parts and tokens."""
    from transformers import TrainerCallback

    heard: list[tuple[dict[str, float], int]] = []

    class Listener(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, **said: Any) -> None:
            del args, state, control
            if "loss" in said["logs"]:
                heard.append((dict(made.parts), made.tokens))

    made.add_callback(Listener())
    return heard


def numbers(made: Any) -> list[float]:
    """Train: the losses of all steps, and then the parts of each."""
    heard = listening(made)
    made.train()
    losses = [entry["loss"] for entry in made.state.log_history if "loss" in entry]
    return [*losses, *(value for parts, _ in heard for value in parts.values())]


@contextmanager
def alone() -> Iterator[None]:
    """Meanwhile nothing is sent and no bars are drawn, and training costs little."""
    import datasets
    from huggingface_hub import constants

    with pytest.MonkeyPatch.context() as patch, light():
        patch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        datasets.disable_progress_bars()
        yield
