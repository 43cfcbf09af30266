"""What the journal of a run adds up to, without working out its plan: for runs whose manifest was left behind."""

from operator import attrgetter

from sandbox.calls.journal import JournalFiles
from sandbox.calls.tally import Tally, added_up
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest
from sandbox.runs.records import CallKey, JournalLine
from sandbox.society.speaking import name_asked, speaking_in


def journal_of(directory: RunDirectory) -> JournalFiles[CallKey]:
    """Where the journal of a society lies."""
    return JournalFiles(directory.calls, directory.superseded, JournalLine, attrgetter("key"))


def tallied(directory: RunDirectory, manifest: Manifest) -> Tally:
    """The journal in `directory` added up. Raises `SandboxError` for one that cannot be trusted."""
    models, observer = speaking_in(manifest)
    names = {model.name for model in (*models, observer)}
    return added_up(journal_of(directory), manifest, names, lambda key: name_asked(key, models, observer))
