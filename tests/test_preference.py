"""Trainers over the library's: their losses are the formulas of the papers, their rows ours, their numbers real."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from exported import export
from tables import table
from tiny_jobs import (
    SETTINGS,
    alone,
    base,
    demonstrations,
    job,
    labelled,
    listening,
    numbers,
    pairs,
    renamed,
    trainer,
)
from tiny_model import make_tiny_model, texts_of

from sandbox.errors import SandboxError
from sandbox.options.training import Objective
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.reading import open_training
from sandbox.training.base.base_model import Base
from sandbox.training.data.examples import Answer, Messages, Pair, Query
from sandbox.training.data.tokens import encode
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.reward_model import RewardModel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("trl") is None, reason="pip install 'sandbox[train]'"),
    renamed,
]
TESTS = Path(__file__).parent
EXAMPLES: dict[Objective, Callable[[], Sequence[Any]]] = {
    "dpo": pairs, "modpo": pairs, "sft": demonstrations, "kto": labelled, "reward": pairs,
}  # fmt: skip
MOVED = 0.05


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with alone():
        yield base(tmp_path_factory.mktemp("tiny"))


def log_probs(made: Any, of: Job, asked: Messages, text: str, *, by_base: bool = False) -> float:
    """Of a whole answer, in a forward pass of its own, in float64."""
    import torch

    prompt, answer = encode(of.tokenizer, asked, text)
    ids = torch.tensor([[*prompt, *answer]])
    with torch.no_grad(), made.model.disable_adapter() if by_base else nullcontext():
        logits = made.model(input_ids=ids).logits[0, len(prompt) - 1 : -1].double()
    return float(logits.log_softmax(-1).gather(-1, ids[0, len(prompt) :, None]).sum())


def formula(made: Any, of: Job, pair: Pair, weights: tuple[float, float]) -> float:
    """The loss of a pair (arXiv 2310.03708, equation 11), written out."""
    assert of.config.beta
    gained = [
        log_probs(made, of, pair.messages, each.text) - log_probs(made, of, pair.messages, each.text, by_base=True)
        for each in (pair.chosen, pair.rejected)
    ]
    assert pair.chosen.engagement
    assert pair.rejected.engagement
    margin = pair.chosen.engagement - pair.rejected.engagement
    argument = of.config.beta / weights[0] * (gained[0] - gained[1]) - weights[1] / weights[0] * margin
    return math.log1p(math.exp(-argument))


def moved(made: Any) -> Any:
    """`made` with an adapter that does something, as after some steps."""
    import torch

    drawn = torch.Generator().manual_seed(0)
    for name, values in made.model.named_parameters():
        if "lora_B" in name:
            values.data.normal_(0, MOVED, generator=drawn)
    return made


@table("weights", [None, (1.0, 0.0), (0.7, 0.3), (0.1, 0.9)])
def test_the_loss_is_that_of_the_papers_in_every_batch(
    tiny: Base, tmp_path: Path, weights: tuple[float, float] | None
) -> None:
    words = weights and f"alignment={weights[0]},engagement={weights[1]}"
    of = job(tiny, "modpo" if words else "dpo", pairs(), tmp_path, weights=words)
    made = moved(trainer(of))
    for start in range(0, len(of.rows), 4):
        places = range(start, start + 4)
        batch = made.data_collator([made.train_dataset[place] for place in places])
        wanted = [formula(made, of, of.rows[place], weights or (1.0, 0.0)) for place in places]
        assert made.compute_loss(made.model, batch).item() == pytest.approx(sum(wanted) / len(wanted), abs=1e-5)


def test_the_reference_is_the_base_and_no_second_adapter_is_kept(tiny: Base, tmp_path: Path) -> None:
    for objective in ("dpo", "kto"):
        made = trainer(job(tiny, objective, EXAMPLES[objective](), tmp_path))
        assert list(made.model.peft_config) == ["default"]
        learnt = [name for name, values in made.model.named_parameters() if values.requires_grad]
        assert learnt
        assert all(".default." in name for name in learnt)


def test_all_weights_are_held_against_a_copy_of_themselves(tiny: Base, tmp_path: Path) -> None:
    of = job(tiny, "dpo", pairs(), tmp_path, full=True)
    made = trainer(of)
    made.train()
    assert made.ref_model is None
    first, second = [entry for entry in made.state.log_history if "loss" in entry]
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert second["rewards/margins"] != 0


def read(of: Job) -> int:
    """The tokens of one step, all examples of a job being in it."""
    total = 0
    for row in of.rows:
        texts = [row.chosen.text, row.rejected.text] if isinstance(row, Pair) else [row.text]
        total += sum(len(ids) for text in texts for ids in encode(of.tokenizer, row.messages, text))
    return total


@table("objective", EXAMPLES)
def test_each_step_says_what_it_read_and_what_it_found(tiny: Base, tmp_path: Path, objective: Objective) -> None:
    weights = "alignment=0.5,engagement=0.5" if objective == "modpo" else None
    rows = EXAMPLES[objective]()[:8]
    of = job(tiny, objective, rows, tmp_path, weights=weights, per_device_train_batch_size=2,
             gradient_accumulation_steps=4)  # fmt: skip
    said = listening(made := trainer(of))
    made.train()
    assert [tokens for _, tokens in said] == [read(of)] * 2
    assert all(parts and all(isinstance(value, float) for value in parts.values()) for parts, _ in said)
    assert said[0][0] != said[1][0]


def test_rows_that_the_library_would_drop_are_an_error(tiny: Base, tmp_path: Path) -> None:
    long = Pair(({"role": "user", "content": "Is it fair ? " * 40},), Answer("kind .", 7, 7), Answer("rude .", 1, 1))
    with pytest.raises(SandboxError, match="keeps 16 of 17 rows"):
        trainer(job(tiny, "dpo", [*pairs(), long], tmp_path))


@table("objective", ["dpo", "sft", "kto"])
def test_a_model_that_would_never_learn_to_stop_is_an_error(tiny: Base, tmp_path: Path, objective: Objective) -> None:
    of = job(tiny, objective, EXAMPLES[objective](), tmp_path)
    longest = max(len(encode(of.tokenizer, row.messages, "").prompt) for row in of.rows)
    with pytest.raises(SandboxError, match=f"--max-length {longest + 2}"):
        trainer(job(tiny, objective, EXAMPLES[objective](), tmp_path, max_length=longest + 2))


def test_a_reward_model_learns_the_margins_and_cuts_what_is_too_long(tiny: Base, tmp_path: Path) -> None:
    import torch

    rows = pairs()
    asked = len(encode(job(tiny, "reward", rows, tmp_path).tokenizer, rows[0].messages, "").prompt)
    made = trainer(of := job(tiny, "reward", rows, tmp_path, max_length=asked + 4))
    batch = made.data_collator([made.train_dataset[place] for place in range(4)])
    loss = made.compute_loss(made.model, dict(batch)).item()
    wanted = []
    for row in rows[:4]:
        chosen, rejected = (
            [*(whole := encode(of.tokenizer, row.messages, each.text)).prompt, *whole.answer][: asked + 4]
            for each in (row.chosen, row.rejected)
        )
        with torch.no_grad():
            won = made.model(torch.tensor([chosen])).logits[0, 0] - made.model(torch.tensor([rejected])).logits[0, 0]
        wanted.append(math.log1p(math.exp(-(won.item() - (row.margin or 0)))))
    assert loss == pytest.approx(sum(wanted) / 4, abs=1e-5)


def test_what_is_good_and_what_is_not_keep_their_order(tiny: Base, tmp_path: Path) -> None:
    made = trainer(job(tiny, "kto", labelled(), tmp_path))
    batches = [batch["label"] for batch in made.get_train_dataloader()]
    assert [list(map(bool, labels)) for labels in batches] == [[True, False, True, False]] * 4


def test_accumulation_changes_nothing(tiny: Base, tmp_path: Path) -> None:
    for weights in (None, "alignment=0.6,engagement=0.4"):
        one, *others = (numbers(trainer(split(tiny, tmp_path, weights, times))) for times in (1, 2, 4))
        for other in others:
            assert other == pytest.approx(one, abs=1e-5)


@table("objective", ["dpo", "reward"])
def test_rows_of_a_short_pass_count_no_more_than_others(tiny: Base, tmp_path: Path, objective: Objective) -> None:
    """Seven pairs in steps of four: the second is of three, in one pass or in two."""
    one, two = (
        losses(trainer(job(tiny, objective, pairs(7), tmp_path, per_device_train_batch_size=size,
                           gradient_accumulation_steps=4 // size, max_steps=3)))
        for size in (4, 2)
    )  # fmt: skip
    assert two == pytest.approx(one, abs=1e-5)


def losses(made: Any) -> list[float]:
    """Train: the losses of all steps."""
    made.train()
    return [entry["loss"] for entry in made.state.log_history if "loss" in entry]


def split(tiny: Base, out: Path, weights: str | None, times: int, **settings: Any) -> Job:
    """Four steps of four pairs, each step made in so many passes."""
    size = SETTINGS["per_device_train_batch_size"] // times
    options = {"weights": weights, "max_steps": 4, "per_device_train_batch_size": size, **settings}
    options.setdefault("gradient_accumulation_steps", times)
    return job(tiny, "modpo" if weights else "dpo", pairs(), out, **options)


RANK = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_preference as here, tiny_jobs
folder, out, ranks = Path(sys.argv[2]), Path(sys.argv[3]), int(os.environ.get("WORLD_SIZE", "1"))
with tiny_jobs.alone():
    model = tiny_jobs.folder_of(str(folder))
    backend = {"ddp_backend": "gloo"} if ranks > 1 else {}
    of = here.split(model, out, "alignment=0.6,engagement=0.4", ranks, gradient_accumulation_steps=1, **backend)
    found = tiny_jobs.numbers(tiny_jobs.trainer(of))
if os.environ.get("RANK", "0") == "0":
    (out / f"{ranks}.json").write_text(json.dumps(found))
"""


