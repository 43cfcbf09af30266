"""Logs, `interactions.jsonl` first, in blocks of columns, by pyarrow's parallel reader, also while a file grows.

Knows bytes and schemas; not what the columns mean. What the reader cannot take is named by the strict, slow one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.opening import open_to_read
from sandbox.errors import SandboxError
from sandbox.figures.columns import whole_numbers
from sandbox.runs.json_lines import LONGEST_LINE, whole_end
from sandbox.runs.reading import GivenScores, Run

if TYPE_CHECKING:
    import pyarrow as pa

# Several blocks are in memory at once, so they are small. A line must fit into one: for long lines they grow.
BLOCK_BYTES: Final = (1 << 20, 1 << 22, 1 << 24, LONGEST_LINE)


def read_columns(run: Run, schema: "pa.Schema") -> "pa.Table":
    """The columns of `schema` of all interactions. Raises `SandboxError` that names the line of a bad one."""
    import pyarrow as pa

    return pa.Table.from_batches(blocks(run, schema), schema)


def blocks(run: Run, schema: "pa.Schema") -> Iterator["pa.RecordBatch"]:
    """The same, a block of interactions at a time, in order."""
    given = _given(run.given, schema) if run.given and "scores" in schema.names else None
    at, left = 0, run.until
    for block in blocks_of(run.directory.interactions, schema, lambda: refusal(run)):
        kept = block.slice(0, left)
        yield given.stand_in(kept, at) if given else kept
        at += len(kept)
        left = None if left is None else max(0, left - len(kept))


class _Given(NamedTuple):
    """Scores of a rating, and the places in the log, ascending, of the interactions that they are of."""

    places: NDArray[np.int64]
    scores: Any

    def stand_in(self, block: "pa.RecordBatch", start: int) -> "pa.RecordBatch":
        """`block`, which begins at interaction `start`, with these for scores, null where there are none."""
        import pyarrow as pa

        wanted = np.arange(start, start + len(block))
        lines = np.searchsorted(self.places, wanted)
        absent = np.append(self.places, -1)[lines] != wanted
        at = block.schema.get_field_index("scores")
        return block.set_column(at, block.schema.field(at), self.scores.take(pa.array(lines, mask=absent)))


def _given(scores: GivenScores, schema: "pa.Schema") -> _Given:
    import pyarrow as pa

    own = pa.schema([("round", pa.int64()), ("agent", pa.int64()), schema.field("scores")])
    refused = partial(first_refusal, scores.lines(), f"{scores.path}: cannot be read as columns.")
    read = pa.Table.from_batches(blocks_of(scores.path, own, refused), own)
    if read["round"].null_count or read["agent"].null_count:
        raise refused()
    rounds, agents = whole_numbers(read, "round"), whole_numbers(read, "agent")
    places = rounds * scores.agents + agents
    strange = (rounds < 0) | (agents < 0) | (agents >= scores.agents)
    if strange.any() or (np.diff(places) <= 0).any():
        raise refused()
    return _Given(places, read["scores"].combine_chunks())


def blocks_of(path: Path, schema: "pa.Schema", refused: Callable[[], SandboxError]) -> Iterator["pa.RecordBatch"]:
    """Those of all that stands in a file of JSON lines. Raises what `refused` gives for one that cannot be read."""
    import pyarrow as pa

    given = 0
    for size in BLOCK_BYTES:
        before = given
        try:
            for block in _blocks(path, schema, size):
                yield block.slice(min(before, len(block)))
                given += len(block) - min(before, len(block))
                before = max(0, before - len(block))
        except pa.ArrowException:
            continue
        return
    raise refused()


def _blocks(path: Path, schema: "pa.Schema", size: int) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa
    import pyarrow.json

    if not (end := whole_end(path)):
        return
    reading = pa.json.ReadOptions(block_size=min(size, end), use_threads=size == BLOCK_BYTES[0])
    parsing = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    # A file of pyarrow's own: its threads read ahead, and must not need Python when that ends. It would follow a link.
    with (
        open_to_read(path) as opened,
        pa.OSFile(f"/dev/fd/{opened.fileno()}") as file,
        pa.json.open_json(file.get_stream(0, end), read_options=reading, parse_options=parsing) as read,
    ):
        yield from read


def refusal(run: Run) -> SandboxError:
    """Why the log of `run` cannot be read: what the strict reader says of its first bad line."""
    told = "cannot be read as columns; --interaction shows single ones"
    return first_refusal(run.interactions(), f"{run.directory.interactions}: {told}.")


def first_refusal(lines: Iterator[object], otherwise: str) -> SandboxError:
    """What a strict reader of `lines` says of the first bad one; `otherwise` where it finds none."""
    try:
        for _ in lines:
            pass
    except SandboxError as error:
        return error
    return SandboxError(otherwise)
