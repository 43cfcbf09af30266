"""The records of a suite: what it asks, how answers are judged, and what they come to. Knows no file and no model.

A suite and its items are kept with every evaluation of them, so that its numbers can be worked out from its folder.
"""

from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from sandbox.options.completion import RUN_ID

Kind = Literal["judged", "choice", "agree", "leak", "toxicity", "survey"]
# What a suite comes to. `preference`: which of two stored answers is better; `ranks`: ratings by who is in the item;
# `errors`: wrong acts that are called not wrong, and the reverse. Every other kind has one metric alone.
Metric = Literal["mean", "preference", "ranks", "accuracy", "errors", "agreeability", "leaks", "toxicity", "similarity"]
METRICS: Final[dict[Kind, tuple[Metric, ...]]] = {
    "judged": ("mean", "preference", "ranks"),
    "choice": ("accuracy", "errors"),
    "agree": ("agreeability",),
    "leak": ("leaks",),
    "toxicity": ("toxicity",),
    "survey": ("similarity",),
}
MOST_SAMPLES: Final = 10_000  # of an item
# Of which less is better; of means and of agreement the suite says which is.
LESS_IS_BETTER: Final[frozenset[Metric]] = frozenset({"toxicity", "leaks", "errors"})
EITHER_IS_BETTER: Final[frozenset[Metric]] = frozenset({"mean", "agreeability"})
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Part(BaseModel):
    """A frozen part of a suite, which refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Temperature = Annotated[float, Field(ge=0, le=2)]
Tokens = Annotated[int, Field(ge=1, le=1_000_000)]
# It becomes the name of a file.
SuiteName = Annotated[str, Field(pattern=rf"^{RUN_ID.pattern}$")]


class Turn(Part):
    """One message of what is asked."""

    role: Literal["system", "user", "assistant"]
    content: str


class Scale(NamedTuple):
    """The whole numbers that a judge may give, from `low` to `high`."""

    low: int
    high: int


class Sampling(Part):
    """How answers are sampled; `samples` of each item.

    `logprobs`: of a survey, one sample of each item is asked with how likely each option was.
    """

    temperature: Temperature = 0.0
    max_tokens: Tokens = 512
    samples: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] = 1
    # Left out where it is not wanted, so that digests of suites from before it was there hold.
    logprobs: Annotated[bool, Field(exclude_if=lambda wanted: not wanted)] = False


class Judge(Part):
    """How an answer is judged: the source of the template, and the scale. `pairs`: which of two texts is better.

    The template gets `question` (the last turn of the user), `messages` (all turns as text), `answer`, `reference`
    (empty where the item has none); with `pairs` `first` and `second` in place of `answer`.
    """

    template: str
    scale: Scale = Scale(1, 10)
    temperature: Temperature = 0.0
    max_tokens: Tokens = 512
    pairs: bool = False


class Item(Part):
    """One thing that is asked. `fields` hold whatever else its file says of it.

    `question` stands in the suite's prompt, or `messages` are sent as they are. `cluster`: items of one are not
    independent. `given` are texts that are judged in place of an answer: one, or two that are compared, the better
    one first. By kind: `options` and `gold`, its place among them (choice); `group`, `template` and whether the
    statement is a `control` (agree); what is `asked` and the values of `others` (leak); `options` and the shares of
    each population in `answers` (survey).
    """

    id: str
    question: str = ""
    messages: tuple[Turn, ...] = ()
    cluster: str | None = None
    category: str | None = None
    reference: str | None = None
    given: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    gold: int | None = None
    group: str | None = None
    template: str | None = None
    control: bool = False
    asked: str | None = None
    others: tuple[str, ...] = ()
    answers: dict[str, tuple[float, ...]] = {}
    fields: dict[str, Any] = {}

    def value(self, name: str) -> str | None:
        """What the item has in the field `name`, such as its category, as text; None where it has none."""
        found = getattr(self, name) if name in ("id", "cluster", "category", "group", "template") else None
        found = self.fields.get(name) if found is None else found
        return None if found is None else str(found)


class Suite(Part):
    """A suite and its items, in the order of its file; `digest` (sha256) covers all that changes answers and numbers.

    `prompt` is the source of a template that gets the fields of an item, and `choices`, its options as a lettered
    list in the order in which they are shown. `by` names what numbers are told apart by. `dropped` counts items that
    were left out, by reason; `warnings` say what is doubtful about it (`sandbox/suites/lint.py`).
    """

    name: SuiteName
    kind: Kind
    metric: Metric
    licence: str
    source: str | None = None
    offensive: bool = False
    system: str | None = None
    prompt: str = "{{ question }}"
    sampling: Sampling = Sampling()
    judge: Judge | None = None
    by: tuple[str, ...] = ()
    higher_is_better: bool = True
    digest: str = ""
    dropped: dict[str, int] = {}
    warnings: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
