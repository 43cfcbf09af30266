"""From a run and options to a plan: which texts are rated, and what is asked about them. Asks nobody."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from agents.protocol import ScoredText
from sandbox.calls.price_offers import priced
from sandbox.calls.prices import Prices
from sandbox.errors import SandboxError, UsageError
from sandbox.options.completion import RUN_ID
from sandbox.options.rating import RatingConfig
from sandbox.rating.dimensions import kept_dimensions, read_dimensions
from sandbox.rating.draws import drawn
from sandbox.rating.inquiry import FileInquiry, Inquiry, SameInquiry
from sandbox.rating.plan import Plan, ToRate
from sandbox.runs.rating.log import check_texts, log_of
from sandbox.runs.rating.reading import Rating
from sandbox.runs.reading import Run, read_run
from sandbox.runs.stored_texts import Stored, read_texts
from sandbox.runs.templates import templates_of
from sandbox.text import typed

_LONGEST: Final = 100


def new_plan(config: RatingConfig, run: Run) -> Plan:
    """The plan of a new rating of `run`. Raises `UsageError` where there is nothing to rate, and `SandboxError`."""
    standing = _standing(config, run)
    log = log_of(run)
    stored = read_texts(run, log.interactions)
    inquiry = FileInquiry(read_dimensions(config.dimensions)) if config.dimensions else _same(run)
    plan = Plan(standing, log, _items(standing, run, stored, inquiry), inquiry, _priced(standing))
    if config.dimensions:
        _try_prompts(plan)
    return plan


def _try_prompts(plan: Plan) -> None:
    """Make each prompt once: a template may fail over one text of thousands, when others are paid."""
    try:
        for item in plan.items:
            for key in plan.calls_of(item):
                plan.request(key, item.stored)
    except SandboxError as error:
        raise UsageError(f"--dimensions {plan.config.dimensions}: {error}") from None


def plan_of(rating: Rating, config: RatingConfig) -> Plan:
    """The plan that `rating` was made with, with the options of `config`; it needs its run, and no other file.

    Raises `SandboxError` where that is not there, or not as it was rated.
    """
    manifest = rating.manifest
    try:
        run = read_run(rating.run_path)
    except SandboxError as error:
        beside = f"The texts of rating {rating.directory.name} are in its run, which lies beside it."
        raise SandboxError(f"{str(error).splitlines()[0]}\n{beside}") from None
    check_texts(run, rating)
    stored = read_texts(run, manifest.rated.interactions)
    inquiry: Inquiry
    if config.dimensions:
        inquiry = FileInquiry(kept_dimensions(manifest.dimensions, rating.directory.prompts))
    else:
        prompts = templates_of(None, rating.directory.prompts)
        inquiry = SameInquiry(prompts, joint=run.manifest.config.observe == "joint")
    return Plan(config, manifest.rated, _items(config, run, stored, inquiry), inquiry, _priced(config))


def _standing(config: RatingConfig, run: Run) -> RatingConfig:
    """`config` with all that changes results said: observer, name and sampling, by default those of the run."""
    of_run, observer = run.manifest.config, config.observer_model or run.manifest.models.observer
    return replace(
        config,
        observer_model=observer,
        name=config.name or name_of(observer),
        observer_temperature=of_run.observer_temperature
        if config.observer_temperature is None
        else config.observer_temperature,
        max_tokens=config.max_tokens or of_run.max_tokens,
    )


def name_of(model: str) -> str:
    """What a rating by `model` is called: its name in the letters of a run id."""
    letters = "".join(each if RUN_ID.fullmatch(f"a{each}") else "-" for each in model)
    return letters.lstrip("._-")[:_LONGEST] or "rating"


def _priced(config: RatingConfig) -> Prices:
    return priced(config.prices, [config.observer.name] if config.budget_usd else [])


def _same(run: Run) -> SameInquiry:
    """What the observer of `run` was asked. Raises `UsageError` where its templates are lost, or changed."""
    prompts = templates_of(None, run.directory.prompts)
    joint = run.manifest.config.observe == "joint"
    names = {"data", "values", "reask", *(("score_both",) if joint else ("score_alignment", "score_engagement"))}
    if any(prompts.digests[name] != run.manifest.prompts.get(name) for name in names):
        raise UsageError(
            f"Run {run.name} did not keep the templates that its observer was asked by, or they were changed since.\n"
            "Say what to rate: --dimensions FILE"
        )
    return SameInquiry(prompts, joint=joint)


def _items(config: RatingConfig, run: Run, stored: Iterable[Stored], inquiry: Inquiry) -> list[ToRate]:
    """The texts about which something is asked, or as many of them as are wanted, by interaction.

    Raises `UsageError` where there are none.
    """
    asked = [each for each in stored if any(inquiry.is_asked(call, each) for call in inquiry.calls)]
    places = [(place, text) for place, each in enumerate(asked) for text in each.texts]
    texts: dict[int, list[ScoredText]] = {}
    for place, text in sorted(drawn(config.seed, places, config.texts)):  # "draft" is before "revision"
        texts.setdefault(place, []).append(text)
    if not texts:
        raise UsageError(_nothing(run, inquiry, stored))
    return [ToRate(asked[place], tuple(own)) for place, own in texts.items()]


def _nothing(run: Run, inquiry: Inquiry, stored: Iterable[Stored]) -> str:
    """Why nothing can be rated, and what to do about it."""
    if not any(each.texts for each in stored):
        again = f"Go on with it: sandbox simulate --resume {typed(run.directory.path)}"
        return f"Run {run.name} has no text yet that could be rated.\n{again}"
    named = ", ".join(each.name for each in inquiry.used)
    why = f"{named} is rated by the key of a question, and no question of run {run.name} has one."
    return f"{why}\nRate other --dimensions, or a run whose questions have keys (docs/rating.md)."
