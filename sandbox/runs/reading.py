"""Opens runs and reads their records, also while a run goes on. Knows no terminal."""

from collections.abc import Iterator, Set
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import count_lines, raw_lines, read_line, read_lines, whole_end
from sandbox.runs.kinds import refuse_other_kinds
from sandbox.runs.locking import is_held
from sandbox.runs.manifest import Manifest
from sandbox.runs.named import no_such_run, run_path, study_path
from sandbox.runs.newer import SCHEMA
from sandbox.runs.old_schemas import old_interaction, old_manifest
from sandbox.runs.records import Interaction, interaction_id
from sandbox.runs.round_records import RoundSummary
from sandbox.text import typed


class GivenScores(Protocol):
    """Scores from elsewhere, called `name`, that stand in the place of those of a run of so many `agents`.

    `path` is their file, and `how` says what was asked for them: two that are alike can be compared.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def agents(self) -> int: ...  # noqa: D102
    @property
    def how(self) -> str: ...  # noqa: D102

    def of(self, item: Interaction) -> Interaction:
        """`item` with these scores, None where there are none. Raises `SandboxError` that names a bad line."""

    def summaries(self, items: Iterator[Interaction], rounds: int) -> list[RoundSummary]:
        """Those of the first so many rounds of `items`, which have these scores."""

    def lines(self) -> Iterator[object]:
        """The lines of their file. Raises `SandboxError` that names a bad one."""


class Run(NamedTuple):
    """A run on disk, which was written in schema `schema`; `study` is the study that it was read as a cell of.

    Its log is read as far as interaction `until`, where that is said: a run that goes on grows while it is read. Scores
    that are `given` stand in the place of its own.
    """

    directory: RunDirectory
    manifest: Manifest
    schema: int = SCHEMA
    study: str | None = None
    until: int | None = None
    given: GivenScores | None = None

    @property
    def name(self) -> str:
        """What commands take: its id, or `STUDY/CELL`."""
        return f"{self.study}/{self.manifest.run_id}" if self.study else self.manifest.run_id

    @property
    def scored_by(self) -> str:
        """What stands behind its name where other scores than its own do: ` (scores: again)`."""
        return f" (scores: {self.given.name})" if self.given else ""

    @property
    def status(self) -> str:
        """As the manifest says, but `interrupted` for a run that says `running` and that nobody works on."""
        dead = self.manifest.status == "running" and not is_held(self.directory)
        return "interrupted" if dead else self.manifest.status

    @property
    def groups(self) -> Set[str | None]:
        """The names of the groups of its population, whose agents are of no other; None where there is none."""
        population = self.manifest.population
        return {group.name for group in population.groups} if population else {None}

    def rounds(self) -> list[RoundSummary]:
        """The summaries of its whole rounds so far. Raises `SandboxError` that names the line where one is missing."""
        summaries = list(read_lines(self.directory.rounds, RoundSummary))
        for place, summary in enumerate(summaries):
            if summary.round != place:
                raise _misplaced(self.directory.rounds, place, f"round {summary.round}", f"round {place}")
        return self.given.summaries(self.interactions(), len(summaries)) if self.given else summaries

    def interactions(self) -> Iterator[Interaction]:
        """Its interactions so far, in (round, agent) order.

        Raises `SandboxError` that names the line where one is missing or stands twice.
        """
        for number, line in islice(raw_lines(self.directory.interactions), self.until):
            yield self.interaction(number, line)

    def interaction(self, number: int, line: bytes) -> Interaction:
        """The interaction in line `number` (from 1) of its log. Raises `SandboxError` unless it belongs there."""
        parse = old_interaction if self.schema < SCHEMA else None
        item = read_line(self.directory.interactions, number, line, Interaction, parse)
        round_, agent = divmod(number - 1, self.manifest.config.agents)
        wanted = interaction_id(round_, agent)
        if (item.id, item.round, item.agent) != (wanted, round_, agent):
            raise _misplaced(self.directory.interactions, number - 1, item.id, wanted)
        if stranger := self._stranger(item):
            raise SandboxError(f"{self.directory.interactions}:{number}: {stranger}.")
        return self.given.of(item) if self.given else item

    def _stranger(self, item: Interaction) -> str | None:
        """A place or an agent in `item` that this run does not have; None where all are its own."""
        config = self.manifest.config
        if item.position != divmod(item.agent, config.grid):
            return f"position: agent {item.agent} stands at {list(divmod(item.agent, config.grid))}"
        named = [each.agent for each in item.feedback]
        if any(agent >= config.agents for agent in named) or item.agent in named or len({*named}) < len(named):
            return f"feedback: its agents are others than {item.agent}, below {config.agents}, and none twice"
        if item.revision_feedback is not None and [each.agent for each in item.revision_feedback] != named:
            return "revision_feedback: its agents are those of feedback"
        if item.places and max(item.places) >= len(item.options or ()):
            return "gold, choice, persuader: each is the place of an option"
        if {item.group, *(each.group for each in item.feedback)} - self.groups:
            return "group: each is one of the population"
        return None

    def warnings(self) -> Iterator[str]:
        """What whoever looks at it should know: an older schema, a torn line, a complete run that is not whole."""
        if self.schema < SCHEMA:
            yield (
                f"{self.manifest.run_id} was written in schema {self.schema}, which is older than {SCHEMA}: "
                "what it lacks is shown as nothing or nought."
            )
        path = self.directory.interactions
        if self.status != "running" and path.exists() and whole_end(path) < path.stat().st_size:
            yield f"{path}: its last line is torn, as a kill leaves it, and left out here."
        yield from self.shortfall()

    def shortfall(self) -> Iterator[str]:
        """What a complete run lacks, for people: a log that lost its end looks like one that still grows."""
        if self.manifest.status != "complete":
            return
        totals = self.manifest.totals
        expected = {
            self.directory.calls: totals.calls - count_lines(self.directory.superseded),
            self.directory.interactions: totals.planned,
            self.directory.rounds: self.manifest.config.rounds,
        }
        for path, lines in expected.items():
            if (found := count_lines(path)) < lines:
                missing = f"{path}:{found + 1}: the run is complete, and line {found + 1} of {lines} is not there."
                mend = f"Mend it: sandbox simulate --resume {typed(self.directory.path)}"
                # A log goes on from its journal, and from nothing else.
                lost = path == self.directory.calls and not found
                yield f"{missing} {'Bring the journal back from a copy.' if lost else mend}"


def _misplaced(path: Path, place: int, found: str, wanted: str) -> SandboxError:
    return SandboxError(
        f"{path}:{place + 1}: {found!r} stands where {wanted} belongs.\n"
        f"Compare the run with its journal: sandbox simulate --replay {typed(path.parent)}"
    )


def read_run(path: Path) -> Run:
    """The run in the folder `path`, of an older schema too. Raises `OtherKindError`, `SandboxError`."""
    directory = RunDirectory(path)
    try:
        return Run(directory, directory.read_manifest())
    except SandboxError:
        refuse_other_kinds(path)
        if old := old_manifest(directory):
            return Run(directory, *old)
        raise


def open_run(name: str, runs: Path, studies: Path | None = None) -> Run:
    """The run with this path or id. Raises `OtherKindError`, or a `UsageError` that names the nearest id."""
    if path := run_path(name, runs, studies):
        return read_run(path)
    if study := study_path(name, runs, studies):
        several = f"{name} is a study, which is many runs; this takes one of them, as {study}/runs/CELL."
        raise UsageError(f"{several}\nGo on with it: sandbox study run {typed(study)}")
    raise UsageError(f"{no_such_run(name, runs, studies)}\nList them: sandbox inspect")
