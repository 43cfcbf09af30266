"""Columns of lists of folders, and of what studies, evaluations and trainings hold. Knows names and meanings alone."""

from typing import Final

from sandbox.vocabulary.column import COUNT, Column

LISTED: Final = (
    Column("study evaluation annotation training", "text", "", "the name of the folder, as `run` and `rating` are"),
    Column("created", "time", "UTC", "when it was begun"),
    Column("status", "text", "", "how it stands now: `running`, `complete`, `stopped`, `failed`, `interrupted`; of a "
           "cell also `absent`, `another` or `broken`"),
    Column("tags", "text", "", "what somebody tagged it with, with commas between"),
    Column("age_seconds", "whole number", "seconds", "how long ago it was begun"),
    Column("bytes", "whole number", "bytes", "how large its files are"),
    Column("agents", "whole number", COUNT, "how many agents a round has; of a group, how many it has"),
    Column("rounds", "whole number", COUNT, "how many rounds are planned"),
    Column("rounds_done", "whole number", COUNT, "how many are whole", "rounds"),
    Column("alignment_before alignment_after", "number", "1 to 7", "means of drafts and of revisions, over those "
           "interactions that have both rated"),
    Column("planned", "whole number", COUNT, "how many interactions, answers or ratings were to be"),
    Column("interactions_done answers_done", "whole number", COUNT, "how many are there"),
    Column("cells complete running", "whole number", COUNT, "how many cells, and how many that stand so"),
    Column("observer judge", "text", "", "the model that rates"),
    Column("dimensions", "text", "", "what was rated, with commas between"),
    Column("texts", "text or whole number", "", "which texts were rated; how many were rated twice or more"),
    Column("suites", "text", "", "the suites that were asked, with commas between"),
    Column("calls", "whole number", COUNT, "calls of models; of an error, how many ended in it"),
    Column("tokens", "whole number", COUNT, "tokens of prompts and completions; of a training, tokens learnt from"),
    Column("cost_usd", "number", "USD", "what the calls cost; none where a price is unknown", "usd"),
    Column("wall_seconds", "number", "seconds", "from the first dispatch to the last reply, over attempts", "seconds"),
)  # fmt: skip
STUDY: Final = (
    Column("index", "whole number", COUNT, "the place of the cell in the study"),
    Column("cell", "text", "", "the name of the cell"),
    Column("retired", "yes or no", "", "whether the study has the cell no more"),
    Column("paired", "yes or no", "", "whether the difference is over runs of the same seeds"),
    Column("cells_of_base", "whole number", COUNT, "how many cells the condition has that others are compared with"),
    Column("interactions_until", "whole number", COUNT, "interactions of a run until the end of the round, or until "
           "what the table is about is reached", "interactions, interactions until then"),
    Column("alignment_round engagement_round", "whole number", COUNT, "the first round that comes near the best end"),
    Column("alignment_interactions_until engagement_interactions_until", "whole number", COUNT,
           "interactions until the end of that round", "alignment_interactions, engagement_interactions"),
    Column("interactions_by_round", "list", COUNT, "interactions of each round"),
    Column(
        " ".join(
            f"{name}{count}_by_round"
            for dimension in ("alignment", "engagement")
            for name in (f"draft_{dimension}", f"revision_{dimension}", f"{dimension}_gain")
            for count in ("", "_count")
        ),
        "list", "", "that mean of each round, and over how many ratings it is",
        "alignment_draft_by_round and the like",
    ),
)  # fmt: skip
EVALUATION: Final = (
    Column("suite item sample", "text or whole number", "", "what was asked: the suite, the item, and which answer"),
    Column("cluster category", "text", "", "what the item belongs to, as its suite says"),
    Column("result", "text", "", "what was read from the answer"),
    Column("measure", "text", "", "what is measured, or which ratings are counted", "rating"),
    Column("by of", "text", "", "over which items: those whose field `by` has the value `of`"),
    Column("value", "number", "`unit`", "the number; of an option, what it was set to"),
    Column("low high", "number", "", "its 95 % interval"),
    Column("how", "text", "`bootstrap`, `wilson`", "how the interval was made"),
    Column("scored", "whole number", COUNT, "what it is over"),
    Column("worst best", "number", "", "the value if all that is missing were at the worst, or at the best"),
    Column("clusters", "whole number", COUNT, "how many clusters the scored ones are of"),
    Column("unit", "text", "", "the range that the value can take"),
    Column("better", "text", "`high`, `low`", "which end of it is wanted"),
    Column("baseline", "yes or no", "", "whether no model answered it: chance, the longer one"),
    Column("headline", "yes or no", "", "whether it is the number of its suite that stands first"),
    Column("note", "text", "", "what else is to be known, such as why there is no interval; of a folder, what "
           "somebody noted"),
    Column("only_base only_other", "whole number", COUNT, "pairs in which one side alone has yes",
           "only base, only other"),
)  # fmt: skip
TRAINING: Final = (
    Column("objective", "text", "", "what was trained for"),
    Column("data", "text", "", "the training set"),
    Column("weights", "text", "", "the weights of the dimensions"),
    Column("steps steps_planned", "whole number", COUNT, "optimiser steps, and how many were to be"),
    Column("processor_seconds", "number", "seconds", "time of processors"),
    Column("split", "text", "`validation`, `test`", "which part of the rows"),
    Column("figure", "text", "", "what is measured: `margin`, `ranked`, `best_loss`, `reward`"),
    Column("questions pairs", "whole number", COUNT, "over how many questions, and over how many pairs"),
    Column("base", "text", "", "the model that was trained, or its answer; of a comparison, the mean of the first"),
    Column("trained", "text", "", "the answer of the trained model"),
    Column("before after", "number", "", "before the training and after it; of a text: draft and revision"),
    Column("part", "text", "", "which rows"),
    Column("considered used cut single", "whole number", COUNT, "rows that could be, were used, were cut to length, "
           "and are the only one of their question"),
    Column("dropped", "text", "", "how many rows were left out, by reason"),
    Column("option origin", "text", "", "an option, and where it was set", "from"),
)  # fmt: skip
