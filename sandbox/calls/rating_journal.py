"""Where the journal of a rating lies, and what it adds up to without its plan. Makes no call."""

from operator import attrgetter

from sandbox.calls.journal import JournalFiles
from sandbox.calls.tally import Tally, added_up
from sandbox.runs.rating.directory import RatingDirectory
from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.rating.records import RatingKey, RatingLine


def journal_of(directory: RatingDirectory) -> JournalFiles[RatingKey]:
    """Where it lies."""
    return JournalFiles(directory.calls, directory.superseded, RatingLine, attrgetter("key"))


def tallied(directory: RatingDirectory, manifest: RatingManifest) -> Tally:
    """The journal in `directory` added up. Raises `SandboxError` for one that cannot be trusted."""
    observer = manifest.models.observer
    return added_up(journal_of(directory), manifest, {observer}, lambda _: observer)
