"""Columns of comparisons, of reasons and of analyses. Knows names and meanings alone."""

from typing import Final

from sandbox.vocabulary.column import COUNT, SHARE, Column

COMPARED: Final = (
    Column("condition", "text", "", "runs that belong together: those of several seeds, or a run"),
    Column("n", "whole number", COUNT, "over how many values; of a number of an evaluation: `scored` and all missing",
           "rated"),
    Column("mean sd", "number", "", "their mean, and their standard deviation with n - 1"),
    Column("n_of_base n_of_run mean_of_run sd_of_run", "number", "", "the same of what is compared with, or of the "
           "run's own observer", "n of base, n of run, mean of run, sd of run"),
    Column("difference", "number", "", "the second less the first; in a list of pairs, this less the other"),
    Column("win tie loss", "whole number", COUNT, "pairs that are rated higher, alike, lower than in the first run"),
    Column("other", "text", "", "the other group; of a comparison, the mean of the other evaluation"),
    Column("p", "number", SHARE, "how often chance alone makes it as large"),
    Column("runs reached", "whole number", COUNT, "how many runs, and how many of them reach the target"),
    Column("front_rounds optimal_rounds", "text", "", "rounds on the front by means alone, and those surely on it",
           "on the front, optimal rounds"),
    Column("first_optimal", "whole number", COUNT, "the first round that is surely on the front", "first"),
    Column("on_the_front optimal", "yes or no", "", "on the front by means alone, and surely"),
    Column("hypervolume", "number", "0 to 36", "the area that is dominated above the ratings (1, 1)"),
    Column("hypervolume_share", "number", SHARE, "the same as a share of 36", "share"),
)  # fmt: skip
REASONS: Final = (
    Column("outcome why", "text", "", "what became of it, and why"),
    Column("what", "text", "`answer`, `rating`", "of what"),
    Column("count", "whole number", COUNT, "how many"),
    Column("obtained", "whole number", COUNT, "ratings that there are"),
    Column("unparsable out_of_range refused truncated", "whole number", COUNT, "ratings that are missing for this "
           "reason"),
    Column("not_asked", "whole number", COUNT, "ratings that a failed call before them prevented", "not asked"),
    Column("not_reached", "whole number", COUNT, "ratings of interactions that are not in the log", "not reached"),
    Column("skipped", "whole number", COUNT, "texts that people would not judge"),
    Column("no_reply", "whole number", COUNT, "ratings that nobody was asked for, or whose call failed"),
    Column("error example words", "text", "", "the kind of error, a call that ended in it, and the endpoint's words"),
    Column("http_status", "whole number", "", "the status of the endpoint's reply", "status"),
    Column("tries", "whole number", "from 1", "how often it was tried"),
)  # fmt: skip
OBSERVER: Final = (
    Column("between", "text", "", "which two raters"),
    Column("commonest", "whole number", "", "the rating that was given most"),
    Column("share", "number", SHARE, "the share of that among all"),
    Column("1 2 3 4 5 6 7", "whole number", COUNT, "how often that rating was given"),
    Column("exact within_1", "number", SHARE, "share of pairs that are rated the same, and at most 1 apart"),
    Column("absolute_difference", "number", "0 to 6", "mean distance of two ratings of a text"),
    Column("sd_within", "number", "", "standard deviation of the ratings of one text"),
    Column("alpha_nominal alpha_ordinal alpha_interval", "number", "to 1", "Krippendorff's alpha"),
    Column("icc_1 icc_a1 icc_c1", "number", "to 1", "intraclass correlations"),
    Column("spearman", "number", "-1 to 1", "rank correlation"),
)  # fmt: skip
GROUPS: Final = (
    Column("author", "text", "", "the author's group"),
    Column("over_agents", "number", "", "the mean of the means of agents"),
    Column("change", "number", "", "after less before, over what has both"),
    Column("highest lowest", "text", "", "the groups with the highest mean and with the lowest"),
    Column("gap", "number", "", "the difference of the two"),
    Column("least_p", "number", SHARE, "the least that p can be with so many agents"),
    Column("relabellings", "whole number", COUNT, "how many ways of changing groups p is of"),
    Column("exact_p", "yes or no", "", "whether these are all there are", "exact"),
)  # fmt: skip
SOPHISTRY: Final = (
    Column("who", "text", "`all`, `persuaders`, `others`", "which agents", "agents"),
    Column("approver", "text", "`observer`, `peers`", "who approves"),
    Column("tau", "number", "1 to 7", "the mean rating from which on a text is approved"),
    Column("view", "text", "", "what neighbours saw of the material (`--evaluator-view`)"),
    Column("fpr_before fpr_after", "number", SHARE, "share of wrong texts that are approved", "FPR_before, FPR_after"),
    Column("approval_before approval_after", "number", SHARE, "share of texts that are approved"),
    Column("only_before only_after", "whole number", COUNT, "pairs in which one side alone has yes"),
    Column("draft_unread revision_unread", "whole number", COUNT, "texts of which no choice could be read"),
    Column("draft_unrated revision_unrated", "whole number", COUNT, "texts without a valid rating"),
    Column("wrong_before wrong_after wrong_both", "whole number", COUNT, "wrong drafts, revisions, and both"),
)  # fmt: skip
