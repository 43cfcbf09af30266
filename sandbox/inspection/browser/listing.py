"""The interactions that a browser lists: which, in what order, which page. Knows columns and records, no keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from rich.text import Text

from agents.protocol import Rated
from sandbox.errors import SandboxError
from sandbox.figures.columns import Counts
from sandbox.figures.frame import Frame
from sandbox.figures.records_at import records_at
from sandbox.figures.selection import SORT_KEYS, Selection, SortKey, in_order
from sandbox.inspection.browser.watch import Look
from sandbox.runs.records import Interaction
from sandbox.span import Span
from sandbox.terminal import plain

PAGE: Final = 200
COLUMNS: Final = ("id", "label", "align", "engage", "spread", "miss", "question")
# Blanks beside a cell, the longest label that is not cut, the least of a question, what is wide.
GAP: Final = 2
_LABEL: Final = 8
_LEAST: Final = 20
_WIDE: Final = 100
# What a gain of alignment is asked to be: the words, the least, the most.
GAINS: Final = (("", None, None), ("gain above 0", 1.0, None), ("gain below 0", None, -1.0), ("gain 0", 0.0, 0.0))

Row = tuple[str, Sequence[Text]]


@dataclass(frozen=True)
class Listing:
    """What is listed: those that `selection` fits, ordered by `by`, and of them one page."""

    selection: Selection = field(default_factory=Selection)
    by: SortKey = "round"
    reverse: bool = False
    page: int = 0

    def asking(self, **changes: object) -> "Listing":
        """The same with another selection, from its first page."""
        return replace(self, selection=replace(self.selection, **changes), page=0)  # type: ignore[arg-type]

    def next_order(self) -> "Listing":
        """Sorted by the key after this one."""
        place = SORT_KEYS.index(self.by)
        return replace(self, by=SORT_KEYS[(place + 1) % len(SORT_KEYS)], reverse=False, page=0)

    def next_label(self, labels: Sequence[str]) -> "Listing":
        """Those of the next of `labels`; after the last those of all."""
        choices = [None, *labels]
        place = choices.index(self.selection.label) if self.selection.label in choices else 0
        return self.asking(label=choices[(place + 1) % len(choices)])

    def next_gain(self) -> "Listing":
        """Those that gained, those that lost, those that did neither, then all."""
        place = self._gain()
        _, least, most = GAINS[(place + 1) % len(GAINS)]
        return self.asking(min_gain=least, max_gain=most)

    def words(self) -> str:
        """What is asked and in what order, for people."""
        return ", ".join([*self._asked(), f"by {self.by.replace('_', ' ')}, {self._end()} first"])

    def _end(self) -> str:
        if self.by in ("round", "agent"):
            return "last" if self.reverse else "lowest"
        if self.by in ("label", "model", "question"):
            return "Z" if self.reverse else "A"
        return "smallest" if self.reverse else "largest"

    def _gain(self) -> int:
        asked = (self.selection.min_gain, self.selection.max_gain)
        return next((place for place, gain in enumerate(GAINS) if gain[1:] == asked), 0)

    def _asked(self) -> Iterator[str]:
        wanted = self.selection
        for name, span in (("round", wanted.rounds), ("agent", wanted.agents)):
            if span:
                yield f"{name} {_span(span)}"
        if wanted.search is not None:
            yield f"search {wanted.search!r}"
        if wanted.label is not None:
            yield f"label {wanted.label}"
        if self._gain():
            yield GAINS[self._gain()][0]
        yield from (name for name in ("missing", "failed") if getattr(wanted, name))


class Page(NamedTuple):
    """One page of a listing as it was found: `places` are all that fit, in order, and `first` begins the page."""

    look: Look
    listing: Listing
    places: Counts
    first: int
    items: Sequence[Interaction]

    def table(self, width: int) -> tuple[list[str], list[Row]]:
        """Columns, and a row an interaction under its place in the log, cut to `width` cells by its question."""
        frame, places = self.look.frame, self.places[self.first : self.first + PAGE]
        counts = zip(frame.disagreement()[places].tolist(), frame.missing_ratings()[places].tolist(), strict=True)
        cells = [
            dict(zip(COLUMNS, _cells(frame, item, place, count), strict=True))
            for place, item, count in zip(places.tolist(), self.items, counts, strict=True)
        ]
        columns = self._columns(width, places)
        fixed = [max(len(name), *(row[name].cell_len for row in cells), 0) + GAP for name in columns[:-1]]
        for row in cells:
            row["question"].truncate(max(_LEAST, width - sum(fixed) - GAP), overflow="ellipsis")
        named = zip(places.tolist(), cells, strict=True)
        return columns, [(str(place), [row[name] for name in columns]) for place, row in named]

    def _columns(self, width: int, places: Counts) -> list[str]:
        """All where there is room; else the spread only if it orders them, what is missing only if anything is."""
        missing = bool(self.look.frame.missing_ratings()[places].any())
        wanted = {"spread": self.listing.by == "disagreement", "miss": missing or self.listing.by == "missing"}
        return [name for name in COLUMNS if width >= _WIDE or wanted.get(name, True)]


def read_page(look: Look, listing: Listing, before: Page | None) -> Page:
    """Finds the page. What `before` found is used again where the log and the question are the same."""
    if before and before.look is look and before.listing == listing:
        return before
    whole = replace(listing, page=0)
    if before and before.look.frame is look.frame and replace(before.listing, page=0) == whole:
        places = before.places
    else:
        places = in_order(look.frame, listing.selection.of(look.run, look.frame), listing.by, reverse=listing.reverse)
    last = max(0, (len(places) - 1) // PAGE)
    page = min(listing.page, last)
    shown = places[page * PAGE : (page + 1) * PAGE].tolist()
    by_place = dict(zip(sorted(shown), records_at(look.run, shown), strict=False))
    if len(by_place) < len(shown):
        raise SandboxError(f"{look.run.directory.interactions} lost lines while it was read. F5 reads it again.")
    items = [by_place[place] for place in shown]
    return Page(look, replace(listing, page=page), places, page * PAGE, items)


def _cells(frame: Frame, item: Interaction, place: int, counts: tuple[float, int]) -> list[Text]:
    spread, missing = counts
    said = f"FAILED ({item.failed.error}) {item.question}" if item.failed else item.question
    question = plain(" ".join(said.split()), style="red" if item.failed else "")
    label = plain(item.label or "-")
    label.truncate(_LABEL, overflow="ellipsis")
    scores = [_right(_scores(frame, place, dimension)) for dimension in ("alignment", "engagement")]
    return [plain(item.id), label, *scores, _right(_whole(spread)), _right(str(missing)), question]


def _scores(frame: Frame, place: int, dimension: Rated) -> str:
    draft, revision = (frame.ratings[text, dimension][place] for text in ("draft", "revision"))
    return f"{_whole(draft)} > {_whole(revision)}"


def _whole(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.0f}"


def _right(text: str) -> Text:
    shown = plain(text)
    shown.justify = "right"
    return shown


def _span(span: Span) -> str:
    return str(span.first) if span.first == span.last else f"{span.first}-{span.last}"
