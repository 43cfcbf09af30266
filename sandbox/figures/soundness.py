"""Whether columns hold only what a record can hold: their reader knows types, and neither bounds nor words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

import numpy as np

from agents.model import ErrorKind
from agents.protocol import STAGES, Label
from agents.replies import Missing
from memory.recall import MOST_SIMILAR

if TYPE_CHECKING:
    from sandbox.figures.columns import Names
    from sandbox.figures.frame import Frame


def is_sound(frame: "Frame", agents: int) -> bool:
    """Whether every rating is 1 to 7 or absent, every similarity one that vectors can have, every word a known one.

    And whether every neighbour is one of so many `agents`.
    """
    heard = (frame.feedback, frame.revision_feedback)
    ratings = np.concatenate([*frame.ratings.values(), *(each.ratings for each in heard)])
    words: list[tuple[Sequence[str], Names]] = [
        (get_args(Label), frame.labels),
        *((get_args(Missing), each) for each in (*frame.missing.values(), *(each.missing for each in heard))),
        (STAGES, frame.failed_stage),
        (get_args(ErrorKind), frame.failed_error),
    ]
    by = np.concatenate([each.by for each in heard])
    outside = [(ratings < 1) | (ratings > 7), np.abs(frame.similarity) > MOST_SIMILAR, (by < 0) | (by >= agents)]
    return not any(map(np.any, outside)) and all({*known, None, ""}.issuperset(each) for known, each in words)
