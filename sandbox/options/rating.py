"""The configuration of a rating: every option of `sandbox rate`, its default, its bounds and what it means.

Options that simulations have too keep their names, meanings and variables. Knows no run and no command line. Nothing
slow is imported here, because `--help` needs it.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_doc import Doc
from annotated_types import Ge, Le

from sandbox.options.calling import (
    AsJson,
    BaseUrl,
    BudgetCalls,
    BudgetTokens,
    BudgetUsd,
    Concurrency,
    Debug,
    HowStructured,
    Prices,
    Rpm,
    RunsFolder,
    Seed,
    Share,
    Timeout,
    Tpm,
    Wait,
    WithoutAsking,
)
from sandbox.options.config import LOCAL, SCRIPTED, SocietyModel
from sandbox.options.option import OPERATIONAL, SHARED_PREFIX, CommandForm, Metavar, Suggested

# Ships with the package.
CORRECTNESS = "correctness"


@dataclass(frozen=True, kw_only=True)
class RatingConfig:
    """A resolved configuration. None means what the help text says about it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    form: ClassVar = CommandForm(SHARED_PREFIX, panel="Rating")

    observer_model: Annotated[
        str | None, Suggested((LOCAL, SCRIPTED)), Doc("model that rates (default: as the observer of the run)")
    ] = None
    name: Annotated[
        str | None, Metavar("NAME"), Doc("what the rating is called beside its run (default: as the model)")
    ] = None
    base_url: BaseUrl = None
    observer_base_url: Annotated[str | None, OPERATIONAL, Doc("endpoint of the observer (default: as --base-url)")] = (
        None
    )
    observer_api_key_env: Annotated[
        str | None, OPERATIONAL, Doc("variable with the key for --observer-base-url (default: no key)")
    ] = None
    dimensions: Annotated[
        str | None,
        Suggested((CORRECTNESS,)),
        Metavar("FILE"),
        Doc("TOML file of what to rate, or correctness (default: what the run rated, asked in the same words)"),
    ] = None
    texts: Annotated[
        int | None, Ge(1), Le(10**9), Doc("rate so many texts, drafts and revisions, drawn by the seed (default: all)")
    ] = None
    observer_temperature: Annotated[
        float | None, Ge(0), Le(2), Doc("sampling temperature of the observer (default: as in the run)")
    ] = None
    max_tokens: Annotated[
        int | None, Ge(1), Le(1_000_000), Doc("most tokens of one reply (default: as in the run)")
    ] = None
    seed: Seed = 0
    structured: HowStructured = "auto"
    concurrency: Concurrency = None
    rpm: Rpm = None
    tpm: Tpm = None
    timeout: Timeout = 60.0
    wait: Wait = 0.0
    budget_usd: BudgetUsd = None
    budget_tokens: BudgetTokens = None
    budget_calls: BudgetCalls = None
    prices: Prices = None
    max_failures: Annotated[
        Share, OPERATIONAL, Doc("stop when a larger share of interactions failed, from the 50th on")
    ] = 0.05
    max_missing: Annotated[
        Share, OPERATIONAL, Doc("stop when a larger share of ratings is missing, from the 50th on")
    ] = 0.2
    retry_failed: Annotated[bool, OPERATIONAL, Doc("with --resume: ask calls again that failed for good")] = False
    runs: RunsFolder = "runs"
    yes: WithoutAsking = False
    json: AsJson = False
    debug: Debug = False

    @property
    def observer(self) -> SocietyModel:
        """Who rates. Of options that stand, which name one."""
        assert self.observer_model, "nobody rates"
        if self.observer_base_url:
            return SocietyModel(
                name=self.observer_model, base_url=self.observer_base_url, api_key_env=self.observer_api_key_env
            )
        return SocietyModel(name=self.observer_model)
