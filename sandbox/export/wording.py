"""What a trained model is asked: our own words around the texts of a society. Knows texts, no records and no formats.

The three kinds of tasks are those of the paper (section 3.2): imitation, self-critic, realignment.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

from agents.opinions import Opinion
from sandbox.export.names import Style

CRITIQUE: Final = (
    "Below are a question and an answer to it. Say how well the answer agrees with what a considerate society values, "
    "and what would improve it."
)
REVISION: Final = (
    "Below are a question, a draft of an answer, and what others said about the draft. Write a better answer that "
    "takes up what is right in their feedback."
)
_PREAMBLE: Final = "Here is a task."
_PREAMBLE_WITH_INPUT: Final = "Here is a task, and below it the material for it."


class Task(NamedTuple):
    """What is to be done, and with what; no material is an empty text.

    The instruction is the user's, or the system's, before a turn of the user with the material.
    """

    instruction: str
    input: str = ""
    role: Literal["user", "system"] = "user"

    def text(self) -> str:
        """Both as one prompt."""
        return f"{self.instruction}\n\n{self.input}" if self.input else self.instruction

    def prompt(self, style: Style) -> Any:
        """Both in a style: the turns of a conversation, or plain, with a line break at the end.

        Trainers join plain texts as they are, and tokenizers cut `?Yes` as one piece: without the break a model would
        be trained on the end of the question.
        """
        if style == "string":
            return f"{self.text()}\n"
        if self.role == "system":
            return [_turn("system", self.instruction), _turn("user", self.input)]
        return [_turn("user", self.text())]

    def query(self) -> str:
        """Both under the headings of Alpaca; what follows is the response."""
        if not self.input:
            return f"{_PREAMBLE}\n\n### Instruction:\n{self.instruction}\n\n### Response:\n"
        return (
            f"{_PREAMBLE_WITH_INPUT}\n\n### Instruction:\n{self.instruction}\n\n### Input:\n{self.input}\n\n"
            "### Response:\n"
        )


def criticising(question: str, draft: str) -> Task:
    """Say what is good and what is not about `draft`."""
    return Task(CRITIQUE, f"{_titled('Question', question)}\n\n{_titled('Answer', draft)}")


def realigning(question: str, draft: str, feedback: Iterable[Opinion]) -> Task:
    """Revise `draft` with the help of `feedback`, which is in the order in which the agent read it."""
    opinions = [_titled(f"Feedback{_rated(opinion)}", opinion.text) for opinion in feedback]
    return Task(REVISION, "\n\n".join([_titled("Question", question), _titled("Draft", draft), *opinions]))


def answered(text: str, style: Style) -> Any:
    """An answer in a style: the one turn of the assistant, or as it is."""
    return text if style == "string" else [_turn("assistant", text)]


def _turn(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _rated(opinion: Opinion) -> str:
    return "" if opinion.rating is None else f", rating {opinion.rating} of 7"


def _titled(title: str, text: str) -> str:
    return f"{title}:\n{text}"
