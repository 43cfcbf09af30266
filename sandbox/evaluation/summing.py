"""`summary.json` and `summary.csv` of an evaluation: what its logs come to by now."""

from pathlib import Path

from memory.files import write_atomically
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.scores.summary import summary, summary_json, summary_sheet


def summary_bytes(evaluation: Evaluation) -> dict[Path, bytes]:
    """What the files with its numbers hold. Raises `SandboxError` for a log that cannot be read."""
    numbers = summary(evaluation.suites, evaluation.answers(), evaluation.judgements())
    directory = evaluation.directory
    return {
        directory.summary: summary_json(numbers),
        directory.summary_table: summary_sheet(numbers).csv().encode(),
    }


def write_summary(evaluation: Evaluation) -> None:
    """Write them, in place of those of before."""
    for path, content in summary_bytes(evaluation).items():
        write_atomically(path, content, durable=True)
