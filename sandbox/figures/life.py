"""One agent through the rounds, and what it remembers in the end. Knows records and memory files."""

from collections.abc import Sequence

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.errors import SandboxError
from sandbox.figures.frame import Frame
from sandbox.figures.records_at import records_at
from sandbox.runs.reading import Run
from sandbox.sheet import Cell, Sheet
from sandbox.vocabulary.names import score_column

NEWEST = 10


def life_sheet(run: Run, frame: Frame, agent: int) -> Sheet:
    """A row a round: its question, its scores, what it recalled."""
    size = run.manifest.config.agents
    rows: list[Sequence[Cell]] = []
    for item in records_at(run, range(agent, len(frame), size)):
        scores = [item.rating(text, dimension) for dimension in DIMENSIONS for text in TEXTS]
        recalled = item.recall.similarity if item.recall else None
        rows.append([item.round, *scores, recalled, item.failed.error if item.failed else None, item.question])
    rated = [score_column(text, dimension) for dimension in DIMENSIONS for text in TEXTS]
    columns = ("round", *rated, "recall_similarity", "failed_error", "question")
    return Sheet(f"agent {agent} through the rounds", columns, rows, texts=frozenset({"question", "failed_error"}))


def memory_sheet(run: Run, agent: int) -> Sheet:
    """What it remembers, newest first: an agent's memory is saved when a run ends or stops. Raises `SandboxError`."""
    from memory import Memory, StoreError

    stem = run.directory.memory_of(agent)
    columns, texts = ("round", "question", "answer"), frozenset({"question", "answer"})
    if not stem.with_suffix(".jsonl").exists():
        return Sheet("memory", columns, [], "not saved yet: that happens when the run ends or is stopped", texts)
    try:
        entries = Memory.load(stem).entries()
    except StoreError as error:
        raise SandboxError(str(error)) from error
    rows: list[Sequence[Cell]] = [[entry.round, entry.question, entry.answer] for entry in reversed(entries)]
    return Sheet("memory", columns, rows, f"{len(rows)} questions; round -1 is from before the first", texts)
