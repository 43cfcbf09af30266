"""A task of inspect-ai: questions of a file, with a system message, two epochs. Read by inspect, in its environment."""

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, system_message


@task
def tiny(items: str) -> Task:
    """Each question of the JSON lines in `items`, asked twice."""
    fields = FieldSpec(id="id", input="question", target="answer")
    return Task(
        dataset=json_dataset(items, fields),
        solver=[system_message("Be short."), generate()],
        scorer=includes(),
        epochs=2,
    )
