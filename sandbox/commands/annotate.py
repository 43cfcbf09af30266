"""`sandbox annotate`: one person judges texts of a run, blind, by keys on a terminal or by lines of a pipe."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.segment import Segment, Segments

from sandbox.annotation.observed import observed
from sandbox.annotation.opening import opened
from sandbox.annotation.screen import KEYS, asked, help_text, material, progress
from sandbox.annotation.session import Session, ToJudge
from sandbox.commands.endings import COMPLETE, INTERRUPTED
from sandbox.commands.keyboard import END, keys
from sandbox.options.annotation import AnnotationConfig
from sandbox.options.resolution import naming_places, resolve
from sandbox.progress.alive import alive
from sandbox.runs.annotation.shown import values_of
from sandbox.runs.reading import Run, open_run
from sandbox.terminal import console, plain, plain_line, show
from sandbox.text import counted, in_a_line, typed

_RATINGS: Final = frozenset("1234567")
_MORE: Final = frozenset(" \n\r")
_GAPS: Final = 3  # empty lines of a screen, and the one of the cursor
_FEWEST_LINES: Final = 5  # of the material, however low the screen


def run_annotate(name: str, flags: Mapping[str, Any], file: Path | None) -> int:
    """Have a person judge texts of the run called `name`; the exit code."""
    resolved = resolve(AnnotationConfig, flags, file)
    config = resolved.config
    with naming_places(resolved), ExitStack() as held:
        annotator = config.named()
        run = open_run(name, config.runs, config.studies)
        with alive(f"Reading {run.name}"):
            session = held.enter_context(opened(run, config))
            desk = _Desk(run, session)
        code = COMPLETE
        try:
            with keys() as press:
                desk.work(press)
        except KeyboardInterrupt:
            code = INTERRUPTED
        for line in _ended(run, session, annotator):
            console().print(plain_line(line))
    return code


def _ended(run: Run, session: Session, annotator: str) -> Iterator[str]:
    skipped = f", {session.skipped} skipped" if session.skipped else ""
    place = typed(run.directory.path)
    yield f"{counted(session.rated, 'rating')} by {annotator}{skipped}, {session.left} to be given."
    if session.left:
        yield f"Go on: sandbox annotate {place} --annotator {annotator}"
    else:
        yield f"Compare them with the observer: sandbox analyze observer {place} --with {annotator}"


class _Desk:
    """What one person sees, and what each key does."""

    def __init__(self, run: Run, session: Session) -> None:
        self._run: Final = run
        self._session: Final = session
        self._values: Final = values_of(run)
        self._page = 0
        self._helping = False
        self._told = ""

    def work(self, press: Callable[[], str]) -> None:
        """Until all is judged, or the person leaves."""
        while item := self._session.current:
            pages = self._draw(item)
            key = press()
            if key in (END, "q"):
                return
            self._told = ""
            if key in _MORE:
                self._page = (self._page + 1) % pages
            else:
                self._page = 0
                self._answer(key)

    def _answer(self, key: str) -> None:
        """Other keys than those of help close it and do no more, so that nobody rates what is not in sight."""
        if self._helping or key == "?":
            self._helping = not self._helping
        elif key in _RATINGS:
            self._session.judge(int(key))
        elif key == "s":
            self._session.judge(None)
        elif key == "b":
            self._told = "" if self._session.back() else "Nothing was judged before this."
        else:
            self._told = f"{in_a_line(key)} is no key here."

    def _draw(self, item: ToJudge) -> int:
        """Show the page of `item` that is open, or of the help; how many there are."""
        parts = help_text(observed(self._run, item)) if self._helping else material(item, self._values)
        foot = [asked(self._session, item), plain(f"{self._told}  {KEYS}".strip())]
        head = progress(self._session, item)
        if not console().is_terminal:
            show(Group(head, *parts, "", *foot, ""))
            return 1
        around = len(_lines(head, *foot)) + _GAPS
        lines = _lines(*parts)
        room = max(_FEWEST_LINES, console().height - around)
        pages = -(-len(lines) // room)
        if pages > 1:
            foot[-1] = plain(f"{foot[-1].plain}  space page {self._page + 1} of {pages}")
        console().clear()
        console().print(Group(head, "", *lines[self._page * room : (self._page + 1) * room], "", *foot))
        return pages


def _lines(*parts: RenderableType) -> list[Segments]:
    """As they are broken on this terminal."""
    return [Segments([*line, Segment.line()]) for line in console().render_lines(Group(*parts), pad=False)]
