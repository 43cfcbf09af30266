"""Options of a training with nothing left open that changes results, and what must hold between them. Opens no file."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sandbox.errors import UsageError
from sandbox.options.option import flag_of
from sandbox.options.training import LEARNING_RATES, OBJECTIVES, OF_ALL_WEIGHTS, Objective, TrainingConfig
from sandbox.training.objectives.weights import weighed, weights_of

# Which objectives an option is of, and what it is for each of these where nobody says so. Margin, ratio and candidates
# are those of the paper's code (github.com/agi-templar/Stable-Alignment); beta is that of arXiv 2305.18290.
_OF: Final[Mapping[str, Mapping[Objective, Any]]] = {
    "margin": {"stable": 1.0},
    "ratio": {"stable": 0.5},
    "clamp": {"stable": "each"},
    "candidates": {"stable": 3, "rloo": 4},
    "beta": {"dpo": 0.1, "modpo": 0.1, "kto": 0.1, "rloo": 0.05},
    "weights": {"modpo": None, "dpo": None},
    "sweep": {"modpo": None},
    "reward": {"rloo": None},
}


def settled(config: TrainingConfig) -> TrainingConfig:
    """`config` with the defaults of its objective. Raises `UsageError` for what does not go together."""
    objective = config.objective
    if objective is None:
        raise UsageError(f"Say what the model learns by: --objective {'|'.join(OBJECTIVES)}")
    for name, of in _OF.items():
        if objective not in of and getattr(config, name) is not None:
            raise UsageError(f"{flag_of(name)} is of {', '.join(of)}, and --objective is {objective}: leave it out.")
    _check(config)
    given = {name: of[objective] for name, of in _OF.items() if objective in of and getattr(config, name) is None}
    rate = LEARNING_RATES[objective] * (OF_ALL_WEIGHTS if config.full else 1)
    long = {"epochs": None} if config.steps else {"epochs": config.epochs or 1.0}
    return replace(config, **given, **long, learning_rate=config.learning_rate or rate)


def _check(config: TrainingConfig) -> None:
    if config.epochs and config.steps:
        raise UsageError("--epochs and --steps both say how long: give one of them.")
    if config.weights and config.sweep:
        raise UsageError("--sweep trains once for each weight: leave out --weights.")
    if config.objective == "rloo" and not config.reward:
        raise UsageError(
            "rloo learns from a reward model: name it with --reward DIR.\n"
            "Make one: sandbox train DATA --objective reward --out DIR"
        )
    if config.objective == "rloo" and config.candidates == 1:
        raise UsageError("--candidates 1: rloo compares answers to one prompt, so at least 2 are needed.")
    if config.full and config.objective == "reward":
        raise UsageError("--full: a reward model is an adapter with a head, because rloo loads it beside its base.")
    if config.full and config.objective == "rloo":
        raise UsageError("--full: rloo holds its model to the base, which an adapter switched off is: leave it out.")
    if config.objective == "kto" and config.batch == 1:
        raise UsageError("--batch 1: kto finds how far it is from the base by the answers of a batch: at least 2.")


def sweep_of(config: TrainingConfig) -> Iterator[tuple[str, TrainingConfig]]:
    """The trainings that `config` stands for, by the name of their folder below --out: of a sweep one for each weight.

    Of others the one, without a name. Raises `UsageError` for what are no weights.
    """
    if config.sweep is None:
        weights_of(config)
        weighed(config)
        yield "", config
        return
    seen: set[float] = set()
    for text in config.sweep.split(","):
        weight = _weight(text, config.sweep)
        if weight in seen:
            raise UsageError(f"--sweep {config.sweep}: {weight:g} is there twice.")
        seen.add(weight)
        weights = f"alignment={weight:g},engagement={round(1 - weight, 9):g}"
        yield f"alignment-{weight:g}", replace(config, sweep=None, weights=weights)


def _weight(text: str, sweep: str) -> float:
    """As it is written in names and options: two that look alike there are one."""
    try:
        weight = float(f"{float(text):g}")
    except ValueError:
        weight = math.nan
    if not 0 < weight <= 1:
        told = "weights of alignment above 0 and at most 1, such as 0.1,0.5,0.9"
        raise UsageError(f"--sweep {sweep}: {text!r} is none of what is wanted, {told}.")
    return weight


def out_of(config: TrainingConfig) -> Path:
    """The folder to make. Raises `UsageError` where none is named."""
    if not config.out:
        raise UsageError("Name the folder to make: --out DIR")
    return Path(config.out)
