"""Held-out questions answered by base and trained model side by side, greedy. Knows models of transformers alone."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from sandbox.runs.training.records import AnswerLine
from sandbox.training.data.examples import Messages
from sandbox.training.plan import Plan

# Long enough to see how it speaks, short enough for a processor.
_MOST_TOKENS: Final = 96


def answered(plan: Plan, model: Any, tokenizer: Any) -> list[AnswerLine]:
    """Answers to as many held-out questions as were asked for, the first ones; none of a model of rewards."""
    asked = [query.messages for queries in plan.held_out.values() for query in queries][: plan.config.answers]
    if plan.config.objective == "reward" or not asked:
        return []
    trained = [*_answers(model, tokenizer, asked)]
    with _as_base(plan, model) as base:
        before = [*_answers(base, tokenizer, asked)]
    rows = zip(asked, before, trained, strict=True)
    return [AnswerLine(question=_question(each), base=one, trained=other) for each, one, other in rows]


def _as_base(plan: Plan, model: Any) -> AbstractContextManager[Any]:
    """The model as it was before: without its adapter, or read again."""
    if not plan.config.full:
        return _without_adapter(model)
    from sandbox.training.base.base_model import load

    before, _ = load(plan.model, precision="float32", head="causal")
    return nullcontext(before.to(model.device))


@contextmanager
def _without_adapter(model: Any) -> Iterator[Any]:
    with model.disable_adapter():
        yield model


def _answers(model: Any, tokenizer: Any, asked: Sequence[Messages]) -> Iterator[str]:
    import torch

    model.eval()
    for messages in asked:
        ids = tokenizer.apply_chat_template(
            [dict(message) for message in messages], add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        with torch.no_grad():
            made = model.generate(
                **ids, max_new_tokens=_MOST_TOKENS, do_sample=False, pad_token_id=tokenizer.pad_token_id
            )
        yield tokenizer.decode(made[0, ids["input_ids"].shape[1] :], skip_special_tokens=True).strip()


def _question(messages: Messages) -> str:
    return messages[-1]["content"]
