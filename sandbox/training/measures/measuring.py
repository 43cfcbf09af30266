"""Measures what is held out, whatever the objective: figures of answers that are there, and of answers sampled anew."""

from collections.abc import Sequence
from typing import Any

from agents.protocol import DIMENSIONS, Rated
from sandbox.runs.training.manifest import HeldOut
from sandbox.training.data.examples import Query
from sandbox.training.measures.held_out import Known, measure, measure_rewards
from sandbox.training.measures.sampled import measure_sampled
from sandbox.training.objectives.reward_model import RewardModel
from sandbox.training.plan import Plan


def measured(
    plan: Plan, model: Any, tokenizer: Any, queries: Sequence[Query], reward: RewardModel | None
) -> dict[Rated, HeldOut]:
    """Figures of `queries` by each rating that any answer has.

    Where a model of rewards taught, what it gives to answers sampled now stands beside those of the rating that it
    learnt from, which is the first.
    """
    of = measure_rewards if plan.config.objective == "reward" else measure
    length = plan.config.max_length
    rated = [name for name in DIMENSIONS if any(answer.rated(name) for query in queries for answer in query.answers)]
    known: Known = {}
    found = {name: of(model, tokenizer, queries, dimension=name, max_length=length, known=known) for name in rated}
    if reward and rated:
        given = measure_sampled(model, tokenizer, queries, reward, max_length=length, seed=plan.config.seed)
        found[rated[0]] = found[rated[0]].model_copy(update={"reward": given})
    return found
