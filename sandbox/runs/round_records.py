"""What a whole round came to: frozen models that are the schema of `rounds.jsonl`.

Field order is key order in the file. Knows no file and no interaction.
"""

from typing import Annotated

from pydantic import Field

from sandbox.runs.asks import Count, Record


class Mean(Record):
    """A mean over `count` ratings; None where there is none."""

    mean: Annotated[float, Field(ge=1, le=7)] | None
    count: Count


class MeanGain(Record):
    """A mean over `count` differences of two ratings; None where there is none."""

    mean: Annotated[float, Field(ge=-6, le=6)] | None
    count: Count


class DimensionMeans(Record):
    """A mean for each dimension."""

    alignment: Mean
    engagement: Mean


class DimensionGains(Record):
    """A mean gain for each dimension."""

    alignment: MeanGain
    engagement: MeanGain


class RoundScores(Record):
    """Mean scores of the drafts and of the revisions of a round."""

    draft: DimensionMeans
    revision: DimensionMeans


class RoundSummary(Record):
    """One whole round. `gain` is the mean of paired differences revision - draft; `missing` counts missing ratings.

    `recall_rate` is the share of the round's interactions whose draft was helped by a recall.
    """

    round: Count
    interactions: Count
    failed: Count
    scores: RoundScores
    gain: DimensionGains
    missing: Count
    recall_rate: Annotated[float, Field(ge=0, le=1)]
