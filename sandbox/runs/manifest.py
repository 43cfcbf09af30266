"""The manifest of a run: what was asked for, with what, how far it came, and what it cost. Knows its schema only."""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, field_serializer

from sandbox.options.config import Config
from sandbox.runs.adapters import AdapterUsed, as_recorded
from sandbox.runs.asks import Rare
from sandbox.runs.population import Population
from sandbox.runs.tokens import Cached, Overrun

if TYPE_CHECKING:
    from memory import CachedEmbedder

Status = Literal["running", "complete", "stopped", "failed"]
StoppedBy = Literal["interrupt", "error", "budget", "failures", "missing"]
# What a folder is whose manifest names no kind.
SIMULATION: Final = "simulation"
MOST_SYSTEMS: Final = 20
# A server that makes up a name for every reply need not fill the manifest.
MOST_NAMES: Final = 50
Count = Annotated[int, Field(ge=0)]
Dollars = Annotated[float, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Part(BaseModel):
    """A frozen part of the manifest, which refuses keys it does not know: a damaged key is no default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Models(Part):
    """Model names asked for, names that endpoints reported, and the level of structured output of each.

    `served` are other names that answered for one that was asked for, at most `MOST_NAMES` of each.
    `endpoints` are the base URLs at which each name was asked, without their queries; one in this process has none.
    `default_endpoint` is the one that has the default key, None where no model was asked there.
    `systems` are what answers said of who gave them behind a name, at most `MOST_SYSTEMS`. Older runs say none of it.
    """

    agents: tuple[str, ...]
    observer: str
    reported: tuple[str, ...]
    structured: dict[str, str]
    served: dict[str, tuple[str, ...]] = {}
    endpoints: dict[str, tuple[str, ...]] = {}
    default_endpoint: str | None = None
    systems: tuple[str, ...] = ()


class Questions(Part):
    """The question set as it was used: its sha256 covers texts and prior pairs."""

    name: str
    sha256: str
    count: Count
    dropped: dict[str, Count]


class EmbedderUsed(Part):
    """The embedder; vectors in `memory/questions.npy` come from it. Older runs, and `hash`, name no `backend`."""

    name: str
    digest: str
    dimension: Count
    backend: Literal["onnx", "torch"] | None = None

    @classmethod
    def of(cls, embedder: "CachedEmbedder") -> Self:
        """What a manifest says of `embedder`."""
        return cls(name=embedder.name, digest=embedder.digest, dimension=embedder.dimension, backend=embedder.backend)


class Lost(Part):
    """Tries that were sent and never answered (timeout, broken connection): at most so much was paid for them."""

    calls: Count
    tokens: Count
    cost_usd: Dollars | None


class PriceUsed(Part):
    """USD per million tokens of a model, where and when they were read, and the name that they stand under there.

    `cached` prompt tokens cost as much as others where it is None.
    """

    prompt: Dollars
    completion: Dollars
    cached: Rare[Dollars] = None
    name: str
    source: str
    date: str


class AttemptEntry(Part):
    """One process that worked on the run.

    `unknown`: so many calls at most were in flight when the process was killed; whether they were paid nobody knows.
    """

    started: str
    finished: str | None
    calls: Count
    tries: Count
    wall_seconds: Seconds
    lost: Lost
    unknown: Count


class Expected(Part):
    """What `--dry-run` forecasts: calls exactly, re-asks apart; tokens and USD as (low, high).

    Tokens are those of language models, None where none is asked.
    """

    calls: Count
    prompt_tokens: tuple[int, int] | None
    completion_tokens: tuple[int, int] | None
    cost_usd: tuple[float, float] | None


class Totals(Part):
    """Accounts of the run over all attempts. planned = complete + failed + not reached, always.

    `wall_seconds` is from first dispatch to last reply; `cost_usd` is None where a price is not known. The three
    before `cached` count replies with something beside their answer, and are 0 in runs of versions that did not look.
    `cached` is None where no endpoint said anything of it.
    """

    planned: Count
    complete: Count
    failed: Count
    calls: Count
    tries: Count
    prompt_tokens: Count
    completion_tokens: Count
    calls_without_usage: Count
    cost_usd: Dollars | None
    missing_ratings: Count
    wall_seconds: Seconds
    calls_with_thinking: Count = 0
    calls_cut_while_thinking: Count = 0
    calls_with_marks: Count = 0
    cached: Rare[Cached] = None


class Manifest(Part):
    """`manifest.json`. `mark` says whose word it is (`own_mark`); None where nobody's, and in older runs."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["simulation"] = SIMULATION
    run_id: str
    status: Status
    stopped_by: StoppedBy | None
    created: str
    finished: str | None
    sandbox: str
    config: Config
    origins: dict[str, str]
    fingerprint: str
    seed: Count
    models: Models
    prompts: dict[str, str]
    questions: Questions
    prior: Questions | None
    embedder: EmbedderUsed
    packages: dict[str, str]
    attempts: tuple[AttemptEntry, ...]
    forecast: Expected
    totals: Totals
    overruns: dict[str, Overrun] = {}
    prices_used: dict[str, PriceUsed] = {}
    mark: str | None = None
    population: Rare[Population] = None
    adapters: Rare[tuple[AdapterUsed, ...]] = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    @field_serializer("config", mode="wrap")
    def _used_options(self, config: Config, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return as_recorded(config, serialize(config))
