"""What a memory answers with. Knows nothing of vectors, so that whoever only reads logs loads none."""

from pydantic import BaseModel, ConfigDict


class Recall(BaseModel):
    """A memory that answers a question: what was asked and answered in `round`, and how similar it is (-1 to 1)."""

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str
    similarity: float
    round: int
