"""The lines of a training's logs: one for each step, and one for each question answered side by side."""

from sandbox.runs.manifest import Count, Part


class StepLine(Part):
    """A line of `steps.jsonl`: the `loss` of the step's rows, the means of its `parts`, and the learning `rate`.

    `gradient_norm` is of before it is clipped. `tokens` are those that the step read, padding apart.
    """

    step: Count
    loss: float | None
    parts: dict[str, float | None]
    rate: float
    gradient_norm: float | None
    tokens: Count


class AnswerLine(Part):
    """A line of `answers.jsonl`: a held-out question as it was put, and what base and trained model answer (greedy)."""

    question: str
    base: str
    trained: str
