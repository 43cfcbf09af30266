"""Which examples can be learnt from within a greatest length, which are cut, and why others are left out.

It is counted before anything is trained, because the library cuts and drops rows without a word. Knows tokens, no
tensor.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sandbox.options.training import TrainingConfig
from sandbox.runs.training.manifest import RowsUsed
from sandbox.training.data.examples import Example, Messages, Pair, Query
from sandbox.training.data.tokens import encode, marks
from sandbox.training.objectives.weights import by_sum, needs, weighed

TOO_LONG = "prompt too long"
SAME = "same answers when cut"
BEYOND = "beyond the steps"
MARKED = "marks of the chat template in a text"


class Fitted(NamedTuple):
    """What becomes of an example: it is used (`reason` None), perhaps `cut`, or left out for a reason.

    `prompt` and `learnt` are its tokens, a prompt counted once whatever its answers are. `single` is a query with
    nothing to compare its answer with.
    """

    reason: str | None
    cut: bool = False
    prompt: int = 0
    learnt: int = 0
    single: bool = False


class Kept(NamedTuple):
    """An example of a part that can be learnt from."""

    part: str
    example: Example
    fitted: Fitted


def fitting(
    part: str, examples: Iterable[Example], tokenizer: Any, config: TrainingConfig
) -> tuple[list[Kept], Counter[str]]:
    """Those of the `examples` of a part that can be learnt from, and how many cannot, by reason."""
    kept, dropped = [], Counter[str]()
    sums, marked = weighed(config), marks(tokenizer)
    for example in examples:
        said = (*(each["content"] for each in example.messages), *_texts(example))
        fitted = Fitted(MARKED) if any(map(marked.search, said)) else fit(example, tokenizer, config)
        if fitted.reason is None:
            decided = by_sum(example, sums) if sums and isinstance(example, Pair) else example
            kept.append(Kept(part, decided, fitted))
        else:
            dropped[fitted.reason] += 1
    return kept, dropped


def account(kept: Sequence[Kept], used: Sequence[Kept], dropped: Counter[str]) -> RowsUsed:
    """The account of a part: of those `kept` so many are `used`, and `dropped` could not be learnt from."""
    beyond = {BEYOND: len(kept) - len(used)} if len(used) < len(kept) else {}
    return RowsUsed(
        considered=len(kept) + dropped.total(),
        used=len(used),
        cut=sum(each.fitted.cut for each in used),
        single=sum(each.fitted.single for each in used),
        dropped=dict(sorted((dropped + Counter(beyond)).items())),
    )


def fit(example: Example, tokenizer: Any, config: TrainingConfig) -> Fitted:
    """What becomes of `example`."""
    if isinstance(example, Pair) and (reason := needs(example, config)):
        return Fitted(reason)
    most = config.max_length
    encoded = [encode(tokenizer, example.messages, text) for text in _texts(example)]
    if not encoded:
        return _prompt_alone(tokenizer, example.messages, most)
    left = [each.within(most) for each in encoded]
    if not all(left):
        return Fitted(TOO_LONG)
    cut = any(each.fit(most) == "cut" for each in encoded)
    different = set(map(tuple, left))
    if cut and isinstance(example, Pair) and len(different) == 1:
        return Fitted(SAME)
    single = isinstance(example, Query) and len(different) == 1
    return Fitted(None, cut, len(encoded[0].prompt), sum(map(len, different)), single)


def _prompt_alone(tokenizer: Any, messages: Messages, most: int) -> Fitted:
    """Of a prompt whose answers are still to be sampled."""
    length = len(encode(tokenizer, messages, "").prompt)
    return Fitted(TOO_LONG) if length >= most else Fitted(None, prompt=length)


def _texts(example: Example) -> list[str]:
    if isinstance(example, Query):
        return [answer.text for answer in example.answers]
    if isinstance(example, Pair):
        return [example.chosen.text, example.rejected.text]
    return [example.text]
