"""`sandbox export`: training sets from runs, and the check of any dataset. Prints; `sandbox.export` does the work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sandbox.checking.check import check
from sandbox.command_check import MAX_LENGTH, run_check
from sandbox.errors import SandboxError, UsageError
from sandbox.export.card_facts import dropped
from sandbox.export.describe import describe
from sandbox.export.duplicates import Embed
from sandbox.export.exporting import Export, appearing
from sandbox.export.manifest import ExportManifest
from sandbox.export.names import SPLITS, TRAINERS, Trainer
from sandbox.export.recipe import Recipe
from sandbox.export_options import ExportOptions
from sandbox.inspection.sheet import Cell, Sheet
from sandbox.resolution import nearest
from sandbox.run_reading import Run, open_run
from sandbox.terminal import console, error_console, plain, show, write_json

_STEP: Final = 500  # things done between two looks at the bar


def run_export(names: Sequence[str], options: ExportOptions) -> int:
    """Make a folder of rows, or check one, and perhaps publish it; the exit code."""
    options.check_all(len(names))
    if options.push:
        from sandbox.hub_errors import checked_name

        checked_name(options.push)
    if options.check:
        code = _checked(options.check, options)
        if options.push and not code:
            _push(options.check, options.push, options)
        return code
    assert options.out
    _show(_export(_runs(names, options.runs), options), options.out, options)
    if options.push:
        _push_checked(options.out, options.push, options)
    return 0


def _checked(folder: Path, options: ExportOptions) -> int:
    return run_check(folder, trainers=options.for_, max_length=options.max_length or MAX_LENGTH, json=options.json)


def _runs(names: Sequence[str], folder: Path) -> list[Run]:
    """The runs called so, each once. Raises `UsageError` for two of the same id: their rows could not be told apart."""
    runs = [open_run(name, folder) for name in names]
    ids = [run.manifest.run_id for run in runs]
    for run in runs:
        if ids.count(run.manifest.run_id) > 1:
            raise UsageError(f"{run.manifest.run_id} was named twice, or two runs have this id: name each once.")
        for warning in run.warnings():
            _warn(warning)
        if run.status != "complete":
            _warn(f"{run.manifest.run_id} is {run.status}: what its log holds by now is exported.")
    return runs


def _export(runs: Sequence[Run], options: ExportOptions) -> ExportManifest:
    recipe, meant_for = options.recipe(), _trainers(options.for_)
    assert options.out
    with appearing(options.out) as folder, _bar() as bar:
        export = Export(runs, recipe, _embed(recipe), bar)
        export.write(folder)
        return describe(export, folder, options.license or "other", meant_for)


def _trainers(names: str | None) -> list[Trainer] | None:
    """The trainers of `--for`. Raises `UsageError`."""
    if names is None:
        return None
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in TRAINERS:
            raise UsageError(
                f"--for {name}: no such trainer.{nearest(name, TRAINERS)} There are {', '.join(TRAINERS)}."
            )
    return [trainer for trainer in TRAINERS if trainer in wanted]


def _embed(recipe: Recipe) -> Embed | None:
    """What makes vectors of answers, if near duplicates are looked for. Raises `UsageError`."""
    if recipe.embedder is None:
        return None
    from memory import CachedEmbedder, EmbedderError, open_embedder

    try:
        return CachedEmbedder(open_embedder(recipe.embedder)).embed
    except EmbedderError as error:
        raise UsageError(str(error)) from error


@contextmanager
def _bar() -> Iterator["_Bar"]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    terminal = error_console()
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        yield _Bar(progress)


class _Bar:
    """A bar for each thing that is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress: Final = progress
        self._tasks: Final[dict[str, TaskID]] = {}
        self._next = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of it is done."""
        if what not in self._tasks:
            self._tasks[what], self._next = self._progress.add_task(what, total=total), 0
        if done >= self._next or done == total:
            self._progress.update(self._tasks[what], completed=done, total=total)
            self._next = done + _STEP


def _show(manifest: ExportManifest, out: Path, options: ExportOptions) -> None:
    for note in _notes(manifest):
        _warn(note)
    if options.json:
        write_json({"out": str(out), **manifest.model_dump(mode="json")})
        return
    for sheet in (_rows_sheet(manifest), _accounts_sheet(manifest)):
        show(sheet.table(console().width))
    trainers = ", ".join(manifest.trainers) or "none: no trainer reads this as it is"
    show(plain(f"Configurations for trainers: {trainers}."))
    show(plain(f"Written to {out}; its README.md says what is in it. Check it: sandbox export --check {out}"))


def _notes(manifest: ExportManifest) -> Iterator[str]:
    """What was asked for and is not there."""
    for part in manifest.filters:
        if part != "interactions" and not manifest.filters[part].kept:
            yield f"There are no {part} rows."
    for split in ("validation", "test"):
        if manifest.options[split] and not any(split in counts for counts in manifest.parts.values()):
            yield f"No question fell into {split}: there are few. Ask for a larger share, or take another --seed."


def _rows_sheet(manifest: ExportManifest) -> Sheet:
    splits = [split for split in SPLITS if any(split in counts for counts in manifest.parts.values())]
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


def _push_checked(folder: Path, repository: str, options: ExportOptions) -> None:
    """Check, then upload. Raises `SandboxError` where a trainer would stumble."""
    found = check(folder, None, options.max_length or MAX_LENGTH, lambda *_: None)
    if found.exit_code:
        raise SandboxError(
            f"{folder} was not pushed: a trainer that it is meant for would stumble.\n"
            f"See where: sandbox export --check {folder}"
        )
    _push(folder, repository, options)


def _push(folder: Path, repository: str, options: ExportOptions) -> None:
    from sandbox.export.push import push

    with _bar() as bar:
        pushed = push(folder, repository, progress=bar)
    # Nothing but the one document goes to standard output with --json.
    tell = error_console().print if options.json else show
    seen = "private" if pushed.private else "public"
    if not pushed.changed:
        tell(plain(f"{pushed.url} ({seen}) has all of it already; nothing was pushed."))
        return
    made = "made" if pushed.created else "updated"
    tell(plain(f"{pushed.url} ({seen}) was {made}: {pushed.files} files, {pushed.removed} old ones removed."))
    if pushed.licence_kept:
        tell(plain(f"Its card keeps the licence that it had: {pushed.licence_kept}."))


def _warn(text: str) -> None:
    error_console().print(plain(f"Warning: {text}"), style="yellow")
