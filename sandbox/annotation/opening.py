"""Opens an annotation for one person at a time: a new one beside its run, or one that is gone on with. Asks nobody."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from agents.protocol import DIMENSIONS, Rated
from sandbox import __version__
from sandbox.annotation.draws import in_order
from sandbox.annotation.session import Session, ToJudge
from sandbox.errors import UsageError
from sandbox.options.annotation import SEED, TEXTS, AnnotationConfig, On
from sandbox.options.option import flag_of
from sandbox.rating.draws import drawn
from sandbox.runs.annotation.directory import AnnotationDirectory
from sandbox.runs.annotation.reading import Annotation, is_annotation, read_annotation
from sandbox.runs.annotation.records import AnnotationManifest, JudgedKey
from sandbox.runs.annotation.shown import digest, values_of
from sandbox.runs.appended import JsonLines
from sandbox.runs.beside import beside
from sandbox.runs.clock import timestamp
from sandbox.runs.directory import create
from sandbox.runs.json_lines import count_lines
from sandbox.runs.locking import lock
from sandbox.runs.reading import Run
from sandbox.runs.records import interaction_id
from sandbox.runs.stored_texts import read_texts
from sandbox.text import typed

_ON: Final[dict[On | None, tuple[Rated, ...]]] = {
    None: DIMENSIONS, "both": DIMENSIONS, "alignment": ("alignment",), "engagement": ("engagement",),
}  # fmt: skip


@contextmanager
def opened(run: Run, config: AnnotationConfig) -> Iterator[Session]:
    """What `config` names of `run`, while the block lasts. Raises `UsageError`, and `SandboxError` where it is in use.

    A new one is made only where there is something to be judged.
    """
    place = beside(run.directory.path, config.named())
    if is_annotation(place):
        found = read_annotation(place)
        _check_same(found.manifest, config, run)
        items = _items(run, found.manifest)
    else:
        manifest = _first_manifest(run, config, place)
        items = _items(run, manifest)
        found = Annotation(_made(place, manifest), manifest)
    with lock(found.directory):
        found.directory.repair()
        kept = found.sound(run).judged.items()
        judged = {key: line for key, line in kept if line.rating is not None or not config.skipped}
        with closing(JsonLines(found.directory.judgements)) as journal:
            yield Session(items, judged, journal)


def _first_manifest(run: Run, config: AnnotationConfig, place: Path) -> AnnotationManifest:
    if os.path.lexists(place):
        other = "what lies there is no annotation, and stays as it is"
        raise UsageError(f"{place}: {other}.\nTake another name: --annotator NAME")
    return AnnotationManifest(
        schema_=1,
        run_id=place.name,
        created=timestamp(),
        sandbox=__version__,
        annotator=config.named(),
        run=run.directory.name,
        interactions=count_lines(run.directory.interactions),
        seed=SEED if config.seed is None else config.seed,
        texts=config.texts or TEXTS,
        dimensions=_ON[config.dimension],
    )


def _made(place: Path, manifest: AnnotationManifest) -> AnnotationDirectory:
    with create(place.parent, place.name, AnnotationDirectory) as new:
        new.draft.judgements.touch()
        new.draft.write_manifest(manifest)
        return new.publish()


def _check_same(manifest: AnnotationManifest, config: AnnotationConfig, run: Run) -> None:
    """Raises `UsageError` where options ask for other texts than those that the person began with."""
    asked = {"texts": config.texts, "seed": config.seed, "dimension": config.dimension}
    on: On = "both" if len(manifest.dimensions) > 1 else manifest.dimensions[0]
    begun = {"texts": manifest.texts, "seed": manifest.seed, "dimension": on}
    if other := [name for name, value in asked.items() if value not in (None, begun[name])]:
        flags = ", ".join(f"{flag_of(name)} {begun[name]}" for name in other)
        raise UsageError(
            f"{manifest.annotator} began to judge run {run.name} with {flags}.\n"
            f"Leave {' and '.join(map(flag_of, other))} out to go on, or begin anew under another --annotator."
        )


def _items(run: Run, manifest: AnnotationManifest) -> list[ToJudge]:
    """What is to be judged, in the order of this person. Raises `UsageError` where there is nothing."""
    stored = read_texts(run, manifest.interactions)
    places = [(place, text) for place, each in enumerate(stored) for text in each.texts]
    if not places:
        again = f"Go on with it: sandbox simulate --resume {typed(run.directory.path)}"
        raise UsageError(f"Run {run.name} has no text yet that could be judged.\n{again}")
    values = values_of(run)
    order = in_order(manifest.seed, manifest.annotator, drawn(manifest.seed, places, manifest.texts))
    return [
        ToJudge(
            number, JudgedKey(interaction_id(own.round, own.agent), text, dimension), own, digest(values, own, text)
        )
        for number, (own, text) in enumerate(((stored[place], text) for place, text in order), start=1)
        for dimension in manifest.dimensions
    ]
