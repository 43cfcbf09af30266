"""A question as it is put to a model: its text, its material, its options by letters. Knows neither prompt nor key."""

from string import ascii_uppercase

from sandbox.options.extras import FULL, View
from sandbox.questions.sets import Question


def shown(question: Question, view: View = FULL) -> str:
    """`question` as it is put to a model: its text, as much of its material as is in `view`, its options by letters."""
    if not (question.options or question.material):
        return question.text
    material = view.of(question.material or "")
    lettered = zip(ascii_uppercase, question.options, strict=False)
    options = "\n".join(f"{letter}) {option}" for letter, option in lettered)
    return "\n\n".join(filter(None, (question.text, material, options)))