def test_two_processes_learn_what_one_learns(tiny: Base, tmp_path: Path) -> None:
    script = tmp_path / "rank.py"
    script.write_text(RANK)
    given = [str(script), str(TESTS), str(tiny.folder), str(tmp_path)]
    # Begun again where the two did not find one another: the port that was chosen may be somebody else's by then.
    launched = ["-m", "torch.distributed.run", "--standalone", "--max-restarts", "2", "--nproc_per_node", "2"]
    quiet = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "HF_HUB_DISABLE_TELEMETRY": "1"}
    variables = {**os.environ, **quiet, "PYTHONPATH": str(TESTS.parent)}
    for words in (given, [*launched, *given]):
        command = [sys.executable, *words]
        done = subprocess.run(command, env=variables, check=False, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    one, two = (json.loads((tmp_path / f"{ranks}.json").read_text()) for ranks in (1, 2))
    assert two == pytest.approx(one, abs=1e-5)


@table("objective", [*EXAMPLES, "rloo"])
def test_one_that_goes_on_in_its_second_epoch_ends_with_the_same_bytes(
    tiny: Base, tmp_path: Path, objective: Objective
) -> None:
    weights = "alignment=0.5,engagement=0.5" if objective == "modpo" else None
    saved = {"max_steps": 6, "save_strategy": "steps", "save_steps": 4, "lr_scheduler_type": "cosine",
             "per_device_train_batch_size": 2}  # fmt: skip
    rows = EXAMPLES[objective]()[:6] if objective != "rloo" else prompts(6)

    def made() -> Any:
        of = job(tiny, objective, rows, tmp_path, weights=weights, candidates=2, batch=2, **saved)
        return trainer(replace(of, reward=untaught(tiny, tmp_path)) if objective == "rloo" else of)

    through, resumed = made(), made()
    whole, rest = listening(through), listening(resumed)
    through.train()
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    assert len(whole) == 6
    assert rest == whole[4:]
    for name, values in through.model.state_dict().items():
        assert values.equal(resumed.model.state_dict()[name]), name


def prompts(count: int) -> list[Query]:
    return [Query(pair.messages, ()) for pair in pairs(count)]


def test_an_epoch_of_prompts_has_every_one_in_an_order_of_its_own(tiny: Base, tmp_path: Path) -> None:
    """Five prompts, two answers to each, where a step has four prompts: the second is filled up."""
    of = job(tiny, "rloo", prompts(5), tmp_path, candidates=2, batch=4)
    made = trainer(replace(of, reward=untaught(tiny, tmp_path)))
    order = [[*made._get_train_sampler()] for made.state.epoch in (0, 0.5, 1.0)]
    assert all(places[::2] == places[1::2] for places in order)
    assert [(len(places), {*places}) for places in order] == [(16, {*range(5)})] * 3
    assert order[0] == order[1] != order[2]


def untaught(tiny: Base, tmp_path: Path) -> RewardModel:
    """A model whose rewards mean nothing."""
    of = job(tiny, "reward", [], tmp_path)
    return RewardModel(of.model.merge_and_unload().eval(), of.tokenizer, 64)


def test_rewards_that_were_learnt_raise_those_of_what_is_sampled(sandbox: Sandbox, tmp_path: Path) -> None:
    """A reward model of an export ranks held-out pairs right, and RLOO gives held-out questions better answers."""
    words = ("--model", "scripted", "--questions", "starter", "--rounds", 3, "--run-id", "lesson")
    assert sandbox("simulate", *words).code == 0
    data = export(sandbox, tmp_path, "lesson", "--format", "reward", "--test", 0.15).path
    model = make_tiny_model(tmp_path / "words", texts_of(data))
    told = ("--model", model, "--threads", 1, "--batch", 4, "--answers", 0)
    taught = train(sandbox, tmp_path, data, "reward", *told, "--steps", 60, "--learning-rate", 0.002)
    assert (found := taught.held_out["test"].after)
    assert (ranked := found["alignment"].ranked)
    assert ranked.mean >= 0.8
    rate = ("--steps", 25, "--learning-rate", 0.005, "--max-length", 96)
    learnt = train(sandbox, tmp_path, data, "rloo", *told, *rate, "--reward", tmp_path / "reward")
    measured = learnt.held_out["test"]
    assert measured.after
    before, after = (each["alignment"].reward for each in (measured.before, measured.after))
    assert before
    assert after
    assert before.high is not None
    assert after.low is not None
    assert before.high < after.low
    steps = list(open_training(tmp_path / "rloo").steps())
    assert steps[0].parts["kl"] == pytest.approx(0, abs=1e-4)
    assert all(step.parts["kl"] for step in steps[2:])


def train(sandbox: Sandbox, tmp_path: Path, data: Path, objective: Objective, *words: object) -> TrainingManifest:
    """The manifest of a training that must work, in a folder by the name of its objective."""
    done = sandbox("train", data, "--objective", objective, "--out", tmp_path / objective, *words)
    assert done.code == 0, done.err
    return open_training(tmp_path / objective).manifest
