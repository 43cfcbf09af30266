"""Turns a template into a request. Knows prompts, sampling and forms; knows neither memory nor society."""

from collections.abc import Iterator, Mapping, Sequence
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


class Line(NamedTuple):
    """What is told beside a prompt: the name of a template, and the variables it gets."""

    template: str
    variables: Mapping[str, object]


class Wording(NamedTuple):
    """What is said: the name of a template, the variables it gets, and the form in which the reply is asked for.

    `beside` is told below what stands before the material, `ahead` before the material itself.
    """

    template: str
    variables: Mapping[str, object]
    form: Form
    beside: Sequence[Line] = ()
    ahead: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Which ask of a call this is: `number` 0 is the first, 1 the re-ask; `seed` is its sampling seed."""

    number: int
    seed: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks through `model`: an agent with its label, or somebody without one, such as the observer.

    A member of a `group` of a population speaks as its `persona`.
    """

    model: str
    voice: Voice
    label: Label | None = None
    group: str | None = None
    persona: str | None = None

    def request(self, wording: Wording, ask: Ask, cue: Cue = NO_CUE) -> Request:
        """What `wording` asks; a re-ask is the same messages and a line that restates the form."""
        prompts = self.voice.prompts
        prompt = prompts.render(wording.template, **wording.variables)
        restated = f"\n\n{prompts.render('reask', form=wording.form).user}" if ask.number else ""
        ahead = [prompts.render(line.template, **line.variables).user for line in wording.ahead]
        user = Message("user", "\n".join([*ahead, prompt.user]) + restated)
        system = "\n".join(filter(None, (prompt.system, *self._beside(wording))))
        messages = (Message("system", system), user) if system else (user,)
        return Request(
            model=self.model,
            messages=messages,
            temperature=self.voice.temperature,
            max_tokens=self.voice.max_tokens,
            seed=ask.seed,
            schema=SCHEMAS[wording.form],
            cue=cue,
        )

    def _beside(self, wording: Wording) -> Iterator[str]:
        persona = [Line("persona", {"persona": self.persona})] if self.persona else []
        for line in (*persona, *wording.beside):
            yield self.voice.prompts.render(line.template, **line.variables).user
