"""The manifest of an evaluation: what was asked of whom, with what, how far it came, what it cost. A schema only."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, SerializerFunctionWrapHandler, field_serializer

from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import unused
from sandbox.runs.adapters import AdapterUsed
from sandbox.runs.asks import Rare
from sandbox.runs.manifest import (
    AttemptEntry,
    Count,
    Expected,
    Models,
    Part,
    PriceUsed,
    Status,
    StoppedBy,
    Totals,
)
from sandbox.runs.tokens import Overrun
from sandbox.suites.suite import SuiteName

EVALUATION: Final = "evaluation"


def _of_the_calendar(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _each_once(suites: "tuple[SuiteUsed, ...]") -> "tuple[SuiteUsed, ...]":
    if len({suite.name for suite in suites}) < len(suites):
        raise ValueError(suites)  # its calls would be paid twice
    return suites


# It stands in the names of files that other harnesses are given.
Time = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$"), AfterValidator(_of_the_calendar)]


class SuiteUsed(Part):
    """A suite as it was asked; `digest` (sha256) covers what changes answers and numbers. `dropped` by reason."""

    name: SuiteName
    digest: str
    items: Count
    licence: str
    dropped: dict[str, Count]


class EvaluationManifest(Part):
    """`manifest.json`. In `models`, `agents` has the one that answers, and `observer` is the judge.

    `answers_of` says where answers come from that were not asked for here: the id of an evaluation, or a file's name.
    `prompts` are sha256 of judges' templates by suite. The rest is as in the manifest of a run.
    """

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["evaluation"] = EVALUATION
    run_id: str
    status: Status
    stopped_by: StoppedBy | None
    created: Time
    finished: Time | None
    sandbox: str
    config: EvaluationConfig
    origins: dict[str, str]
    fingerprint: str
    seed: Count
    suites: Annotated[tuple[SuiteUsed, ...], AfterValidator(_each_once)]
    judge: str | None
    answers_of: str | None
    models: Models
    prompts: dict[str, str]
    packages: dict[str, str]
    attempts: tuple[AttemptEntry, ...]
    forecast: Expected
    totals: Totals
    overruns: dict[str, Overrun] = Field(default_factory=dict)
    prices_used: dict[str, PriceUsed] = Field(default_factory=dict)
    mark: str | None = None
    adapters: Rare[tuple[AdapterUsed, ...]] = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    @field_serializer("config", mode="wrap")
    def _used_options(self, config: EvaluationConfig, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(config)
        return {name: value for name, value in document.items() if name not in unused(config)}
