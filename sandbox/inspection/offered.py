"""What a shell is offered as values of options of `sandbox inspect` that take others too. Imports nothing slow."""

from typing import Final

from sandbox.options.option import Suggested

STATUSES: Final = Suggested(("running", "complete", "stopped", "failed", "interrupted"))
ORDERS: Final = Suggested(
    (
        "round", "agent", "label", "model", "question", "alignment_gain", "engagement_gain", "revision_alignment",
        "revision_engagement", "disagreement", "missing", "failed", "recall_similarity", "alignment", "created",
        "status", "cost", "rounds", "size", "item", "category", "rating",
    )
)  # fmt: skip
TABLES: Final = Suggested(
    (
        "alignment by round", "engagement by round", "accounts by round", "alignment by label", "engagement by label",
        "alignment by model", "engagement by model",
        "alignment by run", "engagement by run", "costs", "Pareto front",
    )
)  # fmt: skip
