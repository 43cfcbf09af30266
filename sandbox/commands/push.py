"""`sandbox export --push`: check, upload, tell. `sandbox.checking` and `sandbox.export.push` do the work."""

from pathlib import Path

from sandbox.checking.check import check
from sandbox.commands.counting import count_by
from sandbox.errors import SandboxError
from sandbox.export.options import ExportOptions
from sandbox.progress.bar import progress_bar
from sandbox.terminal import error_console, plain, show
from sandbox.text import typed


def push_checked(folder: Path, repository: str, options: ExportOptions) -> None:
    """Check, then upload. Raises `SandboxError` where a trainer would stumble."""
    if not check(folder, None, options.max_length, count=count_by(options.tokenizer)).exit_code:
        push_folder(folder, repository, options)
        return
    raise SandboxError(
        f"{folder} was not pushed: a trainer that it is meant for would stumble.\n"
        f"See where: sandbox export --check {typed(folder)}"
    )


def push_folder(folder: Path, repository: str, options: ExportOptions) -> None:
    """Upload a folder that was checked, and tell where it is."""
    from sandbox.export.push import push

    with progress_bar() as bar:
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
