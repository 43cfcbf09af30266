"""What a memory answers with. Knows nothing of vectors, so that whoever only reads logs loads none."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

MOST_SIMILAR: Final = 1.01  # vectors are of length 1 within 1e-3


class Recall(BaseModel):
    """A memory that answers a question: what was asked and answered in `round`, and how similar it is (-1 to 1).

    What was remembered before the first round is of round -1.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str
    similarity: Annotated[float, Field(ge=-MOST_SIMILAR, le=MOST_SIMILAR)]
    round: Annotated[int, Field(ge=-1)]
