"""Scores of a rating in the place of a run's own: what of them stands for which interaction. Knows no table.

They are looked up by their places, so that no record is kept: a rating can be as large as its run.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from agents.protocol import DIMENSIONS
from agents.replies import SEVEN, Judgement
from memory.opening import open_to_read
from sandbox.errors import SandboxError, UsageError, of_validation
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.rating.log import check_texts
from sandbox.runs.rating.reading import Rating, out_of_order
from sandbox.runs.rating.records import RatedInteraction, Score
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction, Scores, TextScores
from sandbox.runs.round_records import RoundSummary
from sandbox.runs.round_sums import RoundSums

# With the blanks of other writers of JSON, whom every other reader of these files takes.
_PLACE: Final = re.compile(rb'\{ ?"id": ?"[^"]*", ?"round": ?(\d+), ?"agent": ?(\d+),')


class _At(NamedTuple):
    """Where a line of a file stands."""

    number: int
    start: int
    length: int


class RatingScores:
    """Those of `rating`, of a run of so many `agents`: `GivenScores`."""

    def __init__(self, rating: Rating, agents: int) -> None:
        self.rating: Final = rating
        self.agents: Final = agents

    @property
    def name(self) -> str:
        """That of the rating."""
        return self.rating.name

    @property
    def path(self) -> Path:
        """The file that they stand in."""
        return self.rating.directory.scores

    @property
    def how(self) -> str:
        """The words that were asked, and what for."""
        return f"{sorted(self.rating.manifest.prompts.items())} {self.rating.manifest.dimensions}"

    def lines(self) -> Iterator[RatedInteraction]:
        """Those of the file. Raises `SandboxError` that names a bad one."""
        return self.rating.lines()

    def of(self, item: Interaction) -> Interaction:
        """`item` with these scores, None where there are none. Raises `SandboxError` that names a bad line."""
        at = self._places.get(item.round * self.agents + item.agent)
        try:
            draft, revision = map(_scores, self._texts(at))
        except ValidationError as error:
            raise SandboxError(f"{self.path}:{at.number if at else 0}: {of_validation(error)}.") from None
        return item.model_copy(update={"scores": Scores(draft=draft, revision=revision)})

    def summaries(self, items: Iterator[Interaction], rounds: int) -> list[RoundSummary]:
        """Those of the first so many rounds of `items`, which have these scores."""
        found = []
        for round_ in range(rounds):
            sums = RoundSums()
            for item in islice(items, self.agents):
                sums.add(item)
            found.append(sums.summary(round_))
        return found

    @cached_property
    def _places(self) -> dict[int, _At]:
        """By the place of an interaction in the log of its run."""
        found: dict[int, _At] = {}
        start, last = 0, -1
        for number, line in raw_lines(self.path):
            match = _PLACE.match(line)
            if not match:
                raise SandboxError(f"{self.path}:{number}: is no line of a rating.")
            place, agent = int(match[1]) * self.agents + int(match[2]), int(match[2])
            if agent >= self.agents or place <= last:
                raise out_of_order(self.path, number)
            found[place] = _At(number, start, len(line))
            start, last = start + len(line), place
        return found

    def _texts(self, at: _At | None) -> tuple[dict[str, Score | None], dict[str, Score | None]]:
        """What was said of draft and revision, by dimension."""
        if at is None:
            return {}, {}
        with open_to_read(self.path) as file:
            file.seek(at.start)
            line = self.rating.line(at.number, file.read(at.length))
        return line.scores.draft, line.scores.revision


def with_scores(run: Run, rating: Rating) -> Run:
    """`run` with the scores of `rating` in the place of its own, and whoever gave them as observer.

    Raises `UsageError` where it is of neither alignment nor engagement from 1 to 7, and `SandboxError` where the texts
    that it rated are not those of the run.
    """
    scales = {each.name: tuple(each.scale) for each in rating.manifest.dimensions if each.name in DIMENSIONS}
    if not scales or any(scale != SEVEN for scale in scales.values()):
        has = ", ".join(f"{each.name} {each.scale[0]}-{each.scale[1]}" for each in rating.manifest.dimensions)
        raise UsageError(f"--scores {rating.name}: wanted are alignment or engagement from 1 to 7, and it is of {has}.")
    check_texts(run, rating)
    models = run.manifest.models.model_copy(update={"observer": rating.manifest.models.observer})
    manifest = run.manifest.model_copy(update={"models": models})
    return run._replace(manifest=manifest, given=RatingScores(rating, manifest.config.agents))


def scores_note(runs: Iterable[Run]) -> str | None:
    """By whom the scores of `runs` are, for people; None where they are their own."""
    given = [(run.given.name, run.manifest.models.observer) for run in runs if run.given]
    by = ", ".join(dict.fromkeys(observer for _, observer in given))
    return f"scores are those of the rating {given[0][0]}, by {by}" if given else None


def _scores(said: dict[str, Score | None]) -> TextScores:
    return TextScores(**{name: _judgement(said.get(name)) for name in DIMENSIONS})


def _judgement(score: Score | None) -> Judgement | None:
    return Judgement(**score.model_dump()) if score else None
