"""The question sets that a configuration names: what is discussed, and where prior memories come from.

Knows which columns and filters go to which; nothing of files, and nothing of who remembers what.
"""

from sandbox.errors import UsageError
from sandbox.options.config import Config
from sandbox.questions.columns import Columns
from sandbox.questions.sets import QuestionSet, load


def sets_of(config: Config) -> tuple[QuestionSet, QuestionSet | None]:
    """The questions, and the source of prior memories if there are any. Raises `UsageError`."""
    columns = Columns(config.column)
    questions = prior = load(
        config.questions,
        columns=columns,
        ends_with_question_mark=config.question_mark,
        min_length=config.min_length,
        max_length=config.max_length,
    )
    labelled, apart = config.labels != "none", config.prior not in (None, config.questions)
    if labelled and apart:
        # Filters choose what is discussed; a prior is a source of pairs, whatever questions they belong to.
        prior = load(config.prior or config.questions, columns=columns)
    if labelled or not apart:  # else a name may be one of the file that is not read
        columns.check()
    return questions, prior if labelled else None


def check_material(config: Config, questions: QuestionSet) -> None:
    """Raise `UsageError` where an option is about what no question has: keys with options, or material."""
    if config.control and not any(question.gold is not None for question in questions.questions):
        raise UsageError(
            f"--control {config.control} gives agents a wrong key, and no question of {questions.name} has options and "
            "a key.\nUse a file with columns `question`, `options` and `gold`."
        )
    if config.evaluator_view != "full" and not any(question.material for question in questions.questions):
        raise UsageError(
            f"--evaluator-view {config.evaluator_view} hides material, and no question of {questions.name} has any.\n"
            "Use a file with a column `material`, or name it: --column material=NAME."
        )


def check_prior(config: Config, prior: QuestionSet) -> None:
    """Raise `UsageError` if there are fewer pairs than an agent starts with."""
    if len(prior.pairs) >= config.prior_size:
        return
    found = f"only {len(prior.pairs)} pairs" if prior.pairs else "no pairs"
    raise UsageError(
        f"--labels {config.labels} needs {config.prior_size} prior pairs of a good and a bad answer, "
        f"and {prior.name} has {found}.\n"
        "Use --labels none, or --prior starter, or a file with chosen/rejected answers (--column names its columns)"
        + (", or a smaller --prior-size." if prior.pairs else ".")
    )
