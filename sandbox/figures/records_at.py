"""Single records of a log, found by their place: whole runs are not parsed for them. Knows lines and ids."""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from memory.opening import open_to_read
from sandbox.errors import UsageError
from sandbox.runs.failures import failed_asks
from sandbox.runs.json_lines import raw_lines, read_line
from sandbox.runs.reading import Run
from sandbox.runs.records import CallKey, Interaction, JournalLine, interaction_id

_ID: Final = re.compile(r"r(\d{1,9})-a(\d{1,9})")


def records_at(run: Run, places: Iterable[int]) -> Iterator[Interaction]:
    """The interactions at `places`, in the order of the log. Raises `SandboxError` that names the line of a bad one."""
    wanted = {int(place) for place in places}
    last = max(wanted, default=-1)
    for number, line in raw_lines(run.directory.interactions):
        place = number - 1
        if place > last:
            return
        if place in wanted:
            yield run.interaction(number, line)


def records_in_order(run: Run, places: Sequence[int]) -> Iterator[Interaction]:
    """The interactions at `places`, in that order, one at a time. Raises `SandboxError` as `records_at` does."""
    path = run.directory.interactions
    starts = array("q", [0])
    for _, line in raw_lines(path):
        starts.append(starts[-1] + len(line))
    with open_to_read(path) as file:
        for place in places:
            file.seek(starts[place])
            yield run.interaction(place + 1, file.read(starts[place + 1] - starts[place]))


def find_interaction(run: Run, wanted: str) -> Interaction:
    """The interaction with id `wanted`. Raises `UsageError`."""
    size = run.manifest.config.agents
    if found := _ID.fullmatch(wanted.strip()):
        round_, agent = int(found[1]), int(found[2])
        for item in records_at(run, [round_ * size + agent] if agent < size else []):
            return item
    count = sum(1 for _ in raw_lines(run.directory.interactions))
    last = interaction_id(*divmod(count - 1, size))
    known = f"It has r000-a000 to {last}." if count else "It has no interactions yet."
    raise UsageError(f"--interaction {wanted}: no such interaction in run {run.manifest.run_id}. {known}")


def failed_calls(run: Run, interactions: int) -> list[JournalLine]:
    """The asks of the first so many interactions that failed for good, in the order of the journal."""
    size = run.manifest.config.agents
    return [ask for ask in failed_asks(run.directory) if ask.round * size + ask.agent < interactions]


def calls_of(run: Run, item: Interaction) -> dict[CallKey, JournalLine]:
    """What the journal holds of one interaction: every ask, by its key."""
    begin = f'{{"round":{item.round},"agent":{item.agent},'.encode()
    calls = (
        read_line(run.directory.calls, number, line, JournalLine)
        for number, line in raw_lines(run.directory.calls)
        if line.startswith(begin)
    )
    return {call.key: call for call in calls}
