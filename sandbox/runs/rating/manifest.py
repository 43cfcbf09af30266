"""The manifest of a rating: which texts of which run were rated, by whom, by what, how far it came. A schema only."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field

from sandbox.options.rating import RatingConfig
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

RATING: Final = "rating"
MOST_DIMENSIONS: Final = 20
MOST_LINES: Final = 1 << 53  # counts beyond it are no numbers of JSON everywhere
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
DimensionName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_-]{0,39}$")]


def name_of_a_folder(name: str) -> str:
    """`name`, if it is one that lies beside another. Raises `ValueError`."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(name)  # it would lead elsewhere than beside the rating
    return name


class RatedLog(Part):
    """The log that was rated: the id of its run, and its first `interactions` lines with the sha256 of these."""

    run: Annotated[str, AfterValidator(name_of_a_folder)]
    interactions: Annotated[Count, Field(le=MOST_LINES)]
    sha256: Sha256


class DimensionUsed(Part):
    """What texts were rated on, from the lowest to the highest of `scale`."""

    name: DimensionName
    scale: tuple[int, int]


def _each_once(dimensions: tuple[DimensionUsed, ...]) -> tuple[DimensionUsed, ...]:
    if not dimensions or len({each.name for each in dimensions}) < len(dimensions):
        raise ValueError(dimensions)  # its calls would be paid twice
    return dimensions


def _that_stands(config: RatingConfig) -> RatingConfig:
    said = config.observer_model, config.name, config.observer_temperature, config.max_tokens
    if None in said or "" in said:
        raise ValueError(config)  # a default may be another one elsewhere
    return config


class RatingManifest(Part):
    """`manifest.json`. `texts` were rated, drafts and revisions together. `prompts` are sha256 of templates by name.

    `config` leaves nothing open that changes results. In `models`, `observer` is the one that rates, and there are no
    agents. The rest is as in the manifest of a run.
    """

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["rating"] = RATING
    run_id: str
    status: Status
    stopped_by: StoppedBy | None
    created: str
    finished: str | None
    sandbox: str
    config: Annotated[RatingConfig, AfterValidator(_that_stands)]
    origins: dict[str, str]
    fingerprint: str
    seed: Count
    rated: RatedLog
    texts: Count
    dimensions: Annotated[tuple[DimensionUsed, ...], AfterValidator(_each_once)]
    models: Models
    prompts: dict[str, str]
    packages: dict[str, str]
    attempts: tuple[AttemptEntry, ...]
    forecast: Expected
    totals: Totals
    overruns: dict[str, Overrun] = Field(default_factory=dict)
    prices_used: dict[str, PriceUsed] = Field(default_factory=dict)
    mark: str | None = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)
