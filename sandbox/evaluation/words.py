"""How an evaluation ended, as an event. The sentences are those of `sandbox/runs/evaluation/words.py`."""

from pathlib import Path

from sandbox.progress.events import Finished
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.words import account, outcome, what_next


def ended_as(manifest: EvaluationManifest, path: Path) -> Finished:
    """How the evaluation in `path` ended: its accounts, and what to run next."""
    document = {"path": str(path), **manifest.model_dump(mode="json")}
    return Finished([outcome(manifest), *account(manifest), what_next(manifest, path)], document)
