"""One person at one annotation: what is asked next, and what was said. A judgement is written before the next is asked.

Knows records; neither screen nor keyboard.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sandbox.runs.annotation.records import JudgedKey, JudgedLine, Skipped
from sandbox.runs.appended import JsonLines
from sandbox.runs.stored_texts import Stored


class ToJudge(NamedTuple):
    """A text on a dimension; `shown` is the sha256 of what is seen of it, and `number` counts texts from 1."""

    number: int
    key: JudgedKey
    stored: Stored
    shown: str

    @property
    def text(self) -> str:
        """What is judged."""
        return self.stored.of(self.key.text) or ""


class Session:
    """Asks `items` in this order but for those that were `judged`; judgements go to the `journal`."""

    def __init__(self, items: Sequence[ToJudge], judged: Mapping[JudgedKey, JudgedLine], journal: JsonLines) -> None:
        self.items: Final = items
        self._judged: Final = {each.key: judged[each.key] for each in items if each.key in judged}
        self._journal: Final = journal
        self._places: Final = {each.key: place for place, each in enumerate(items)}
        self._done: Final = [self._places[key] for key in judged if key in self._places]
        self._back: int | None = None

    @property
    def current(self) -> ToJudge | None:
        """What is asked now; None where all is judged."""
        if self._back is not None:
            return self.items[self._back]
        return next((each for each in self.items if each.key not in self._judged), None)

    @property
    def before(self) -> JudgedLine | None:
        """What was said of the current text before, where somebody went back to it."""
        return self._judged.get(self.current.key) if self._back is not None and self.current else None

    @property
    def rated(self) -> int:
        """How many ratings there are."""
        return sum(line.rating is not None for line in self._judged.values())

    @property
    def skipped(self) -> int:
        """How many judgements were skipped."""
        return len(self._judged) - self.rated

    @property
    def left(self) -> int:
        """How many judgements are still to be given."""
        return len(self.items) - len(self._judged)

    def judge(self, rating: int | None) -> None:
        """Keep `rating` of the current text, or that it was skipped. It is on the disk when this returns."""
        item = self.current
        assert item, "nothing is asked"
        missing: Skipped | None = "skipped" if rating is None else None
        line = JudgedLine(**item.key._asdict(), rating=rating, missing=missing, shown=item.shown)
        self._journal.append([line])
        self._journal.sync()
        self._judged[item.key] = line
        if self._back is None:
            self._done.append(self._places[item.key])
        self._back = None

    def back(self) -> bool:
        """Ask the one judged last once more, or the one before that; False where there is none."""
        at = len(self._done) if self._back is None else self._done.index(self._back)
        if not at:
            return False
        self._back = self._done[at - 1]
        return True
