"""The configuration of a training: every option of `sandbox train`, its default, its bounds and what it means.

Knows no data, no trainer and no command line. Nothing slow is imported here, because `--help` needs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, get_args

from annotated_doc import Doc
from annotated_types import Ge, Gt, Le

from sandbox.options.calling import AsJson, Debug, Seed
from sandbox.options.config import LOCAL
from sandbox.options.option import OPERATIONAL, CommandForm, Metavar, Panel, Short, Suggested

Objective = Literal["stable", "sft", "dpo", "modpo", "kto", "reward", "rloo"]
Schedule = Literal["cosine", "linear", "constant"]
Precision = Literal["auto", "float32", "bf16"]
Clamp = Literal["each", "mean", "max"]
OBJECTIVES: Final[tuple[Objective, ...]] = get_args(Objective)
# Of adapters of rank 16 on the embedded model, whose losses they bring down within an epoch of a small society; all
# weights together take a tenth.
LEARNING_RATES: Final[Mapping[Objective, float]] = {
    "stable": 1e-3, "sft": 1e-3, "dpo": 5e-4, "modpo": 5e-4, "kto": 5e-4, "reward": 1e-3, "rloo": 5e-4,
}  # fmt: skip
OF_ALL_WEIGHTS: Final = 0.1

_OBJECTIVE: Final = Panel("Objectives")
_RUN: Final = Panel("Operation (never changes results)")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Options of a training. None means what the help text says about it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    form: ClassVar = CommandForm("SANDBOX_TRAIN_", panel="Training")

    objective: Annotated[Objective | None, Doc(f"What it learns by: {', '.join(OBJECTIVES)}.")] = None
    out: Annotated[str | None, OPERATIONAL, Short("-o"), Metavar("DIR"), Doc("Folder to make; never overwritten.")] = (
        None
    )
    model: Annotated[
        str, Suggested((LOCAL,)), Doc("local (the embedded model), a folder, or ORG/NAME[@REVISION] of the hub")
    ] = LOCAL
    epochs: Annotated[float | None, Gt(0), Le(10_000), Doc("times that the rows are gone through (default: 1)")] = None
    steps: Annotated[int | None, Ge(1), Le(10**9), Doc("so many steps in the place of --epochs")] = None
    batch: Annotated[int, Ge(1), Le(100_000), Doc("queries, pairs or rows of one forward pass")] = 4
    accumulate: Annotated[int, Ge(1), Le(100_000), Doc("passes of which one step is made")] = 1
    learning_rate: Annotated[
        float | None, Gt(0), Le(10), Doc("highest rate (default: 0.001 or 0.0005, by objective; --full: a tenth)")
    ] = None
    warmup: Annotated[float, Ge(0), Le(1), Doc("share of the steps in which the rate rises")] = 0.03
    schedule: Annotated[Schedule, Doc("how the rate falls afterwards")] = "cosine"
    max_length: Annotated[int, Ge(8), Le(1_000_000), Doc("most tokens of prompt and answer")] = 1024
    lora_rank: Annotated[int, Ge(1), Le(4096), Doc("rank of the adapter")] = 16
    full: Annotated[bool, Doc("train all weights, without an adapter")] = False
    precision: Annotated[
        Precision, Doc("auto: bf16 on a GPU and on a processor with instructions for it, else float32")
    ] = "auto"
    seed: Seed = 0
    margin: Annotated[
        float | None, _OBJECTIVE, Ge(0), Le(1000), Doc("stable: of the worst rating to the best (default: 1)")
    ] = None
    ratio: Annotated[
        float | None, _OBJECTIVE, Ge(0), Le(1000), Doc("stable: weight of the penalty beside imitation (default: 0.5)")
    ] = None
    candidates: Annotated[
        int | None,
        _OBJECTIVE,
        Ge(1),
        Le(1000),
        Doc("stable: answers of a query in a step; rloo: answers sampled to a prompt (default: 3; rloo: 4)"),
    ] = None
    clamp: Annotated[
        Clamp | None, _OBJECTIVE, Doc("stable: at zero each penalty, their mean, or the largest (default: each)")
    ] = None
    beta: Annotated[
        float | None,
        _OBJECTIVE,
        Gt(0),
        Le(1000),
        Doc("dpo, modpo, kto, rloo: hold on to the base (default: 0.1; rloo: 0.05)"),
    ] = None
    weights: Annotated[
        str | None,
        _OBJECTIVE,
        Metavar("NAME=W,..."),
        Doc("modpo, dpo on a modpo export: of both ratings, such as alignment=0.7,engagement=0.3"),
    ] = None
    sweep: Annotated[
        str | None,
        _OBJECTIVE,
        Metavar("W,W,..."),
        Doc("modpo: one training for each weight of alignment, such as 0.1,0.5,0.9"),
    ] = None
    reward: Annotated[
        str | None, _OBJECTIVE, Metavar("DIR"), Doc("rloo: training of --objective reward that rewards answers")
    ] = None
    answers: Annotated[
        int, Ge(0), Le(1000), Doc("held-out questions that base and trained model answer side by side")
    ] = 4
    save_steps: Annotated[int, _RUN, OPERATIONAL, Ge(1), Le(10**9), Doc("steps between checkpoints")] = 50
    threads: Annotated[int | None, Ge(1), Le(1024), Doc("of the processor (default: one for each core)")] = None
    json: AsJson = False
    debug: Debug = False
