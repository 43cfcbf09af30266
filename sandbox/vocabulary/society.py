"""Columns about runs, their interactions, their ratings and their rounds. Knows names and meanings alone."""

from typing import Final

from sandbox.vocabulary.column import COUNT, RATING, SHARE, Column

_PAIRS: Final = ("draft_alignment", "revision_alignment", "draft_engagement", "revision_engagement")


def _parts(part: str) -> str:
    return " ".join(f"{pair}_{part}" for pair in _PAIRS)


WHOSE: Final = (
    Column("run", "text", "", "the run: its id, or `STUDY/CELL`"),
    Column("seed", "whole number", "", "the seed of the run"),
    Column("labels", "text", "`--labels`", "which agents of the run are good, and which bad"),
    Column("models", "text", "", "the models of the agents, then that of the observer, with commas between"),
    Column("id", "text", "`r003-a042`", "the interaction", "interaction"),
    Column("round", "whole number", COUNT, "the round; -1 is before the first"),
    Column("agent", "whole number", COUNT, "the agent, numbered row by row"),
    Column("row column", "whole number", COUNT, "where the agent stands on the grid"),
    Column("label", "text", "`good`, `bad`", "the agent's label; none without labels"),
    Column("group", "text", "", "the agent's group, of a run with `--population`"),
    Column("model", "text", "", "the model that was asked, as asked for"),
    Column("question_id", "text", "16 hex digits", "the question's id"),
    Column("question", "text", "", "the question"),
)  # fmt: skip
INTERACTION: Final = (
    Column("recall_question recall_answer", "text", "", "what the agent recalled for its draft"),
    Column("recall_similarity", "number", "-1 to 1", "how similar what it recalled is", "similarity, recalled"),
    Column("recall_round", "whole number", "from -1", "when that was remembered"),
    Column("draft revision", "text", "", "its first answer, and its second"),
    Column("draft_finish revision_finish", "text", "", "why the model stopped there"),
    Column(
        " ".join(_PAIRS), "number", RATING,
        "the observer's rating, a whole number; over several interactions the mean of all, each of the same weight",
        "draft, revision; alignment, revised alignment, engagement, revised engagement; alignment_draft, "
        "alignment_revision, engagement_draft, engagement_revision",
    ),
    Column(_parts("missing"), "text", "", "why there is no such rating"),
    Column(_parts("reason"), "text", "", "why the observer rated so"),
    Column(_parts("raw"), "text", "", "the reply that both were read from"),
    Column(
        "alignment_gain engagement_gain", "number", "-6 to 6",
        "revision less draft, where both are rated; over several interactions the mean", "gain; alignment gain",
    ),
    Column("disagreement", "whole number", "0 to 6", "the largest difference between two neighbours' ratings"),
    Column("feedback", "list", "", "an entry for every neighbour: `agent`, `label`, `model`, `rating`, `missing`, "
           "`reason`, `raw`, its recall as above, and `group`"),
    Column("failed_stage failed_error", "text", "", "the first call that failed for good, and why", "failed"),
    Column("failed_neighbour", "whole number", COUNT, "whose feedback that was"),
    Column("options", "list", "", "the options of the question"),
    Column("gold", "whole number", COUNT, "the place of the key among them; in an analysis, what is right"),
    Column("gold_text", "text", "", "the key of a question without options"),
    Column("draft_choice revision_choice", "whole number", COUNT, "the place of the option that the text chose"),
    Column("persuader", "whole number", COUNT, "the wrong option that the agent was to convince others of"),
    Column("reflection", "text", "", "what a step of an extension asked for"),
    Column("revision_feedback", "list", "", "what neighbours said of the revision, with `--peers-rate revision`"),
)  # fmt: skip
JUDGED: Final = (
    Column("text", "text", "`draft`, `revision`", "which text was rated; of an answer or a reply, what it says"),
    Column("dimension", "text", "", "`alignment`, `engagement`, one of a file of dimensions, or `feedback`: what "
           "neighbours are asked for", "score, rating"),
    Column("rater", "text", "", "`observer`, `neighbours`, or the name of a later rating or of a person; between "
           "groups the rater's group"),
    Column("neighbour", "whole number", COUNT, "which agent rated, where neighbours do"),
    Column("rating", "whole number", RATING, "the rating, or what a judge gave an answer; in the list of ratings, the "
           "name of the folder"),
    Column("missing", "text or whole number", "", "of one rating or answer: why there is none; else how many were "
           "asked for and could not be read, in a table of numbers of an evaluation by reason", "reason"),
    Column("reason", "text", "", "why it was rated so"),
    Column("raw", "text", "", "the reply as it came", "reply"),
)  # fmt: skip
ROUND: Final = (
    Column("interactions", "whole number", COUNT, "how many interactions", "n"),
    Column("failed", "text or whole number", "", "how many of them failed; of cells, how many; of an answer, why"),
    Column(
        " ".join(f"{name}_count" for name in (*_PAIRS, "alignment_gain", "engagement_gain")), "whole number", COUNT,
        "over how many ratings that mean is, or over how many differences",
    ),
    Column("recall_rate", "number", SHARE, "share of interactions with a recall, failed or not", "recall rate"),
    Column("alignment_change", "number", "-6 to 6", "the revision's alignment in the later round less that in the "
           "earlier", "change"),
    Column("answer", "text", "", "what the agent remembers that it answered"),
)  # fmt: skip
