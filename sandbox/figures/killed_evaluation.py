"""How far an evaluation came that was killed: its files say it, the manifest was written some time before."""

from sandbox.calls.evaluation_journal import tallied
from sandbox.figures.killed import InLog, true_manifest
from sandbox.runs.evaluation.reading import Evaluation


def counted_evaluation(evaluation: Evaluation) -> Evaluation:
    """`evaluation`; if it was killed, with the counts of its files in its manifest. Raises `SandboxError`."""
    if evaluation.status != "interrupted":
        return evaluation
    tally = tallied(evaluation.directory, evaluation.manifest)
    return Evaluation(evaluation.directory, true_manifest(evaluation.manifest, tally, _in_logs(evaluation)))


def _in_logs(evaluation: Evaluation) -> InLog:
    """A sample failed if a call for it did; of stored answers that are missing, none of ours was made."""
    finished = missing = 0
    failed: set[tuple[str, str, int]] = set()
    absent: set[tuple[str, str, int]] = set()
    for answer in evaluation.answers():
        finished, missing = finished + 1, missing + (answer.missing is not None)
        if answer.missing == "failed":
            (failed if answer.failed else absent).add((answer.suite, answer.item, answer.sample))
    for each in evaluation.judgements():
        missing += each.missing is not None
        if each.missing == "failed":
            failed.add((each.suite, each.item, each.sample))
    return InLog(len(failed - absent), missing, finished)
