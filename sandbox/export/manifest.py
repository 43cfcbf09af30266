"""`manifest.json` of an exported folder: what it was made of, by which rules, and what became of every row.

Holds no times and no paths, so that the same runs and options give the same bytes. Knows its schema only.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from sandbox.export.names import SPLITS, ExportKind, Format, Split, Style, Trainer
from sandbox.runs.asks import Rare
from sandbox.runs.manifest import Count, EmbedderUsed, Models, Part, Questions, Status


class GivenScoresUsed(Part):
    """The rating whose scores stand in the place of a run's own, and the sha256 of its file of scores."""

    rating: str
    sha256: str


class SourceRun(Part):
    """A run that rows come from. `sha256` is over the lines of its log that were read.

    `study` names the study as all of whose runs it was asked for. Where other `scores` than its own were taken, the
    observer in `models` is who gave these. `studied` tells, where there is any, what it studies beside its answers.
    """

    run_id: str
    fingerprint: str
    status: Status
    planned: Count
    interactions: Count
    sha256: str
    seed: Count
    models: Models
    questions: Questions
    prior: Questions | None
    study: str | None = None
    scores: Rare[GivenScoresUsed] = None
    studied: Rare[dict[str, str]] = None


class RowCounts(Part):
    """Accounts of a kind of rows: considered = kept + all that was dropped, always."""

    considered: Count
    kept: Count
    dropped: dict[str, Count]


class ExportManifest(Part):
    """The whole. `agreement` is of modpo only, `embedder` what found near duplicates.

    `language` are the languages of its texts, where somebody stated them.

    `prompts` are, for prompts of drafts, the sha256 by name of the templates that they are made of.

    `files` are sha256 by path, without the manifest itself and without the card, into which people may write.
    """

    schema_: Literal[1] = Field(alias="schema")
    kind: ExportKind
    sandbox: str
    packages: dict[str, str]
    format: Format
    style: Style
    trainers: tuple[Trainer, ...]
    seed: int
    options: dict[str, Any]
    prompts: Rare[dict[str, str]] = None
    license: str
    language: Rare[tuple[str, ...]] = None
    embedder: EmbedderUsed | None
    runs: tuple[SourceRun, ...]
    filters: dict[str, RowCounts]
    parts: dict[str, dict[Split, Count]]
    agreement: dict[str, Any] | None
    files: dict[str, str]

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    @property
    def splits(self) -> list[Split]:
        """Those in which any part has rows, in order."""
        return [split for split in SPLITS if any(split in counts for counts in self.parts.values())]
