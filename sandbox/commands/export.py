"""`sandbox export`: training sets from runs, and the check of any dataset. Prints; `sandbox.export` does the work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.commands.check import run_check
from sandbox.commands.push import push_checked, push_folder
from sandbox.commands.runs_named import runs_named, told_apart
from sandbox.commands.scored import scored
from sandbox.commands.signals import ended_by_signals
from sandbox.commands.unquoted import quotes_missed
from sandbox.errors import UsageError
from sandbox.export.account import INTERACTIONS
from sandbox.export.asked import check_options, languages_named, recipe_of, standing, trainers_named
from sandbox.export.card.facts import dropped
from sandbox.export.card.words import poorly_rated
from sandbox.export.manifest import ExportManifest
from sandbox.export.names import SPLITS
from sandbox.export.options import ExportOptions
from sandbox.export.trainers.known import trainers_of
from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.options.resolution import naming_places, resolve
from sandbox.progress.bar import progress_bar
from sandbox.runs.appearing import appearing
from sandbox.runs.json_lines import count_lines
from sandbox.runs.manifest import EmbedderUsed
from sandbox.runs.reach import Reach
from sandbox.runs.reading import Run
from sandbox.sheet import Cell, Sheet
from sandbox.terminal import plain, warn
from sandbox.text import typed


def run_export(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """Make a folder of rows, or check one, and perhaps publish it; the exit code."""
    resolved = resolve(ExportOptions, flags, file)
    of_variables = resolved.of_variables()
    fits = standing(resolved.config, resolved.without(of_variables))
    with naming_places(resolved), quotes_missed(ExportOptions, resolved.config.runs, resolved.config.studies):
        return _run(names, resolved.without(of_variables - fits))


def _run(names: Sequence[str], options: ExportOptions) -> int:
    check_options(options, len(names))
    if options.push:
        from sandbox.export.before_push import check_before

        check_before(options.push)
    if options.check:
        code = run_check(options.check, options)
        if options.push and not code:
            push_folder(options.check, options.push, options)
        return code
    assert options.out
    with ended_by_signals():
        runs = _runs(names, options)
        if options.round:
            _check_reach(runs, options.round)
        manifest = _export(runs, options)
        deliver(_answer(manifest, options.out), json=options.json)
    if options.push:
        push_checked(options.out, options.push, options)
    return 0


def _runs(names: Sequence[str], options: ExportOptions) -> list[Run]:
    """The runs called so, and of studies the complete ones.

    Raises `UsageError` for two of the same id, whose rows could not be told apart, and for copies, whose are the same.
    """
    found = runs_named(names, options.runs, options.studies)
    _refuse_twice(found)
    runs: dict[str, Run] = {}
    for run in scored(told_apart(found), options.scores):
        name = run.manifest.run_id
        if name in runs:
            first, second = runs[name].directory.path, run.directory.path
            raise UsageError(f"{first} and {second} have the same id, {name}.\nExport them apart.")
        _refuse_copies(run, runs.values())
        runs[name] = run
        for warning in run.warnings():
            warn(warning)
        if run.status != "complete":
            warn(f"{name} is {run.status}: what its log holds by now is exported.")
    return list(runs.values())


def _refuse_twice(runs: Iterable[Run]) -> None:
    paths: set[Path] = set()
    for run in runs:
        if (path := run.directory.path.resolve()) in paths:
            raise UsageError(f"{run.manifest.run_id} was named twice: name each run once.")
        paths.add(path)


def _check_reach(runs: Sequence[Run], rounds: str) -> None:
    """Raises `UsageError` where no run has any of `rounds`, and says which run lacks some."""
    lacking: list[str | UsageError | None] = []
    for run in runs:
        try:
            reach = Reach.of_rounds(run, count_lines(run.directory.interactions), "--round")
            lacking.append(reach.shortfall(reach.reached(rounds)))
        except UsageError as error:
            lacking.append(error)
    if all(isinstance(each, UsageError) for each in lacking):
        raise UsageError(str(lacking[0]))
    for each in filter(None, lacking):
        warn(str(each).splitlines()[0])


def _refuse_copies(run: Run, others: Iterable[Run]) -> None:
    began = run.manifest.created, run.manifest.fingerprint
    for other in others:
        if run.manifest.fingerprint and (other.manifest.created, other.manifest.fingerprint) == began:
            paths = f"{other.directory.path} and {run.directory.path}"
            raise UsageError(f"{paths} are copies of one run, begun at {run.manifest.created}.\nExport one of them.")


def _export(runs: Sequence[Run], options: ExportOptions) -> ExportManifest:
    from sandbox.embedders import open_cached, vectors_of
    from sandbox.export.describe import Terms, describe  # these bring arrays, tables and templates
    from sandbox.export.exporting import Export

    recipe = recipe_of(options)
    trainers = trainers_of(recipe, trainers_named(options.for_))
    embedder = open_cached(recipe.embedder) if recipe.embedder else None
    used = EmbedderUsed.of(embedder) if embedder else None
    assert options.out
    with appearing(options.out, options.runs) as folder, progress_bar() as bar:
        export = Export(runs, recipe, partial(vectors_of, embedder) if embedder else None, bar)
        export.write(folder)
        terms = Terms(options.license or "other", languages_named(options.language), trainers, used)
        manifest = describe(export, folder, terms)
    for note in (*_notes(manifest), poorly_rated(recipe, export.facts), embedder and embedder.note):
        if note:
            warn(note)
    return manifest


def _answer(manifest: ExportManifest, out: Path) -> Answer:
    def shown() -> Iterator[Shown]:
        yield _rows_sheet(manifest)
        yield _accounts_sheet(manifest)
        grouped = manifest.format == "stable-alignment"
        none = "none; sandbox train reads this" if grouped else "none: no trainer reads this as it is"
        trainers = ", ".join(manifest.trainers) or none
        yield plain(f"Configurations for trainers: {trainers}.")
        yield plain(f"Written to {out}; its README.md says what is in it. Check it:")
        yield plain(f"sandbox export --check {typed(out)}")

    return Answer(document=lambda: {"out": str(out), **manifest.model_dump(mode="json")}, shown=shown)


def _notes(manifest: ExportManifest) -> Iterator[str]:
    """What was asked for and is not there."""
    for kind, rows in manifest.filters.items():
        if kind != INTERACTIONS and not rows.kept:
            yield f"There are no {kind} rows."
    for split in SPLITS:
        wanted = split == "train" or manifest.options[split]
        for part, counts in manifest.parts.items():
            if wanted and split not in counts:
                yield f"{part} has no rows in {split}: there are few questions. Change the shares, or the --seed."


def _rows_sheet(manifest: ExportManifest) -> Sheet:
    splits = manifest.splits
    rows: list[list[Cell]] = [
        [part, *(counts.get(split, 0) for split in splits)] for part, counts in manifest.parts.items()
    ]
    return Sheet("rows", ["part", *splits], rows, texts=frozenset({"part"}))


def _accounts_sheet(manifest: ExportManifest) -> Sheet:
    rows: list[list[Cell]] = [
        [kind, count.considered, count.kept, dropped(count)] for kind, count in manifest.filters.items()
    ]
    note = "counted in responses" if manifest.format == "stable-alignment" else None
    return Sheet("accounts", ["kind", "considered", "kept", "dropped"], rows, note, frozenset({"kind", "dropped"}))
