"""Turns a template into a request. Knows prompts, sampling and forms; knows neither memory nor society."""

from dataclasses import dataclass

from agents.forms import SCHEMAS, Form
from agents.model import Cue, Message, Request
from prompts import Prompts


@dataclass(frozen=True, slots=True)
class Ask:
    """Which ask of a call this is: `number` 0 is the first, 1 the re-ask; `seed` is its sampling seed."""

    number: int
    seed: int


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody speaks to a model: the wording, and the sampling (`max_tokens` per reply)."""

    prompts: Prompts
    temperature: float
    max_tokens: int

    def request(self, model: str, template: str, form: Form, cue: Cue, ask: Ask, **variables: object) -> Request:
        """The request that `template` makes; a re-ask is the same messages and a line that restates the form."""
        prompt = self.prompts.render(template, **variables)
        restated = f"\n\n{self.prompts.render('reask', form=form).user}" if ask.number else ""
        user = Message("user", prompt.user + restated)
        messages = (Message("system", prompt.system), user) if prompt.system else (user,)
        return Request(
            model=model,
            messages=messages,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            seed=ask.seed,
            schema=SCHEMAS[form],
            cue=cue,
        )
