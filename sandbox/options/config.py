"""The configuration of a run: every option of `simulate`, its default, its bounds and what it means.

One class is the source of flags, TOML keys, variables `SANDBOX_<OPTION>`, help texts and the manifest. Knows no file
format and no command line. Nothing slow is imported here, because `--help` needs it.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from annotated_doc import Doc
from annotated_types import Ge, Gt, Le, Predicate

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
from sandbox.options.columns import KEYS, names_columns
from sandbox.options.extras import (
    AdapterFolder,
    Control,
    EvaluatorView,
    GoodShare,
    ObserverAdapter,
    Peers,
    PopulationFile,
    Step,
)
from sandbox.options.option import (
    OPERATIONAL,
    REPEATABLE,
    SHARED_PREFIX,
    CommandForm,
    Metavar,
    Suggested,
    TomlTables,
    Wanted,
)

Scope = Literal["local", "global", "mixed"]
Labels = Literal["all-good", "all-bad", "half", "mixed", "none"]
Observe = Literal["separate", "joint"]

LOCAL: Final = "local"
SCRIPTED: Final = "scripted"

# What shells offer for options that take other values, too.
EMBEDDERS: Final = Suggested(("all-MiniLM-L6-v2", "hash"))
_IN_PROCESS: Final = Suggested((LOCAL, SCRIPTED))
_SETS: Final = Suggested(("hh-rlhf", "starter"))

# Read by pydantic, which --help must not import: an option that is not known, in a damaged manifest, is no default.
_NO_OTHERS: Final = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class SocietyModel:
    """One model of a mixed society: `[[society.models]]` in the TOML file. Shares are relative."""

    __pydantic_config__: ClassVar = _NO_OTHERS

    name: str
    share: Annotated[float, Gt(0), Le(1e9)] = 1.0
    base_url: str | None = None
    api_key_env: str | None = None
    adapter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    """A resolved configuration. None means what the help text says about it."""

    __pydantic_config__: ClassVar = _NO_OTHERS
    form: ClassVar = CommandForm(SHARED_PREFIX, panel="Experiment")

    model: Annotated[
        str, _IN_PROCESS, Doc("local, scripted (no language model), a model name of the endpoint, or extension:NAME")
    ] = "local"
    observer_model: Annotated[str | None, _IN_PROCESS, Doc("model of the observer (default: as --model)")] = None
    adapter: AdapterFolder = None
    observer_adapter: ObserverAdapter = None
    base_url: BaseUrl = None
    observer_base_url: Annotated[str | None, OPERATIONAL, Doc("endpoint of the observer (default: as --base-url)")] = (
        None
    )
    observer_api_key_env: Annotated[
        str | None, OPERATIONAL, Doc("variable with the key for --observer-base-url (default: no key)")
    ] = None
    embedder: Annotated[str, EMBEDDERS, Doc("sentence-transformers name or folder, or hash (for tests)")] = (
        "all-MiniLM-L6-v2"
    )
    questions: Annotated[
        str,
        _SETS,
        Doc(
            "hh-rlhf, starter, a file or folder (.jsonl .json .txt .csv .tsv .parquet), ORG/NAME of the hub, "
            "extension:NAME, or -"
        ),
    ] = "hh-rlhf"
    column: Annotated[
        str | None,
        REPEATABLE,
        Predicate(names_columns),
        Metavar("KEY=NAME"),
        Wanted(f"KEY=NAME, such as question=prompt, once for each of {', '.join(KEYS)}"),
        Doc("column of the file to read as question, considerate, ..., such as question=prompt (repeatable)"),
    ] = None
    question_mark: Annotated[bool, Doc("keep only questions that end with a question mark")] = False
    min_length: Annotated[int | None, Ge(1), Le(10**9), Doc("keep only questions of at least so many characters")] = (
        None
    )
    max_length: Annotated[int | None, Ge(1), Le(10**9), Doc("keep only questions of at most so many characters")] = None
    prior: Annotated[str | None, _SETS, Doc("source of prior memories (default: as --questions)")] = None
    prior_size: Annotated[int, Ge(1), Le(1_000_000), Doc("prior memories of an agent")] = 50
    labels: Annotated[Labels, Doc("who is good and who is bad")] = "mixed"
    good: GoodShare = None
    grid: Annotated[int, Ge(2), Le(1000), Doc("side of the square grid")] = 10
    rounds: Annotated[int, Ge(1), Le(1_000_000), Doc("questions for each agent")] = 1
    neighbours: Annotated[int, Ge(1), Le(1_000_000), Doc("how many agents give feedback on a draft")] = 4
    scope: Annotated[Scope, Doc("where neighbours come from")] = "local"
    radius: Annotated[
        float | None,
        Ge(1),
        Le(1e6),
        Doc("how far off local neighbours stand at most, in grid steps (default: half the grid)"),
    ] = None
    dropout: Annotated[Share, Doc("share of global neighbours in mixed scope")] = 0.5
    threshold: Annotated[float, Ge(-1), Le(1), Doc("least similarity of a recall")] = 0.7
    observe: Annotated[Observe, Doc("one call for each rating of a text, or one for both")] = "separate"
    population: PopulationFile = None
    evaluator_view: EvaluatorView = "full"
    peers_rate: Peers = None
    control: Control = None
    step: Step = None
    temperature: Annotated[float, Ge(0), Le(2), Doc("sampling temperature of agents")] = 1.0
    observer_temperature: Annotated[float, Ge(0), Le(2), Doc("sampling temperature of the observer")] = 1.0
    max_tokens: Annotated[int, Ge(1), Le(1_000_000), Doc("most tokens of one reply")] = 256
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
    prompts: Annotated[str | None, Doc("folder with templates that replace bundled ones")] = None
    runs: RunsFolder = "runs"
    run_id: RunId = None
    yes: WithoutAsking = False
    json: AsJson = False
    debug: Debug = False
    society: Annotated[
        tuple[SocietyModel, ...], TomlTables("models"), Doc("models of a mixed society, from the TOML file")
    ] = ()

    @property
    def agents(self) -> int:
        """How many agents stand on the grid."""
        return self.grid**2

    @property
    def effective_radius(self) -> float:
        """The radius in grid units, half the grid unless given (paper section 4)."""
        return self.grid / 2 if self.radius is None else self.radius
