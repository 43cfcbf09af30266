"""Rows that say what was said before: the same prompt with the same answers, exactly or by their embeddings.

Both are looked for among the rows of one question, because a prompt belongs to one question. Knows rows and vectors.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from memory.disk import Vectors
from sandbox.export.account import Account
from sandbox.export.rows import TrainingRow

Embed = Callable[[Sequence[str]], Vectors]


def without_duplicates(rows: Iterable[TrainingRow], account: Account) -> Iterator[TrainingRow]:
    """The first of those that have the same kind, prompt and answers: a pair the other way round is the same pair."""
    seen: set[int] = set()
    for row in rows:
        # Lengths part the texts from each other, whatever is in them.
        words = [row.kind, row.prompt, *sorted(row.texts)]
        digest = hashlib.sha256("".join(f"{len(word)}:{word}" for word in words).encode()).digest()
        key = int.from_bytes(digest[:8])
        if key in seen:
            account.drop(row.kind, "duplicate")
        else:
            seen.add(key)
            yield row


def without_near_duplicates(
    rows: Sequence[TrainingRow], least: float, embed: Embed, account: Account
) -> Iterator[TrainingRow]:
    """Rows whose answers have a cosine below `least` with those of every row before them of their kind and prompt."""
    vectors = embed(["\n\n".join(row.texts) for row in rows]) if rows else np.empty((0, 0), dtype=np.float32)
    kept: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        before = kept.setdefault((row.kind, row.prompt), [])
        if before and float((vectors[before] @ vectors[at]).max()) >= least:
            account.drop(row.kind, "near duplicate")
        else:
            before.append(at)
            yield row
