"""What lies beside the rows of an exported folder: configurations for trainers, card and manifest. Knows no row."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

import sandbox
from memory.files import sha256_of
from sandbox.export.account import INTERACTIONS
from sandbox.export.by_question import RunRead
from sandbox.export.card.card import card
from sandbox.export.card.findable import languages_of
from sandbox.export.columns import features, schema
from sandbox.export.exporting import Export
from sandbox.export.formats import kinds_of
from sandbox.export.manifest import ExportManifest, GivenScoresUsed, RowCounts, SourceRun
from sandbox.export.names import CARD, EXPORT_KIND, MANIFEST, Shape, Trainer
from sandbox.export.trainers.known import KNOWN
from sandbox.runs.manifest import EmbedderUsed
from sandbox.runs.studied import studied


class Terms(NamedTuple):
    """What a folder says besides its rows: our licence and languages, for which trainers, and what found duplicates."""

    license: str
    language: tuple[str, ...]
    trainers: tuple[Trainer, ...]
    embedder: EmbedderUsed | None


def describe(export: Export, folder: Path, terms: Terms) -> ExportManifest:
    """Write all that is not rows into `folder`, which has the rows of `export`."""
    recipe = export.recipe
    shape = Shape(recipe.format, recipe.style, {part: list(counts) for part, counts in export.parts.items()})
    for trainer in terms.trainers:
        for name, text in KNOWN[trainer].files(shape):
            _write(folder / name, text)
    manifest = _manifest(export, folder, terms)
    sizes = {name: (folder / name).stat().st_size for name in manifest.files}
    columns = features(schema(recipe.format, recipe.style, export.interactions.rare))
    known = languages_of(read.run.manifest for read in export.interactions.read)
    _write(folder / CARD, card(manifest, recipe, export.facts, columns, sizes, known))
    _write(folder / MANIFEST, manifest.model_dump_json(indent=1) + "\n")
    return manifest


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _manifest(export: Export, folder: Path, terms: Terms) -> ExportManifest:
    recipe, account = export.recipe, export.account
    return ExportManifest(
        schema_=1,
        kind=EXPORT_KIND,
        sandbox=sandbox.__version__,
        packages={"pyarrow": pa.__version__},
        format=recipe.format,
        style=recipe.style,
        trainers=terms.trainers,
        seed=recipe.seed,
        options=recipe.document(),
        prompts=export.interactions.prompts or None,
        license=terms.license,
        language=terms.language or None,
        embedder=terms.embedder,
        runs=tuple(_source(read) for read in export.interactions.read),
        filters={
            kind: RowCounts(
                considered=account.considered(kind),
                kept=account.kept[kind],
                dropped=dict(sorted(account.dropped.get(kind, {}).items())),
            )
            for kind in dict.fromkeys([INTERACTIONS, *kinds_of(recipe)])
        },
        parts=export.parts,
        agreement=export.agreement.document() if recipe.format == "modpo" else None,
        files=dict(_digests(folder)),
    )


def _source(read: RunRead) -> SourceRun:
    manifest = read.run.manifest
    given = read.run.given
    return SourceRun(
        run_id=manifest.run_id,
        fingerprint=manifest.fingerprint,
        status=manifest.status,
        planned=manifest.totals.planned,
        interactions=read.interactions,
        sha256=read.sha256,
        seed=manifest.seed,
        models=manifest.models,
        questions=manifest.questions,
        prior=manifest.prior,
        study=read.run.study,
        scores=given and GivenScoresUsed(rating=given.name, sha256=sha256_of(given.path)),
        studied=dict(studied(manifest)) or None,
    )


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Path and sha256 of every file so far."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix(), sha256_of(path)
