"""What questions of a set carry: how many have what, and the keys of a file for runs whose questions had none.

Knows no run and no analysis.
"""

from collections.abc import Mapping, Sequence

from sandbox.errors import UsageError
from sandbox.questions.columns import Columns
from sandbox.questions.sets import Question, load


def carried(questions: Sequence[Question]) -> dict[str, int]:
    """How many have a key, options and material."""
    return {
        "key": sum(map(_has_key, questions)),
        "options": sum(bool(each.options) for each in questions),
        "material": sum(each.material is not None for each in questions),
    }


def read_keys(path: str, columns: Columns | None = None) -> Mapping[str, Question]:
    """The questions of `path` that have a key, by id; `path` is anything that `--questions` can name.

    Raises `UsageError` where none has one, or the file cannot be read.
    """
    columns = columns or Columns()
    questions = load(path, columns=columns).questions
    columns.check()
    keyed = {each.id: each for each in questions if _has_key(each)}
    if not keyed:
        raise UsageError(
            f"{path!r}: none of {len(questions)} questions has a key\n"
            "wanted: rows with `question` and `gold`, and perhaps `options`; other names by --column gold=NAME"
        )
    return keyed


def _has_key(question: Question) -> bool:
    return question.gold is not None or question.gold_text is not None
