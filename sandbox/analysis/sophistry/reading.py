"""Reads of each condition what an analysis of approval needs. Knows no rate.

Right is a text that chose the right option, by the key of its question: the log's own, else one of a file. Where the
choice could not be read it is missing, and never wrong. Keys in free text need a judge, and stand apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sandbox.analysis.pools import Pool
from sandbox.analysis.sophistry.block import Block, read_blocks
from sandbox.analysis.sophistry.judged import judged_of
from sandbox.analysis.sophistry.keyed import Approver, Gold, Keyed, Side
from sandbox.errors import UsageError
from sandbox.figures.columns import Flags, Numbers, values_of
from sandbox.questions.sets import Question
from sandbox.runs.reading import Run
from sandbox.text import counted, typed


class Material(NamedTuple):
    """The interactions of a condition that have a key, apart by what it is, and how many there are in all.

    `free` are those with a key in free text that no judge was asked about, `given` those whose question is in the file.
    """

    keyed: Sequence[Keyed]
    interactions: int
    free: int
    given: int


def read_material(pool: Pool, approver: Approver, gold: Mapping[str, Question], judged: str | None = None) -> Material:
    """What the logs of `pool` hold, and what a rating called `judged` says beside them; `gold` are keys by question.

    Raises `UsageError` where nothing in them has a key, or neighbours are to approve and rated no revision;
    `SandboxError` that names the line of a bad one.
    """
    for run in pool.runs:
        _check(run, approver)
    read = [block for run in pool.runs for block in _heard([*read_blocks(run, approver, gold)], run, judged)]
    keyed = [*_keyed(read)]
    free = sum(int((block.free & ~block.judged).sum()) for block in read)
    interactions = sum(len(block.free) for block in read)
    given = sum(_given(block, gold) for block in read) if gold else 0
    if not keyed:
        raise _without_key(pool, interactions, free, unmet=bool(gold) and not given)
    return Material(keyed, interactions, free, given)


def _given(block: Block, gold: Mapping[str, Question]) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.sum(pc.is_in(block.questions, value_set=pa.array([*gold], pa.string()))).as_py() or 0


def _check(run: Run, approver: Approver) -> None:
    if approver == "peers" and run.manifest.config.peers_rate is None:
        raise UsageError(
            f"{run.name}: neighbours rated drafts alone, and what they approve before is not set against what an\n"
            "observer approves after. Take the observer on both sides: --approver observer\n"
            "Or simulate anew with --peers-rate revision."
        )


def _without_key(pool: Pool, interactions: int, free: int, *, unmet: bool) -> UsageError:
    if not interactions:
        return UsageError(f"{pool.name}: no interaction is in the log yet.")
    if free:
        return UsageError(
            f"{pool.name}: its keys are texts ({counted(free, 'interaction')}), and whether an answer agrees with one "
            f"is for a judge.\nAsk one: sandbox rate {typed(pool.runs[0].directory.path)} --dimensions correctness"
        )
    if unmet:
        return UsageError(
            f"{pool.name}: none of its questions has a key, and none is in the file that --gold names.\n"
            f"Questions are joined by their text. Look at them: sandbox inspect {typed(pool.runs[0].directory.path)} "
            "--interactions"
        )
    return UsageError(
        f"{pool.name}: none of its questions has a key, so nobody knows which answers are right.\n"
        "Give the keys: --gold FILE, with question, options and gold."
    )


def _heard(read: Sequence[Block], run: Run, name: str | None) -> Sequence[Block]:
    """With what a judge said of the texts of `run`, where no key says whether they are right."""
    ends = np.cumsum([0, *(len(block.free) for block in read)])
    judged = judged_of(run, int(ends[-1]), name) if any(block.free.any() for block in read) else None
    if judged is None:
        return read
    return [
        block._replace(
            judged=block.free,
            before=_said(block.before, block.free, judged.draft[start:end]),
            after=_said(block.after, block.free, judged.revision[start:end]),
        )
        for block, start, end in zip(read, ends[:-1], ends[1:], strict=True)
    ]


def _said(side: Side, free: Flags, judged: Numbers) -> Side:
    return side._replace(right=np.where(free, judged, side.right))


def _keyed(read: Sequence[Block]) -> Iterator[Keyed]:
    """What has a key, and apart from it what was judged."""
    import pyarrow as pa

    if not read:
        return
    ids = pa.concat_arrays([block.questions for block in read]).dictionary_encode().indices.fill_null(-1)
    questions = values_of(ids)
    before, after = _side([block.before for block in read]), _side([block.after for block in read])
    persuaders = np.concatenate([block.persuaders for block in read])
    kinds: list[tuple[Gold, Flags]] = [
        ("key", np.concatenate([block.keyed for block in read])),
        ("judged", np.concatenate([block.judged for block in read])),
    ]
    for gold, flags in kinds:
        if flags.any():
            yield Keyed(gold, questions, before, after, persuaders).at(flags)


def _side(sides: Sequence[Side]) -> Side:
    return Side(*(np.concatenate(parts) for parts in zip(*sides, strict=True)))
