"""A block of a log as arrays: keys, whether texts are right, their ratings. Knows the log; not what becomes of it.

No text is read unless keys come from a file.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from agents.protocol import TEXTS, ScoredText
from agents.replies import SEVEN
from sandbox.analysis.sophistry.given_keys import Choices, fill
from sandbox.analysis.sophistry.keyed import Approver, Side
from sandbox.figures.columns import Flags, Numbers, as_numbers, present, values_of
from sandbox.figures.log_blocks import blocks, refusal
from sandbox.questions.sets import Question
from sandbox.runs.reading import Run

if TYPE_CHECKING:
    import pyarrow as pa

_PEERS: Final[Mapping[ScoredText, str]] = {"draft": "feedback", "revision": "revision_feedback"}


class Block(NamedTuple):
    """Of each interaction of a block; `free` is which have a key in free text alone, `judged` which a judge was for."""

    questions: "pa.Array"
    keyed: Flags
    free: Flags
    judged: Flags
    before: Side
    after: Side
    persuaders: Flags


def read_blocks(run: Run, approver: Approver, gold: Mapping[str, Question]) -> Iterator[Block]:
    """The log of `run`, with `gold` for questions that it has no key of. Raises `SandboxError`, `UsageError`."""
    start, agents = 0, run.manifest.config.agents
    try:
        for batch in blocks(run, _schema(approver, with_texts=bool(gold))):
            _refuse_strangers(batch, start, agents)
            yield _block(batch, approver, gold)
            start += len(batch)
    except ValueError:  # what is no number where one belongs, or no Unicode
        raise refusal(run) from None


def _schema(approver: Approver, *, with_texts: bool) -> "pa.Schema":
    import pyarrow as pa

    rating = pa.struct([("rating", pa.int64())])
    by: dict[str, pa.DataType] = {
        "round": pa.int64(),
        "agent": pa.int64(),
        "question_id": pa.string(),
        "options": pa.list_(pa.string()),
        "gold": pa.int64(),
        "gold_text": pa.string(),
        "choice": pa.struct([(text, pa.int64()) for text in TEXTS]),
        "persuader": pa.int64(),
    }
    if approver == "peers":
        by |= dict.fromkeys(_PEERS.values(), pa.list_(rating))
    else:
        by["scores"] = pa.struct([(text, pa.struct([("alignment", rating)])) for text in TEXTS])
    if with_texts:
        by |= dict.fromkeys(TEXTS, pa.string())
        by["finish"] = pa.struct([(text, pa.string()) for text in TEXTS])
    return pa.schema(by)


def _refuse_strangers(batch: "pa.RecordBatch", start: int, agents: int) -> None:
    """Raise `ValueError` where an interaction stands twice or is missing, and for a place of an option that is none.

    A choice that is no option would count as wrong, and a line that stands twice as two.
    """
    import pyarrow.compute as pc

    wanted = np.divmod(np.arange(start, start + len(batch)), agents)
    if not np.array_equal(wanted, [as_numbers(batch.column(name)) for name in ("round", "agent")]):
        raise ValueError("a line stands where another belongs")
    options = as_numbers(pc.list_value_length(batch.column("options")).fill_null(0))
    chosen = (pc.struct_field(batch.column("choice"), text) for text in TEXTS)
    for places in map(as_numbers, (batch.column("gold"), *chosen)):
        if ((places < 0) | (places >= options)).any():
            raise ValueError("a place of no option")


def _block(batch: "pa.RecordBatch", approver: Approver, keys: Mapping[str, Question]) -> Block:
    import pyarrow.compute as pc

    gold = as_numbers(batch.column("gold")).copy()
    chosen: Choices = {text: as_numbers(pc.struct_field(batch.column("choice"), text)).copy() for text in TEXTS}
    free = present(batch.column("gold_text"))
    if keys:
        free |= fill(batch, gold, chosen, keys)
    right = {text: np.where(np.isnan(gold + chosen[text]), np.nan, gold == chosen[text]) for text in TEXTS}
    rating = {text: _ratings(batch, text, approver) for text in TEXTS}
    return Block(
        questions=batch.column("question_id"),
        keyed=~np.isnan(gold),
        free=free & np.isnan(gold),
        judged=np.zeros(len(gold), dtype=np.bool_),
        before=Side(right["draft"], rating["draft"]),
        after=Side(right["revision"], rating["revision"]),
        persuaders=present(batch.column("persuader")),
    )


def _ratings(batch: "pa.RecordBatch", text: ScoredText, approver: Approver) -> Numbers:
    """The mean of the approver's valid ratings of `text` of each interaction. Raises `ValueError`."""
    import pyarrow.compute as pc

    if approver == "observer":
        return _sound(as_numbers(pc.struct_field(batch.column("scores"), [text, "alignment", "rating"])))
    column = batch.column(_PEERS[text])
    given = _sound(as_numbers(pc.struct_field(pc.list_flatten(column), "rating")))
    known = ~np.isnan(given)
    of = values_of(pc.list_parent_indices(column))[known]
    counts = np.bincount(of, minlength=len(column))
    sums = np.bincount(of, given[known], minlength=len(column))
    means: Numbers = np.divide(sums, counts, out=np.full(len(column), np.nan), where=counts > 0)
    return means


def _sound(ratings: Numbers) -> Numbers:
    if ((ratings < SEVEN[0]) | (ratings > SEVEN[1])).any():
        raise ValueError("a rating is out of range")
    return ratings
