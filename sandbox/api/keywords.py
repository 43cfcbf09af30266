"""The options of each function by name and type, for type checkers and editors. What they mean, the options say.

A test compares both, so that a new option has its line here.
"""

import os
from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict

Text: TypeAlias = str | os.PathLike[str] | None
Texts: TypeAlias = Text | Sequence[str | os.PathLike[str]]


class Asking(TypedDict, total=False):
    """How models are asked, in a society or in an evaluation, and where that is kept."""

    model: Text
    adapter: Text
    base_url: Text
    max_tokens: int | None
    seed: int | None
    structured: Literal["auto", "json_schema", "json_object", "text"] | None
    concurrency: int | None
    rpm: int | None
    tpm: int | None
    timeout: float | None
    wait: float | None
    budget_usd: float | None
    budget_tokens: int | None
    budget_calls: int | None
    prices: Text
    max_failures: float | None
    max_missing: float | None
    retry_failed: bool | None
    prompts: Text
    runs: Text
    run_id: Text
    yes: bool | None


class SimulateOptions(Asking, total=False):
    """Of `sandbox.simulate`; see `Config`."""

    observer_model: Text
    observer_adapter: Text
    observer_base_url: Text
    observer_api_key_env: Text
    embedder: Text
    questions: Text
    column: Texts
    question_mark: bool | None
    min_length: int | None
    max_length: int | None
    prior: Text
    prior_size: int | None
    labels: Literal["all-good", "all-bad", "half", "mixed", "none"] | None
    good: float | None
    grid: int | None
    rounds: int | None
    neighbours: int | None
    scope: Literal["local", "global", "mixed"] | None
    radius: float | None
    dropout: float | None
    threshold: float | None
    observe: Literal["separate", "joint"] | None
    population: Text
    evaluator_view: Text
    peers_rate: Literal["revision"] | None
    control: Text
    step: Text
    temperature: float | None
    observer_temperature: float | None


class EvaluateOptions(Asking, total=False):
    """Of `sandbox.evaluate`; see `EvaluationConfig`."""

    suite: Texts
    judge: Text
    judge_base_url: Text
    judge_api_key_env: Text
    suite_data: Text
    answers: Text
    limit: int | None
    samples: int | None
    shuffles: int | None
    logprobs: bool | None
    pairs: bool | None
    pairwise: bool | None


class StudyOptions(TypedDict, total=False):
    """Of `sandbox.study`."""

    jobs: int | None
    on: Literal["here", "processes", "ray"] | None
    address: Text
    retry_failed: bool | None
    cell: int | None
    budget_usd: float | None
    budget_tokens: int | None
    budget_calls: int | None
    yes: bool | None
    studies: Text


class TrainOptions(TypedDict, total=False):
    """Of `sandbox.train`; see `TrainingConfig`."""

    objective: Literal["stable", "sft", "dpo", "modpo", "kto", "reward", "rloo"] | None
    out: Text
    model: Text
    epochs: float | None
    steps: int | None
    batch: int | None
    accumulate: int | None
    learning_rate: float | None
    warmup: float | None
    schedule: Literal["cosine", "linear", "constant"] | None
    max_length: int | None
    lora_rank: int | None
    full: bool | None
    precision: Literal["auto", "float32", "bf16"] | None
    seed: int | None
    margin: float | None
    ratio: float | None
    candidates: int | None
    clamp: Literal["each", "mean", "max"] | None
    beta: float | None
    weights: Text
    sweep: Text
    reward: Text
    answers: int | None
    save_steps: int | None
    threads: int | None
