"""Whether prompts and replies fit into the contexts of models: the longest that a run can ask, at 4 bytes a token.

Asks nobody; what a model takes is what its endpoint says.
"""

from collections.abc import Iterator, Mapping

from agents.limits.slot import BYTES_PER_TOKEN
from agents.protocol import OF_PEERS, SCORED, Stage
from sandbox.options.extras import FULL
from sandbox.society.forecast import Sizes, prompt_tokens, shown_bytes
from sandbox.society.plan import Plan


def cramped(plan: Plan, contexts: Mapping[str, int]) -> Iterator[str]:
    """A warning for each model whose context (in tokens, by name) is smaller than what the run can ask of it."""
    reply, scored = plan.config.max_tokens, {stage for stage in plan.stages if stage in SCORED}
    for name, size in sorted(contexts.items()):
        speaks = {stage for stage in plan.stages if stage not in scored} if _is_agent(plan, name) else set()
        stages = speaks | (scored if plan.observer.name == name else set())
        prompt = max(_longest(plan, stage) for stage in stages)
        if prompt + reply > size:
            yield (
                f"{name} takes {size} tokens of prompt and reply together, and this run may need about "
                f"{prompt + reply}: up to {prompt} of a prompt, and --max-tokens {reply}.\n"
                "Give its server a larger context, or use a smaller --max-tokens or fewer --neighbours."
            )


def _is_agent(plan: Plan, name: str) -> bool:
    return any(model.name == name for model in plan.models)


def _longest(plan: Plan, stage: Stage) -> int:
    """Tokens of a prompt of `stage` about the longest question, where every text of a model is as long as it may be."""
    view = plan.view if stage in OF_PEERS else FULL
    question = max(*shown_bytes(plan.asked, view), *(len(text.encode()) for text in plan.texts))
    remembered = max((len(answer.encode()) for memories in plan.priors for _, answer in memories), default=0)
    text = max(plan.config.max_tokens * BYTES_PER_TOKEN, remembered)
    persona = max((len(group.persona.encode()) for group in plan.members if group), default=0)
    return prompt_tokens(plan, stage, Sizes(question, text, persona), recall=True)
