"""What a planned training will take: tokens, memory, processor time. Counts and constants alone; measures nothing."""

from collections.abc import Mapping
from typing import Final

from sandbox.options.training import Objective
from sandbox.training.base.model_files import bytes_needed
from sandbox.training.data.examples import Query
from sandbox.training.plan import Plan

# Of one core in float32, for each token and each parameter of the model: an adapter on 135 million parameters learnt
# from 419 tokens in 4.1 s (SmolLM2-135M-Instruct, transformers 5.23, log-probs only where there are labels).
SECONDS: Final = 7.3e-11
# How often the prompt of a row is read: once with each answer of a pair, once with all answers of a query.
_PROMPTS: Final[Mapping[Objective, int]] = {"dpo": 2, "modpo": 2, "reward": 2}
# A pass of the base for its log-probs goes forward only, which is a third of forward and backward (arXiv 2001.08361).
_REFERENCE: Final[Mapping[Objective, float]] = {"dpo": 4 / 3, "modpo": 4 / 3, "kto": 4 / 3}


def rows_read(plan: Plan) -> int:
    """Rows that all steps read, of every epoch."""
    config = plan.config
    return plan.steps_planned * config.batch * config.accumulate * plan.ranks


def tokens_read(plan: Plan) -> int:
    """About how many tokens all steps read, padding apart, by the means of the rows that are used."""
    objective = plan.config.objective
    assert objective, "settled options name one"
    prompts = plan.tokens_prompt * _PROMPTS.get(objective, 1)
    of_all = prompts + plan.tokens_learnt * _share_of_answers(plan)
    return round(of_all * rows_read(plan) / len(plan.examples))


def memory(plan: Plan) -> int:
    """Bytes of weights, and of the gradient and two moments of Adam of what is trained; texts come on top."""
    return bytes_needed(plan.base.parameters, plan.trainable, plan.hardware.precision)


def processor_seconds(plan: Plan) -> float | None:
    """About how long all cores together work on the steps; None on a card, and where answers are sampled."""
    objective = plan.config.objective
    if objective is None or objective == "rloo" or not plan.hardware.is_cpu:
        return None
    return SECONDS * plan.base.parameters * tokens_read(plan) * _REFERENCE.get(objective, 1.0)


def _share_of_answers(plan: Plan) -> float:
    """Of a query at most so many answers are read in a step."""
    queries = [each for each in plan.examples if isinstance(each, Query) and each.answers]
    if plan.config.objective != "stable" or not queries or plan.config.candidates is None:
        return 1.0
    most = plan.config.candidates
    return sum(min(most, len(each.answers)) for each in queries) / sum(len(each.answers) for each in queries)
