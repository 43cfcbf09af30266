"""What a run will do, worked out from the configuration before anything is paid: world, questions, priors, models.

Reads question files and templates; asks no model and embeds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from agents.forms import SCHEMAS
from agents.protocol import SCORED, STAGES, Dimension, Label
from agents.replies import Judgement
from memory import Recall
from prompts import Prompts, TemplateError
from sandbox.calls.price_offers import priced
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes
from sandbox.errors import UsageError
from sandbox.options.config import Config, SocietyModel
from sandbox.questions.sets import Question, QuestionSet
from sandbox.runs.kept_questions import kept
from sandbox.runs.reading import Run
from sandbox.runs.records import CallKey
from sandbox.runs.templates import templates_of
from sandbox.society import asking
from sandbox.society.draws import PRIOR_ROUND, draw
from sandbox.society.forecast import Forecast, forecast
from sandbox.society.question_sets import check_prior, sets_of
from sandbox.society.speaking import name_asked, speaking
from sandbox.society.world import Agenda, World, labels

PriorMemory = tuple[Question, str]


@dataclass(frozen=True)
class Plan:
    """Everything about a run but its replies. `labels`, `models` and `priors` are by agent."""

    config: Config
    world: World
    questions: QuestionSet
    prior: QuestionSet | None
    prompts: Prompts
    labels: Sequence[Label | None]
    models: Sequence[SocietyModel]
    observer: SocietyModel
    priors: Sequence[Sequence[PriorMemory]]
    prices: Prices

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What the observer is asked about one text, one call each."""
        return ("both",) if self.config.observe == "joint" else ("alignment", "engagement")

    @cached_property
    def forecast(self) -> Forecast:
        """What the run will take."""
        return forecast(self)

    @cached_property
    def routes(self) -> Routes:
        """Where agents and observer are asked."""
        return Routes([*self.models, self.observer], self.config)

    def model_of(self, key: CallKey) -> str:
        """The name of the model that `key` asks; empty for a key that no call of this run has."""
        return name_asked(key, self.models, self.observer)

    @cached_property
    def texts(self) -> list[str]:
        """The distinct questions whose vectors the run needs: those asked, then those remembered from before."""
        used = Agenda(self.config.seed, self.world.size, len(self.questions.questions)).used(self.config.rounds)
        asked = (self.questions.questions[index] for index in used)
        remembered = (question for memories in self.priors for question, _ in memories)
        return list(dict.fromkeys(question.text for question in (*asked, *remembered)))


def make_plan(config: Config, run: Run | None = None) -> Plan:
    """Work out the run that `config` describes. Raises `SandboxError` for what cannot be done.

    What `run` kept, which is taken up again, stands in for the files that it was made from.
    """
    there = kept(run.directory.questions, run.manifest) if run else None
    questions, prior = there or sets_of(config)
    drawn = labels(config.labels, config.agents, config.seed)
    if prior:
        check_prior(config, prior)
    models, observer = speaking(config)
    return Plan(
        config=config,
        world=World.of(config),
        questions=questions,
        prior=prior,
        prompts=_prompts(config, run.directory.prompts if run else None),
        labels=drawn,
        models=models,
        observer=observer,
        priors=[_draw_prior(config, prior, agent, label) for agent, label in enumerate(drawn)],
        prices=priced(config.prices, [each.name for each in (*models, observer)] if config.budget_usd else ()),
    )


def _prompts(config: Config, kept: Path | None) -> Prompts:
    prompts = templates_of(config.prompts, kept)
    try:
        try_out(prompts)
    except TemplateError as error:
        raise UsageError(str(error)) from None
    return prompts


def try_out(prompts: Prompts) -> None:
    """Render every template in every situation that a run can bring. Raises `TemplateError`.

    What models and question sets write must stand in a fence, wherever a replaced template shows it.
    """
    prompts.check_fences()
    recall = Recall(question="Q", answer="A", similarity=0.75, round=0)
    unread = Judgement(rating=None, missing="unparsable", reason=None, raw="F")
    heard = [unread, *(Judgement(rating=rating, missing=None, reason="Yes.", raw=None) for rating in (7, 1))]
    for recalled, feedback in ((None, heard), (recall, heard[:1])):
        material = asking.Material("Q", "D", "R", recalled, feedback)
        for stage in STAGES:
            for dimension in get_args(Dimension) if stage in SCORED else (None,):
                wording = asking.wording(stage, dimension, material)
                prompts.render(wording.template, **wording.variables)
    for form in SCHEMAS:
        prompts.render("reask", form=form)


def _draw_prior(config: Config, prior: QuestionSet | None, agent: int, label: Label | None) -> Sequence[PriorMemory]:
    """The pairs that `agent` starts with; a good one remembers the considerate answers."""
    if prior is None:
        return ()
    pairs = draw(config.seed, PRIOR_ROUND, agent, "prior").sample(prior.pairs, config.prior_size)
    return [(pair.question, pair.considerate if label == "good" else pair.inconsiderate) for pair in pairs]
