"""Keys of a file, for interactions whose log has none: which option each text chose is read anew. Knows no rating."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, get_args

import numpy as np

from agents.choices import read_choice
from agents.model import Finish, Reply
from agents.protocol import TEXTS, ScoredText
from sandbox.errors import UsageError
from sandbox.figures.columns import Counts, Flags, Numbers
from sandbox.questions.sets import Question

if TYPE_CHECKING:
    import pyarrow as pa

Choices = dict[ScoredText, Numbers]
_KEPT: Final = 1 << 12  # texts whose choice is remembered: short ones come again
_FINISHES: Final[Mapping[str | None, Finish]] = {each: each for each in get_args(Finish)}


def fill(batch: "pa.RecordBatch", gold: Numbers, chosen: Choices, keys: Mapping[str, Question]) -> Flags:
    """Write what `keys` say of the interactions of a block into `gold`, and into `chosen` what their texts chose.

    Only where the log has no key. Which interactions have a key in free text is returned. Raises `UsageError` where the
    log has another key for a question than its file.
    """
    ids = batch.column("question_id").to_pylist()
    found = [keys.get(each) for each in ids]
    known = ~np.isnan(gold)
    _compare(batch, np.flatnonzero(known), found, gold)
    places = np.array([place for place in np.flatnonzero(~known) if _places_gold(found[place])], dtype=np.int64)
    questions = [each for place in places if (each := found[place])]
    gold[places] = [each.gold for each in questions]
    for text in TEXTS:
        chosen[text][places] = _chosen(batch, text, places, questions)
    return np.array([each is not None and each.gold_text is not None for each in found], dtype=np.bool_)


def _places_gold(question: Question | None) -> bool:
    return question is not None and question.gold is not None


def _chosen(batch: "pa.RecordBatch", text: ScoredText, places: Counts, questions: Sequence[Question]) -> list[float]:
    import pyarrow.compute as pc

    said = batch.column(text).take(places).to_pylist()
    ends = pc.struct_field(batch.column("finish"), text).take(places).to_pylist()
    return [_choice(*each, question.options) for *each, question in zip(said, ends, questions, strict=True)]


@lru_cache(maxsize=_KEPT)
def _choice(text: str | None, end: str | None, options: tuple[str, ...]) -> float:
    """The place of the option that `text` chose; nan where there is none."""
    place = None if text is None else read_choice(Reply(text, _FINISHES.get(end)), options).place
    return np.nan if place is None else place


def _compare(batch: "pa.RecordBatch", places: Counts, found: Sequence[Question | None], gold: Numbers) -> None:
    """Refuse keys that are others than the log's, each question looked at once."""
    first = {each.id: place for place in reversed(places) if (each := found[place]) and each.gold is not None}
    for name, place in first.items():
        question, options = found[place], batch.column("options")[place].as_py()
        if question and _right(options, int(gold[place])) != _right(question.options, question.gold):
            raise UsageError(
                f"Question {name} has another key in that file than in the log, whose choices were made by its own.\n"
                "Take it out of the file, or leave --gold out."
            )


def _right(options: Sequence[str] | None, gold: int | None) -> str | None:
    """The text of the right option; options that are only letters have one too."""
    return options[gold].strip() if options and gold is not None and gold < len(options) else None
