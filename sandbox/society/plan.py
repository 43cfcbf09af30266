"""What a run will do, worked out from the configuration before anything is paid: world, questions, priors, models.

Asks no model and embeds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from agents.protocol import SCORED, STAGES, Dimension, Label, Stage
from prompts import Prompts
from sandbox.calls.forecast import Forecast
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes
from sandbox.errors import UsageError
from sandbox.options.config import Config, SocietyModel
from sandbox.options.extras import View, view_of
from sandbox.options.speakers import adapters_of, speakers
from sandbox.questions.sets import Question, QuestionSet
from sandbox.runs.adapters import AdapterUsed
from sandbox.runs.kept_questions import kept
from sandbox.runs.population import Group, Population
from sandbox.runs.reading import Run
from sandbox.runs.records import CallKey
from sandbox.society.draws import PRIOR_ROUND, draw
from sandbox.society.forecast import forecast
from sandbox.society.placement import placed
from sandbox.society.question_sets import check_material, check_prior
from sandbox.society.sources import Sources
from sandbox.society.speaking import name_asked, speaking
from sandbox.society.world import Agenda, World, labels
from sandbox.text import counted

PriorMemory = tuple[Question, str]


@dataclass(frozen=True)
class Plan:
    """Everything about a run but its replies. `labels`, `members` (the group of each) and `models` are by agent.

    `adapters` are those that models speak through, by where they lie.
    """

    config: Config
    world: World
    questions: QuestionSet
    prior: QuestionSet | None
    prompts: Prompts
    labels: Sequence[Label | None]
    population: Population | None
    members: Sequence[Group | None]
    models: Sequence[SocietyModel]
    observer: SocietyModel
    prices: Prices
    adapters: Mapping[str, AdapterUsed] = field(default_factory=dict)

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

    @property
    def view(self) -> View:
        """What neighbours see of the material of questions."""
        return view_of(self.config.evaluator_view)

    def told_beside(self, stage: Stage) -> list[str]:
        """The situational templates that a prompt of `stage` can hold."""
        revises = stage == "revision"
        spoken = {"options": stage == "draft" or revises, "persona": stage not in SCORED, "reflected": revises}
        return [name for name in self.prompts.sources if spoken.get(name)]

    @property
    def longest_chain(self) -> int:
        """Draft, feedback and revision of each round wait for one another, and scores for the last revision."""
        return (3 + (self.config.step is not None)) * self.config.rounds + 1

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that such a run can have; a reflection only with a step."""
        return tuple(stage for stage in STAGES if stage != "reflection" or self.config.step is not None)

    @property
    def limits(self) -> Config:
        """What holds for endpoints."""
        return self.config

    def model_of(self, key: CallKey) -> str:
        """The name of the model that `key` asks; empty for a key that no call of this run has."""
        return name_asked(key, self.models, self.observer)

    @cached_property
    def priors(self) -> Sequence[Sequence[PriorMemory]]:
        """The pairs that each agent starts with. Drawn when wanted: many plans of a study are only looked at."""
        config, prior = self.config, self.prior
        return [_draw_prior(config, prior, agent, label) for agent, label in enumerate(self.labels)]

    @cached_property
    def texts(self) -> list[str]:
        """The distinct questions whose vectors the run needs: those asked, then those remembered from before."""
        return self.texts_until(self.config.rounds)

    def texts_until(self, round_: int) -> list[str]:
        """Those of the rounds before `round_`."""
        remembered = (question for memories in self.priors for question, _ in memories)
        asked = self.asked[: round_ * self.world.size]
        return list(dict.fromkeys(question.text for question in (*asked, *remembered)))

    @cached_property
    def asked(self) -> list[Question]:
        """The distinct questions that are discussed, in order of first use."""
        used = Agenda(self.config.seed, self.world.size, len(self.questions.questions)).used(self.config.rounds)
        return [self.questions.questions[index] for index in used]


def make_plan(config: Config, run: Run | None = None, sources: Sources | None = None) -> Plan:
    """Work out the run that `config` describes. Raises `SandboxError` for what cannot be done.

    What `run` kept, which is taken up again, stands in for the files that it was made from. Plans that have `sources`
    in common read each file once.
    """
    sources = sources or Sources()
    there = kept(run.directory.questions, run.manifest) if run else None
    questions, prior = there or sources.sets(config)
    drawn = labels(config.labels, config.agents, config.seed, config.good)
    if prior:
        check_prior(config, prior)
    check_material(config, questions)
    beside = _told_beside(config, questions)
    prompts = sources.prompts(config.prompts, run.directory.prompts if run else None, beside, config.step)
    population = run.manifest.population if run else sources.population(config.population)
    adapters = _adapters(config, run, sources)
    models, observer = speaking(config, {given: each.name for given, each in adapters.items()})
    return Plan(
        config=config,
        world=World.of(config),
        questions=questions,
        prior=prior,
        prompts=prompts,
        labels=drawn,
        population=population,
        members=placed(population, config.agents, config.seed) if population else [None] * config.agents,
        models=models,
        observer=observer,
        prices=sources.prices(config.prices, [each.name for each in (*models, observer)] if config.budget_usd else []),
        adapters=adapters,
    )


def _adapters(config: Config, run: Run | None, sources: Sources) -> dict[str, AdapterUsed]:
    """What models speak through, by where it lies: of `run` what its manifest says, so that no file need be there.

    Who opens a file for a run compares it with that.
    """
    given = adapters_of(speakers(config))
    if run is None:
        return {place: sources.adapter(place) for place in given}
    known = run.manifest.adapters or ()
    if len(known) != len(given):
        names = ", ".join(f"{each.name} ({each.folder})" for each in known) or "none"
        raise UsageError(
            f"Run {run.manifest.run_id} was made with {counted(len(known), 'adapter')} ({names}), and now "
            f"{len(given)} are named.\nName the same: --adapter DIR, --observer-adapter DIR, or those of "
            "[[society.models]]."
        )
    return dict(zip(given, known, strict=True))


def _told_beside(config: Config, questions: QuestionSet) -> tuple[str, ...]:
    """The situational templates that such a run has a use for."""
    used = {
        "options": any(question.options for question in questions.questions),
        "persona": config.population is not None,
        "persuader": config.control is not None,
        "reflection": config.step is not None,
        "reflected": config.step is not None,
    }
    return tuple(name for name, is_used in used.items() if is_used)


def _draw_prior(config: Config, prior: QuestionSet | None, agent: int, label: Label | None) -> Sequence[PriorMemory]:
    """The pairs that `agent` starts with; a good one remembers the considerate answers."""
    if prior is None:
        return ()
    pairs = draw(config.seed, PRIOR_ROUND, agent, "prior").sample(prior.pairs, config.prior_size)
    return [(pair.question, pair.considerate if label == "good" else pair.inconsiderate) for pair in pairs]
