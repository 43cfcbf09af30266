"""The manifest of a training: objective, data, base, how far it came, and held-out figures. A schema only."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from agents.protocol import Rated
from sandbox.options.training import Objective, TrainingConfig
from sandbox.runs.manifest import Count, Part, Seconds, Status
from sandbox.runs.training.records import Number

TRAINING: Final = "training"
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class DataUsed(Part):
    """The exported folder that was trained on: its name, its manifest and the files of it that were read, by sha256.

    `runs` are the runs that it was made of; `teachers` the models whose texts its rows hold, and `observers` who rated
    them. `prompt` and `prompts` say how questions were put (`export --prompt`): sha256 of templates by name.
    """

    name: str
    sha256: Sha256
    format: str
    style: str
    prompt: Literal["question", "draft"]
    prompts: dict[str, str]
    files: dict[str, Sha256]
    runs: tuple[str, ...]
    teachers: tuple[str, ...]
    observers: tuple[str, ...]
    license: str


class BaseUsed(Part):
    """The model that was trained: its name, and the sha256 of its weights. `gguf` is of the file that serves it."""

    name: str
    sha256: Sha256
    architecture: str
    parameters: Count
    gguf: Sha256 | None


class RowsUsed(Part):
    """Accounts of a part of the rows: considered = used + all that was dropped.

    Of those used, some are `cut` at the greatest length, and a `single` answer of a query is compared with none.
    """

    considered: Count
    used: Count
    cut: Count
    single: Count
    dropped: dict[str, Count]


class Figure(Part):
    """A mean over `n` questions, with its 95 % interval (null where there are too few)."""

    mean: Number
    low: Number | None
    high: Number | None
    n: Count


class HeldOut(Part):
    """Figures of questions that were not trained on; each is null where it is not defined.

    `margin` is the mean log-prob of a token (nats) of the higher rated of two answers to a question minus that of the
    lower rated, `ranked` the share of such pairs with a margin above 0, both over `pairs`; `best_loss` is the mean loss
    of a token of the best rated answer. Of a reward model, `margin` is of its rewards. `reward` is what answers sampled
    from the model are given by the reward model that taught it.
    """

    questions: Count
    pairs: Count
    margin: Figure | None
    ranked: Figure | None
    best_loss: Figure | None
    reward: Figure | None


class Measured(Part):
    """A split before and after, by the rating that says which answer is better."""

    before: dict[Rated, HeldOut]
    after: dict[Rated, HeldOut] | None


class Agreement(Part):
    """The largest differences of log-probs, over the 50 likeliest first tokens, of llama.cpp from the trainer's model.

    `base` without the adapter, `adapter` with it; both over so many `prompts`.
    """

    prompts: Count
    base: float
    adapter: float


class AdapterMade(Part):
    """What came of it: the sha256 of its weights, and of the GGUF file that llama.cpp serves.

    `no_gguf` says why there is none.
    """

    sha256: Sha256
    gguf: Sha256 | None
    no_gguf: str | None
    agreement: Agreement | None


class TrainingAttempt(Part):
    """One process that worked on it: the steps that it made, seconds on the clock and of processors."""

    started: str
    finished: str | None
    steps: Count
    wall_seconds: Seconds
    processor_seconds: Seconds


class TrainingManifest(Part):
    """`manifest.json` of a training. `config` leaves nothing open that changes results.

    `tokens` are those read by all steps so far, `trainable` the parameters that were trained; `device` and `precision`
    say on what, `ranks` in how many processes. `reward` is the sha256 of the reward model of rloo. `rows` are by part,
    `held_out` by split.
    """

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["training"] = TRAINING
    name: str
    status: Status
    stopped_by: Literal["interrupt", "error"] | None
    created: str
    finished: str | None
    sandbox: str
    objective: Objective
    config: TrainingConfig
    origins: dict[str, str]
    fingerprint: str
    seed: Count
    data: DataUsed
    base: BaseUsed
    reward: Sha256 | None
    packages: dict[str, str]
    device: str
    precision: Literal["float32", "bf16"]
    threads: Count
    ranks: Count
    rows: dict[str, RowsUsed]
    trainable: Count
    steps_planned: Count
    steps: Count
    tokens: Count
    attempts: tuple[TrainingAttempt, ...]
    held_out: dict[str, Measured]
    adapter: AdapterMade | None
    mark: str | None = None

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    def document(self) -> dict[str, Any]:
        """As plain JSON, without its mark."""
        return self.model_dump(mode="json", exclude={"mark"})
