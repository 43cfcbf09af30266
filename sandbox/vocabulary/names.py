"""Names of columns that are made of a text and a dimension. Knows no table."""

from agents.protocol import TEXTS


def score_column(text: str, dimension: str, part: str = "rating") -> str:
    """The column of a part of a judgement, `draft_alignment_missing`; the rating itself is `draft_alignment`."""
    return f"{text}_{dimension}" if part == "rating" else f"{text}_{dimension}_{part}"


def gain_column(dimension: str) -> str:
    """The column of how much more a revision is rated than its draft."""
    return f"{dimension}_gain"


def score_columns(dimension: str) -> tuple[str, str, str]:
    """Those of ratings or of their means: of the draft, of the revision, and the gain."""
    draft, revision = (score_column(text, dimension) for text in TEXTS)
    return draft, revision, gain_column(dimension)
