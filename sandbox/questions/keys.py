"""The keys of a question file, for analyses of runs whose questions had none. Knows no run and no analysis."""

from collections.abc import Mapping

from sandbox.errors import UsageError
from sandbox.questions.columns import Columns
from sandbox.questions.sets import Question, load


def read_keys(path: str, columns: Columns | None = None) -> Mapping[str, Question]:
    """The questions of `path` that have a key, by id; `path` is anything that `--questions` can name.

    Raises `UsageError` where none has one, or the file cannot be read.
    """
    columns = columns or Columns()
    questions = load(path, columns=columns).questions
    columns.check()
    keyed = {each.id: each for each in questions if each.gold is not None or each.gold_text is not None}
    if not keyed:
        raise UsageError(
            f"{path!r}: none of {len(questions)} questions has a key\n"
            "wanted: rows with `question` and `gold`, and perhaps `options`; other names by --column gold=NAME"
        )
    return keyed
