"""A training before its first step: what is learnt from what, on what, for how long. Knows no tensor.

Two plans with the same fingerprint give the same bytes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from sandbox.options.option import options
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.manifest import BaseUsed, DataUsed, RowsUsed
from sandbox.runs.training.reading import Training
from sandbox.training.base.base_model import Base
from sandbox.training.data.examples import Example, Query
from sandbox.training.hardware import Hardware


@dataclass(frozen=True)
class Plan:
    """Everything but the weights. `config` leaves nothing open, and `origins` say where its values come from.

    `trainable` parameters are trained.

    `examples` are learnt from, in order, and counted by part in `rows`; they have `tokens_prompt` and `tokens_learnt`
    together. `held_out` are the questions of other splits. `rewarding` is the training whose model rewards, and
    `reward` the sha256 of its weights.
    """

    config: TrainingConfig
    origins: Mapping[str, str]
    data: DataUsed
    card: str
    model: Base
    base: BaseUsed
    trainable: int
    rewarding: Training | None
    reward: str | None
    hardware: Hardware
    packages: Mapping[str, str]
    tokenizer: Any
    examples: Sequence[Example]
    rows: Mapping[str, RowsUsed]
    tokens_prompt: int
    tokens_learnt: int
    held_out: Mapping[str, Sequence[Query]]
    steps_planned: int

    @property
    def model_asked(self) -> str:
        """What was named as the model, without the path of a folder."""
        return self.config.model if self.model.gguf else self.model.name

    @property
    def reward_name(self) -> str | None:
        """The name of the training that rewards."""
        return self.rewarding.directory.name if self.rewarding else None

    @property
    def device(self) -> str:
        """The kind of device, and what it is called."""
        return self.hardware.name

    @property
    def precision(self) -> str:
        """Of its numbers."""
        return self.hardware.precision

    @property
    def threads(self) -> int:
        """Of the processor."""
        return self.hardware.threads

    @property
    def ranks(self) -> int:
        """The processes that share the work."""
        return self.hardware.ranks

    @cached_property
    def fingerprint(self) -> str:
        """Sha256 of all that the weights depend on."""
        by_content = {"model", "reward", "threads", "precision"}
        deciding = {
            name: getattr(self.config, name)
            for name, option in options(TrainingConfig).items()
            if not option.operational and name not in by_content
        }
        made_of: dict[str, Any] = {
            **deciding,
            "data": self.data.files,
            "base": self.base.sha256,
            "reward_digest": self.reward,
            "packages": dict(self.packages),
            "on": [self.device, self.precision, self.threads, self.ranks],
        }
        return hashlib.sha256(orjson.dumps(made_of, option=orjson.OPT_SORT_KEYS)).hexdigest()
