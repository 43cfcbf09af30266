"""What a run will take: exact calls by stage from the graph, and a range of tokens and cost. Asks nobody."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from agents.endpoints.adapters import is_embedded
from agents.endpoints.local import cores
from agents.limits.slot import BYTES_PER_TOKEN
from agents.model import Usage
from agents.protocol import OF_PEERS, SCORED, STAGES, Stage
from agents.replies import Judgement
from memory import Recall
from sandbox.calls.forecast import LOCAL_CORE_SECONDS, SHORT_REPLY, Forecast, Range
from sandbox.options.config import SCRIPTED
from sandbox.options.extras import FULL, View
from sandbox.questions.sets import Question
from sandbox.questions.shown import shown
from sandbox.society import asking

if TYPE_CHECKING:
    from sandbox.society.plan import Plan


def forecast(plan: "Plan") -> Forecast:
    """Count the calls of `plan`, and estimate tokens at 4 bytes each.

    Low: replies of 40 tokens and no recall. High: replies of `max_tokens` and a recall everywhere.
    """
    calls = count_calls(plan)
    short = min(SHORT_REPLY, plan.config.max_tokens)
    low, high = (
        _usage(plan, calls, short, recall=False),
        _usage(plan, calls, plan.config.max_tokens, recall=True),
    )
    costs = [_cost(plan, usage) for usage in (low, high)]
    return Forecast(
        planned=plan.config.rounds * plan.world.size,
        calls={stage: counted for stage in STAGES if (counted := _of_stage(calls, stage))},
        prompt_tokens=_range([usage.prompt_tokens for usage in each.values()] for each in (low, high)),
        completion_tokens=_range([usage.completion_tokens for usage in each.values()] for each in (low, high)),
        cost_usd=None if costs[0] is None or costs[1] is None else (costs[0], costs[1]),
        local_seconds=sum(count for (_, model), count in calls.items() if is_embedded(model))
        * LOCAL_CORE_SECONDS
        / cores(),
    )


def _of_stage(calls: Mapping[tuple[Stage, str], int], wanted: Stage) -> int:
    return sum(count for (stage, _), count in calls.items() if stage == wanted)


def _range(by_model: Iterable[Sequence[int]]) -> Range | None:
    """The sums of the low and of the high estimates; None where no model has any."""
    low, high = by_model
    return Range(sum(low), sum(high)) if low else None


def count_calls(plan: "Plan") -> Counter[tuple[Stage, str]]:
    """Calls by stage, from the graph, and by model name as far as it matters which model a call is put to."""
    calls: Counter[tuple[Stage, str]] = Counter()
    rounds, scores = plan.config.rounds, plan.config.rounds * plan.world.size * len(plan.dimensions)
    for model in plan.models:
        calls["draft", model.name] += rounds
    if plan.config.step is not None:
        for model in plan.models:
            calls["reflection", model.name] += rounds
    for name, count in _feedback_calls(plan).items():
        calls["feedback", name] += count
        if plan.config.peers_rate:
            calls["revision_feedback", name] += count
    for model in plan.models:
        calls["revision", model.name] += rounds
    calls["score_draft", plan.observer.name] += scores
    calls["score_revision", plan.observer.name] += scores
    return calls


def _feedback_calls(plan: "Plan") -> Counter[str]:
    """By model name; all under the first where it does not matter.

    How many neighbours an agent has is the same in every round; who they are is not, and costs a draw each to know.
    """
    agents, rounds = range(plan.world.size), range(plan.config.rounds)
    if not _are_told_apart(plan):
        count = len(rounds) * sum(len(plan.world.feedback_agents(0, agent)) for agent in agents)
        return Counter({plan.models[0].name: count})
    drawn = (plan.world.feedback_agents(round_, agent) for round_ in rounds for agent in agents)
    return Counter(plan.models[neighbour].name for neighbours in drawn for neighbour in neighbours)


def _are_told_apart(plan: "Plan") -> bool:
    """Whether it matters which model an agent speaks through: prices are known and differ, or one runs here."""
    names = {model.name for model in plan.models}
    prices = {plan.prices.price(name) for name in names}
    here = SCRIPTED in names or any(map(is_embedded, names))
    return len(names) > 1 and (here or (len(prices) > 1 and None not in prices))


def _usage(plan: "Plan", calls: Mapping[tuple[Stage, str], int], reply: int, *, recall: bool) -> dict[str, Usage]:
    """Tokens by model name, with replies of `reply` tokens; the stand-in's words are none."""
    prompt: Counter[str] = Counter()
    completion: Counter[str] = Counter()
    sizes = {view: round(fmean(shown_bytes(plan.questions.questions, view))) for view in {FULL, plan.view}}
    personas = [len(group.persona.encode()) for group in plan.members if group]
    persona = round(fmean(personas)) if personas else 0
    for (stage, model), count in calls.items():
        if model == SCRIPTED:
            continue
        size = Sizes(sizes[plan.view if stage in OF_PEERS else FULL], reply * BYTES_PER_TOKEN, persona)
        prompt[model] += count * prompt_tokens(plan, stage, size, recall=recall)
        completion[model] += count * reply
    return {name: Usage(prompt_tokens=prompt[name], completion_tokens=completion[name]) for name in prompt}


def shown_bytes(questions: Iterable[Question], view: View) -> list[int]:
    """How long each is as it is put: with its options, and as much of its material as is in `view`."""
    return [len(shown(question, view).encode()) for question in questions]


class Sizes(NamedTuple):
    """How long, in bytes, a question is with what belongs to it, a text of a model, and what persona an agent has."""

    question: int
    text: int
    persona: int = 0


def prompt_tokens(plan: "Plan", stage: Stage, size: Sizes, *, recall: bool) -> int:
    """Tokens of a prompt of `stage`, where its parts have these sizes."""
    asked, said = "q" * size.question, "t" * size.text
    remembered = Recall(question=asked, answer=said, similarity=1.0, round=0) if recall else None
    heard = Judgement(rating=4, missing=None, reason=said, raw=None)
    material = asking.Material(Question("", asked), said, said, remembered, [heard] * plan.config.neighbours)
    material = material._replace(reflection=said if plan.config.step is not None else None)
    wording = asking.wording(stage, plan.dimensions[0] if stage in SCORED else None, material)
    prompt = plan.prompts.render(wording.template, **wording.variables)
    ahead = size.text if wording.ahead else 0
    beside = size.persona + ahead + sum(len(plan.prompts.sources[name]) for name in plan.told_beside(stage))
    return -(-(len((prompt.system + prompt.user).encode()) + beside) // BYTES_PER_TOKEN)


def _cost(plan: "Plan", usage: Mapping[str, Usage]) -> float | None:
    costs = [plan.prices.cost(model, tokens) for model, tokens in usage.items()]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
