"""What plans are made from: question sets, templates and prices, each read once however many plans want it.

Reads files; knows no plan and asks no model.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, get_args

from agents.forms import SCHEMAS
from agents.protocol import SCORED, STAGES, Dimension
from agents.replies import Judgement
from agents.surrogates import without_surrogates
from memory import Recall
from prompts import Prompts, TemplateError
from prompts.names import OF_STEP, SITUATIONAL
from sandbox.calls.price_offers import priced
from sandbox.calls.prices import Prices
from sandbox.errors import SandboxError, UsageError
from sandbox.extending.installed import find
from sandbox.options.config import Config
from sandbox.questions.sets import Question, QuestionSet
from sandbox.runs.adapters import AdapterUsed
from sandbox.runs.population import Population, read_population
from sandbox.runs.templates import templates_of
from sandbox.runs.training.adapters import read_adapter
from sandbox.society import asking
from sandbox.society.question_sets import sets_of

_OF_SETS: Final = ("questions", "column", "question_mark", "min_length", "max_length", "prior")


class Sources:
    """Remembers what it read: what changes on disk meanwhile changes nothing."""

    def __init__(self) -> None:
        self._sets: Final[dict[tuple[object, ...], tuple[QuestionSet, QuestionSet | None]]] = {}
        self._prompts: Final = cache(_checked)
        self._prices: Final = cache(priced)
        self._population: Final = cache(read_population)
        self._adapter: Final = cache(read_adapter)

    def sets(self, config: Config) -> tuple[QuestionSet, QuestionSet | None]:
        """The questions, and the source of prior memories if there are any. Raises `UsageError`."""
        key = (*(getattr(config, name) for name in _OF_SETS), config.labels == "none")
        if key not in self._sets:
            self._sets[key] = sets_of(config)
        return self._sets[key]

    def prompts(
        self, folder: str | None, kept: Path | None, beside: tuple[str, ...] = (), step: str | None = None
    ) -> Prompts:
        """The templates in `kept`, else bundled ones and those in `folder`; all were tried. Raises `UsageError`.

        `beside` are the situational ones that are wanted, and `step` names the extension that gives one of them.
        """
        return self._prompts(folder, kept, beside, step)

    def population(self, file: str | None) -> Population | None:
        """The population in `file`, None without one. Raises `UsageError`."""
        return self._population(file) if file else None

    def adapter(self, given: str) -> AdapterUsed:
        """The adapter that `given` names. Raises `UsageError`."""
        return self._adapter(given)

    def prices(self, file: str | None, required: Sequence[str]) -> Prices:
        """The prices of `file` and the bundled ones. Raises `UsageError` where one of `required` has none."""
        return self._prices(file, tuple(sorted({*required})))


def _checked(folder: str | None, kept: Path | None, beside: tuple[str, ...], step: str | None) -> Prompts:
    text = None if step is None or kept else template_of_step(step)
    prompts = templates_of(folder, kept, beside, text)
    if step is not None and OF_STEP not in prompts.sources:
        raise UsageError(f"The run keeps no template {OF_STEP}.jinja of its step {step}, so nobody can ask it again.")
    try:
        try_out(prompts)
    except TemplateError as error:
        raise UsageError(str(error)) from None
    return prompts


def template_of_step(asked: str) -> str:
    """The template that the extension `asked` gives. Raises `SandboxError`, also for one that cannot be rendered."""
    extension = find("sandbox.steps", asked)
    text = extension.made()
    if not isinstance(text, str):
        raise SandboxError(extension.refused(f"gives {type(text).__name__} in place of the text of a template"))
    if text != without_surrogates(text):
        raise SandboxError(extension.refused("gives a template with halves of characters, which no file can hold"))
    try:
        try_out(Prompts(beside=(OF_STEP,), step=text))
    except TemplateError as error:
        raise SandboxError(extension.refused(f"gives a template that cannot be used: {error}")) from None
    return text


def try_out(prompts: Prompts) -> None:
    """Render every template in every situation that a run can bring. Raises `TemplateError`.

    What models and question sets write must stand in a fence, wherever a replaced template shows it.
    """
    prompts.check_fences()
    recall = Recall(question="Q", answer="A", similarity=0.75, round=0)
    unread = Judgement(rating=None, missing="unparsable", reason=None, raw="F")
    heard = [unread, *(Judgement(rating=rating, missing=None, reason="Yes.", raw=None) for rating in (7, 1))]
    for recalled, feedback in ((None, heard), (recall, heard[:1])):
        material = asking.Material(Question("", "Q"), "D", "R", recalled, feedback)
        for stage in STAGES:
            if stage == OF_STEP and stage not in prompts.sources:
                continue
            for dimension in get_args(Dimension) if stage in SCORED else (None,):
                wording = asking.wording(stage, dimension, material)
                prompts.render(wording.template, **wording.variables)
    for form in SCHEMAS:
        prompts.render("reask", form=form)
    for name in prompts.sources.keys() & SITUATIONAL.keys() - {OF_STEP}:
        prompts.render(name, **dict.fromkeys(SITUATIONAL[name], "A"))
