"""What a society is made of beyond its labels and models, for people and programs, before anything is paid.

Knows a plan; says nothing of what it costs.
"""

from collections import Counter
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any, Final

from sandbox.options.extras import persuaders_share
from sandbox.questions.keys import carried
from sandbox.runs.adapters import asked_otherwise
from sandbox.society.placement import caution
from sandbox.society.plan import Plan
from sandbox.society.world import persuaders
from sandbox.text import counted

_MANY: Final = 5  # keys that are in one place by a rule rather than by chance


def composition(plan: Plan) -> dict[str, Any]:
    """Keys and material of questions, groups of agents, who persuades, and what neighbours see and rate."""
    return {
        "questions": _questions(plan),
        "evaluator_view": plan.config.evaluator_view,
        "groups": members(plan),
        "placement": plan.population.placement if plan.population else None,
        "persuaders": _persuaders(plan),
        "peers_rate": plan.config.peers_rate,
        "step": plan.config.step,
        "good": plan.labels.count("good") if plan.config.good is not None else None,
    }


def sentences(plan: Plan) -> Iterator[str]:
    """The same in words, of what there is; none for a society that has nothing of it."""
    yield from _of_questions(plan)
    if plan.config.good is not None:
        yield f"{plan.labels.count('good')} of {counted(len(plan.labels), 'agent')} are good."
    if groups := members(plan):
        assert plan.population
        placed = "in blocks" if plan.population.placement == "blocks" else "mixed by the seed"
        yield f"Population: {', '.join(f'{count} {name}' for name, count in groups.items())}, {placed}."
        if said := caution(list(groups.values())):
            yield from (f"{line.capitalize()}." for line in said.splitlines())
    if count := _persuaders(plan):
        yield f"Control: {counted(count, 'persuader')} with a wrong key, marked in every record."
    if plan.config.step is not None:
        yield f"Agents have a step of their own between feedback and revision: {plan.config.step}."
    if plan.config.peers_rate:
        yield "Neighbours rate the revision, too."


def unlike_training(plan: Plan) -> Iterator[str]:
    """Warnings of adapters that agents speak through and that were trained on other prompts."""
    drafting = {model.adapter for model in plan.models}
    for place, adapter in plan.adapters.items():
        said = asked_otherwise(adapter, plan.prompts.digests["draft"]) if place in drafting else None
        if said:
            yield said


def members(plan: Plan) -> dict[str, int]:
    """How many agents each group has, in the order of the population."""
    there = Counter(member.name for member in plan.members if member)
    return {group.name: there[group.name] for group in plan.population.groups} if plan.population else {}


def _questions(plan: Plan) -> dict[str, int]:
    return {f"with_{what}": count for what, count in carried(plan.questions.questions).items()}


def _of_questions(plan: Plan) -> Iterator[str]:
    words = {"with_key": "a key", "with_options": "options", "with_material": "material"}
    there = {words[name]: count for name, count in _questions(plan).items() if count}
    if not there:
        return
    told = ", ".join(f"{count} have {what}" for what, count in there.items())
    yield f"Of {counted(len(plan.questions.questions), 'question')} {told}."
    golds = [each.gold for each in plan.questions.questions if each.gold is not None]
    if len(golds) >= _MANY and len(set(golds)) == 1:
        yield (
            f"The right option is always {ascii_uppercase[golds[0]]}, so who always chooses that is always right: "
            "shuffle the options in the file."
        )
    if "material" in there:
        seen = plan.view.characters
        much = "all" if seen is None else f"the first {counted(seen, 'character')}" if seen else "nothing"
        yield f"Neighbours see {much} of the material."


def _persuaders(plan: Plan) -> int:
    return len(persuaders(persuaders_share(plan.config.control), plan.config.agents, plan.config.seed))
