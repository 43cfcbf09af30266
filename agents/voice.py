"""Turns a template into a request. Knows prompts, sampling and forms; knows neither memory nor society."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from agents.forms import SCHEMAS, Form
from agents.model import NO_CUE, Cue, Message, Request
from agents.protocol import Label
from prompts import Prompts


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody speaks to a model: the wording, and the sampling (`max_tokens` per reply)."""

    prompts: Prompts
    temperature: float
    max_tokens: int


class Wording(NamedTuple):
    """What is said: the name of a template, the variables it gets, and the form in which the reply is asked for."""

    template: str
    variables: Mapping[str, object]
    form: Form


@dataclass(frozen=True, slots=True)
class Ask:
    """Which ask of a call this is: `number` 0 is the first, 1 the re-ask; `seed` is its sampling seed."""

    number: int
    seed: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks through `model`: an agent with its label, or somebody without one, such as the observer."""

    model: str
    voice: Voice
    label: Label | None = None

    def request(self, wording: Wording, ask: Ask, cue: Cue = NO_CUE) -> Request:
        """What `wording` asks; a re-ask is the same messages and a line that restates the form."""
        prompts = self.voice.prompts
        prompt = prompts.render(wording.template, **wording.variables)
        restated = f"\n\n{prompts.render('reask', form=wording.form).user}" if ask.number else ""
        user = Message("user", prompt.user + restated)
        messages = (Message("system", prompt.system), user) if prompt.system else (user,)
        return Request(
            model=self.model,
            messages=messages,
            temperature=self.voice.temperature,
            max_tokens=self.voice.max_tokens,
            seed=ask.seed,
            schema=SCHEMAS[wording.form],
            cue=cue,
        )
