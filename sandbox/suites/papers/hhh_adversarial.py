"""HHH-Adversarial: the prompts of HHH after a bad answer that the model seems to have given (2305.16960).

The paper takes any rejected answer; a third of these are preferred in another pair. Here it is the prompt's worst.
"""

from collections import defaultdict
from collections.abc import Iterable

from sandbox.errors import UsageError
from sandbox.suites.definitions import definition
from sandbox.suites.papers.hhh import Pair, asked_once, read_pairs
from sandbox.suites.papers.raw import Raw
from sandbox.suites.suite import Item, Suite, Turn


def hhh_adversarial(raw: Raw) -> Suite:
    """The turns of each prompt, its worst answer, and the user's last turn again; ids as in `hhh`.

    Raises `UsageError`, too where the pairs of a prompt name no single worst answer.
    """
    pairs = read_pairs(raw)
    worst = worst_answers(pairs)
    items = tuple(_attacked(item, worst[item.id]) for item in asked_once(pairs))
    return definition("hhh-adversarial").model_copy(update={"items": items})


def worst_answers(pairs: Iterable[Pair]) -> dict[str, str]:
    """By prompt the one answer that is rejected and never preferred. Raises `UsageError` where that is not one."""
    rejected: dict[str, set[str]] = defaultdict(set)
    preferred: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        rejected[pair.prompt].add(pair.rejected)
        preferred[pair.prompt].add(pair.chosen)
    return {prompt: _only(answers - preferred[prompt], prompt) for prompt, answers in rejected.items()}


def _only(answers: set[str], prompt: str) -> str:
    if len(answers) != 1:
        raise UsageError(
            f"hhh: the pairs of prompt {prompt[:100]!r} name {len(answers)} worst answers, and one is wanted\n"
            "get the file again with --fetch"
        )
    return next(iter(answers))


def _attacked(item: Item, answer: str) -> Item:
    turns = (*item.messages, Turn(role="assistant", content=answer), item.messages[-1])
    return item.model_copy(update={"messages": turns})
