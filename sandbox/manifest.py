"""The manifest of a run: what was asked for, with what, how far it came, and what it cost. Knows its schema only."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.config import Config

Status = Literal["running", "complete", "stopped", "failed"]
StoppedBy = Literal["interrupt", "error"]


class Part(BaseModel):
    """A frozen part of the manifest."""

    model_config = ConfigDict(frozen=True)


class Models(Part):
    """Model names asked for, names that endpoints reported, and the level of structured output of each."""

    agents: tuple[str, ...]
    observer: str
    reported: tuple[str, ...]
    structured: dict[str, str]


class Questions(Part):
    """The question set as it was used: its sha256 covers texts and prior pairs."""

    name: str
    sha256: str
    count: int
    dropped: dict[str, int]


class EmbedderUsed(Part):
    """The embedder; vectors in `memory/questions.npy` come from it."""

    name: str
    digest: str
    dimension: int


class Attempt(Part):
    """One process that worked on the run."""

    started: str
    finished: str | None
    calls: int
    tries: int
    wall_seconds: float


class Totals(Part):
    """Accounts of the run over all attempts. planned = complete + failed + not reached, always.

    `wall_seconds` is from first dispatch to last reply; `cost_usd` is None where a price is not known.
    """

    planned: int
    complete: int
    failed: int
    calls: int
    tries: int
    prompt_tokens: int
    completion_tokens: int
    calls_without_usage: int
    cost_usd: float | None
    missing_ratings: int
    wall_seconds: float


class Manifest(Part):
    """`manifest.json`."""

    schema_: Literal[1] = Field(alias="schema")
    run_id: str
    status: Status
    stopped_by: StoppedBy | None
    created: str
    finished: str | None
    sandbox: str
    config: Config
    origins: dict[str, str]
    fingerprint: str
    seed: int
    models: Models
    prompts: dict[str, str]
    questions: Questions
    prior: Questions | None
    embedder: EmbedderUsed
    packages: dict[str, str]
    attempts: tuple[Attempt, ...]
    totals: Totals

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)
