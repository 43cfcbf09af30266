"""The configuration of an evaluation: every option of `sandbox evaluate`, its default, its bounds and what it means.

Options that simulations have too keep their names, meanings and variables. Knows no suite and no command line. Nothing
slow is imported here, because `--help` needs it.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

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
    RunId,
    RunsFolder,
    Seed,
    Share,
    Timeout,
    Tpm,
    Wait,
    WithoutAsking,
)
from sandbox.options.config import LOCAL, SCRIPTED, SocietyModel
from sandbox.options.option import (
    OPERATIONAL,
    RARE,
    REPEATABLE,
    SHARED_PREFIX,
    CommandForm,
    Metavar,
    Panel,
    Suggested,
    SuggestedSeveral,
)

_IN_PROCESS = Suggested((LOCAL, SCRIPTED))
# What a shell offers, without a look at suites: groups, and what is no member of `starter`.
SUITES: Final = (
    "starter", "trust", "countries", "ethics", "global", "hhh", "hhh-adversarial", "privacy", "stereotype", "toxicity",
    "truthfulness", "vicuna",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """A resolved configuration. None means what the help text says about it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    form: ClassVar = CommandForm(SHARED_PREFIX, panel="Evaluation")

    suite: Annotated[
        str | None,
        REPEATABLE,
        SuggestedSeveral(SUITES),
        Metavar("NAME|FILE"),
        Doc("suites to ask: names of --list, trust for five of them, or TOML files; commas join them"),
    ] = None
    model: Annotated[str, _IN_PROCESS, Doc("local, scripted (no language model), or a model name of the endpoint")] = (
        "local"
    )
    adapter: Annotated[
        str | None,
        RARE,
        OPERATIONAL,
        Panel("Evaluation"),
        Metavar("DIR"),
        Doc("folder of sandbox train: the model answers through its adapter, with --model local"),
    ] = None
    judge: Annotated[
        str | None, _IN_PROCESS, Doc("model that judges answers (default: as --model, without its adapter)")
    ] = None
    base_url: BaseUrl = None
    judge_base_url: Annotated[str | None, OPERATIONAL, Doc("endpoint of the judge (default: as --base-url)")] = None
    judge_api_key_env: Annotated[
        str | None, OPERATIONAL, Doc("variable with the key for --judge-base-url (default: no key)")
    ] = None
    suite_data: Annotated[
        str | None, OPERATIONAL, Metavar("FOLDER"), Doc("folder with the data of suites (default: what --fetch got)")
    ] = None
    answers: Annotated[
        str | None, Metavar("EVAL|FILE"), Doc("judge these stored answers, and ask the model for none")
    ] = None
    limit: Annotated[int | None, Ge(1), Le(10**9), Doc("ask so many items of each suite, drawn by the seed")] = None
    samples: Annotated[int | None, Ge(1), Le(10_000), Doc("answers to each item (default: as the suite says)")] = None
    shuffles: Annotated[int, Ge(1), Le(1000), Doc("choices: ask each question so often, in other orders")] = 1
    logprobs: Annotated[bool, Doc("surveys: ask each item once, with the log probability of each option")] = False
    pairs: Annotated[bool, Doc("hhh: ask the prompt of every pair, as the paper does")] = False
    pairwise: Annotated[bool, Doc("hhh: have the judge choose between the two stored answers, in both orders")] = False
    max_tokens: Annotated[
        int | None, Ge(1), Le(1_000_000), Doc("most tokens of an answer (default: as the suite says)")
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
    max_failures: Annotated[Share, OPERATIONAL, Doc("stop when a larger share of items failed, from the 50th on")] = (
        0.05
    )
    max_missing: Annotated[
        Share, OPERATIONAL, Doc("exit with 3 where a larger share of a suite's answers or ratings is missing")
    ] = 0.05
    retry_failed: Annotated[bool, OPERATIONAL, Doc("with --resume: ask calls again that failed for good")] = False
    prompts: Annotated[str | None, Doc("folder with SUITE.jinja files that replace judges' templates")] = None
    runs: RunsFolder = "runs"
    run_id: RunId = None
    yes: WithoutAsking = False
    json: AsJson = False
    debug: Debug = False

    @property
    def asked(self) -> SocietyModel:
        """Who answers."""
        return SocietyModel(name=self.model, adapter=self.adapter)

    @property
    def judging(self) -> SocietyModel:
        """Who judges: the model itself unless another one is named."""
        name = self.judge or self.model
        if self.judge_base_url:
            return SocietyModel(name=name, base_url=self.judge_base_url, api_key_env=self.judge_api_key_env)
        return SocietyModel(name=name)
