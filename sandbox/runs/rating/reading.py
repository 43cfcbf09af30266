"""Opens ratings and reads their scores, also while one goes on; finds those of a run. Knows no terminal.

A rating goes by the names of folders, as runs do: both can be copied and renamed together.
"""

import glob
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from sandbox.errors import SandboxError, UsageError
from sandbox.options.annotation import RESERVED
from sandbox.options.completion import RUN_ID
from sandbox.runs.annotation.records import ANNOTATION
from sandbox.runs.beside import beside, named_place, run_of
from sandbox.runs.json_lines import count_lines, raw_lines, read_line
from sandbox.runs.kinds import kind_of
from sandbox.runs.locking import is_held
from sandbox.runs.named import no_such_run, run_path
from sandbox.runs.rating.directory import RatingDirectory
from sandbox.runs.rating.manifest import RATING, RatingManifest
from sandbox.runs.rating.records import RatedInteraction
from sandbox.runs.reading import Run
from sandbox.runs.records import interaction_id
from sandbox.text import in_a_line, nearest, typed


class Rating:
    """A rating on disk."""

    def __init__(self, directory: RatingDirectory, manifest: RatingManifest) -> None:
        self.directory: Final = directory
        self.manifest: Final = manifest

    @property
    def name(self) -> str:
        """What it is called beside its run: `gpt-4o` of `one.gpt-4o`."""
        return self.directory.name.removeprefix(f"{self.run_id}.")

    @property
    def rater(self) -> str:
        """What tables call who rated: its name, or all of the folder's where that is what they call others."""
        return self.directory.name if self.name.lower() in RESERVED else self.name

    @property
    def run_id(self) -> str:
        """The run whose texts were rated, by the name of its folder."""
        return run_of(self.directory.name, str(self.manifest.config.name), self.manifest.rated.run)

    @property
    def run_path(self) -> Path:
        """Where that run lies: beside this."""
        return named_place(self.directory.path).with_name(self.run_id)

    @property
    def status(self) -> str:
        """As the manifest says, but `interrupted` for one that says `running` and that nobody works on."""
        dead = self.manifest.status == "running" and not is_held(self.directory)
        return "interrupted" if dead else self.manifest.status

    def warnings(self) -> Iterator[str]:
        """What whoever takes its scores should know: that it goes on, or is complete and has lost lines since."""
        if self.status != "complete":
            yield f"{self.directory.name} is {self.status}: what it holds by now stands here."
            return
        planned, found = self.manifest.totals.planned, count_lines(self.directory.scores)
        if found < planned:
            lacking = f"the rating is complete, and line {found + 1} of {planned} is not there"
            mend = f"Mend it: sandbox rate --resume {typed(self.directory.path)}"
            yield f"{self.directory.scores}:{found + 1}: {lacking}. {mend}"

    def lines(self) -> Iterator[RatedInteraction]:
        """What was rated so far, in (round, agent) order. Raises `SandboxError` that names the line."""
        last = (-1, -1)
        for number, text in raw_lines(self.directory.scores):
            line = self.line(number, text)
            if (line.round, line.agent) <= last or line.id != interaction_id(line.round, line.agent):
                raise out_of_order(self.directory.scores, number)
            last = (line.round, line.agent)
            yield line

    def line(self, number: int, text: bytes) -> RatedInteraction:
        """The one in line `number`, which is `text`. Raises `SandboxError` for one that is none of this rating."""
        line = read_line(self.directory.scores, number, text, RatedInteraction)
        if not line.is_on(self._scales):
            raise SandboxError(f"{self.directory.scores}:{number}: scores: not on the dimensions of the manifest.")
        return line

    @cached_property
    def _scales(self) -> dict[str, tuple[int, int]]:
        return {each.name: each.scale for each in self.manifest.dimensions}


def out_of_order(scores: Path, number: int) -> SandboxError:
    """Of a line that is not of a later interaction than the one before it: which of two counts, nothing says."""
    return SandboxError(f"{scores}:{number}: it stands out of order.")


def is_rating(path: Path) -> bool:
    """Whether the manifest in the folder `path` says that it is a rating's."""
    return kind_of(path) == RATING


def read_rating(path: Path) -> Rating:
    """The rating in the folder `path`. Raises `SandboxError`."""
    directory = RatingDirectory(path)
    return Rating(directory, directory.read_manifest())


def named_rating(name: str, runs: Path, studies: Path | None = None) -> Rating:
    """The rating with this path or `RUN.NAME`. Raises `UsageError` if there is none, and `SandboxError`."""
    path = run_path(name, runs, studies)
    if path is None:
        raise UsageError(f"{no_such_run(name, runs, studies)}\nList them: sandbox inspect")
    if not is_rating(path):
        raise UsageError(f"{name} is no rating, or its manifest is damaged.\nLook at it: sandbox inspect {name}")
    return read_rating(path)


def ratings_of(run: Run) -> list[Rating]:
    """All ratings of `run`, by name. Raises `SandboxError` for one that cannot be read."""
    first = beside(run.directory.path, "")
    found = (path for path in sorted(first.parent.glob(f"{glob.escape(first.name)}?*")) if is_rating(path))
    return [rating for rating in map(read_rating, found) if rating.run_id == run.directory.name]


def open_rating(run: Run, name: str) -> Rating:
    """The rating of `run` that is called so. Raises `UsageError` that names those there are, and `SandboxError`."""
    # What is no name leads elsewhere, and is not looked for.
    if RUN_ID.fullmatch(name) and is_rating(path := beside(run.directory.path, name)):
        return read_rating(path)
    if RUN_ID.fullmatch(name) and kind_of(beside(run.directory.path, name)) == ANNOTATION:
        few = f"{name} is a person, whose judgements of some texts do not stand for the scores of all"
        raise UsageError(f"{few}.\nCompare them: sandbox analyze observer {typed(run.directory.path)} --with {name}")
    there = [each.name for each in ratings_of(run)]
    known = f"There are: {', '.join(there)}." if there else f"Make one: sandbox rate {typed(run.directory.path)}"
    raise UsageError(f"{run.name} has no rating called {in_a_line(name)}.{nearest(name, there)}\n{known}")
