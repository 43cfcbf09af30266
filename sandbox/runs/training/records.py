"""The lines of a training's logs: one for each step, and one for each question answered side by side."""

from typing import Annotated

from pydantic import Field

from sandbox.runs.manifest import Count, Part

# No trainer gives more: steps are bounded by the options, and numbers of tensors by float32.
Step = Annotated[Count, Field(le=10**9)]
Tokens = Annotated[Count, Field(le=1 << 53)]
Number = Annotated[float, Field(ge=-3.5e38, le=3.5e38)]


class StepLine(Part):
    """A line of `steps.jsonl`: the `loss` of the step's rows, the means of its `parts`, and the learning `rate`.

    `gradient_norm` is of before it is clipped. `tokens` are those that the step read, padding apart.
    """

    step: Step
    loss: Number | None
    parts: dict[str, Number | None]
    rate: Number
    gradient_norm: Number | None
    tokens: Tokens


class AnswerLine(Part):
    """A line of `answers.jsonl`: a held-out question as it was put, and what base and trained model answer (greedy)."""

    question: str
    base: str
    trained: str
