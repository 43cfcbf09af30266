"""Where the journal of an evaluation lies, and what it adds up to without its plan. Makes no call."""

from operator import attrgetter

from sandbox.calls.journal import JournalFiles
from sandbox.calls.tally import Tally, added_up
from sandbox.runs.evaluation.directory import EvaluationDirectory
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.records import AskKey, AskLine


def journal_of(directory: EvaluationDirectory) -> JournalFiles[AskKey]:
    """Where it lies."""
    return JournalFiles(directory.calls, directory.superseded, AskLine, attrgetter("key"))


def tallied(directory: EvaluationDirectory, manifest: EvaluationManifest) -> Tally:
    """The journal in `directory` added up. Raises `SandboxError` for one that cannot be trusted."""
    models = {"answer": manifest.config.model, "judgement": manifest.config.judging.name}
    names = {*manifest.models.agents, *filter(None, (manifest.judge,))}
    return added_up(journal_of(directory), manifest, names, lambda key: models[key.stage])
