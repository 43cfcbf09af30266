"""What `sandbox train --dry-run` says: rows, tokens, memory, time, and commands for many GPUs.

Plans are made by hand, so nothing slow is imported; one test goes through the command.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from tables import table
from trained import manifest, trained

from sandbox.commands.training_forecast import forecast_answer
from sandbox.options.resolution import Resolved
from sandbox.options.training import Objective, TrainingConfig
from sandbox.text import SCRIPTED_NOTE
from sandbox.training.base.base_model import Base
from sandbox.training.data.examples import Answer, Pair, Query
from sandbox.training.estimate import memory, processor_seconds, tokens_read
from sandbox.training.hardware import Hardware
from sandbox.training.plan import Plan
from sandbox.training.planning import _steps
from sandbox.training.settled import settled

ASKED = ({"role": "user", "content": "Why?"},)
QUERY = Query(ASKED, tuple(Answer(text, 4.0) for text in "abcdef"))
PAIR = Pair(ASKED, Answer("a", 5.0), Answer("b", 2.0))
CPU = Hardware("cpu", "cpu", "float32", 2, 1, 0)


def plan(**changes: Any) -> Plan:
    """Of stable, on 10 queries of 6 answers, 3 of which are read in a step; 20 steps of 2."""
    made = manifest("one")
    given: dict[str, Any] = {
        "config": settled(TrainingConfig(objective="stable", steps=20, batch=2)),
        "origins": {},
        "data": made.data,
        "card": "",
        "model": Base(Path("base"), "SmolLM2", "b" * 64),
        "base": made.base,
        "trainable": made.trainable,
        "rewarding": None,
        "reward": None,
        "hardware": CPU,
        "packages": {},
        "tokenizer": None,
        "examples": [QUERY] * 10,
        "rows": made.rows,
        "tokens_prompt": 1000,
        "tokens_learnt": 6000,
        "held_out": {"test": [QUERY] * 14},
        "steps_planned": 20,
    }
    return Plan(**given | changes)


def of(objective: Objective, **changes: Any) -> Plan:
    config = replace(settled(TrainingConfig(objective="dpo", steps=20, batch=2)), objective=objective)
    return plan(config=config, examples=[PAIR] * 10, **changes)


def resolved(**given: Any) -> Resolved[TrainingConfig]:
    config = TrainingConfig(**given)
    origins = {name: "flag" if name in given else "default" for name in TrainingConfig.__dataclass_fields__}
    return Resolved(config, origins)


def document(plans: list[Plan], asked: Resolved[TrainingConfig], data: Path) -> dict[str, Any]:
    answer = forecast_answer(plans, asked, data)
    assert answer.document
    found = answer.document()
    assert isinstance(found, dict)
    return found


def test_tokens_are_those_that_steps_read() -> None:
    assert tokens_read(plan()) == (1000 + 6000 // 2) * 4  # 40 rows of 10; a prompt once, 3 of 6 answers
    assert tokens_read(of("dpo")) == (2 * 1000 + 6000) * 4  # a prompt with each of both answers
    assert tokens_read(of("sft")) == (1000 + 6000) * 4


@table(
    ("epochs", "rows", "steps"),
    [(1.0, 100, 50), (1.1, 100, 55), (1.1, 99, 55), (1.01, 100, 51), (0.5, 5, 2), (0.001, 5, 1)],
)
def test_steps_are_those_of_the_epochs(epochs: float, rows: int, steps: int) -> None:
    assert _steps(TrainingConfig(objective="sft", epochs=epochs, batch=2), rows, 1) == steps


def test_memory_and_time_follow_from_parameters_and_tokens() -> None:
    base = manifest("one").base
    assert memory(plan()) == 4 * base.parameters + 16 * plan().trainable
    # What is trained alone is kept in float32, with its gradient and two moments.
    coarse = CPU._replace(precision="bf16")
    assert memory(plan(hardware=coarse)) == 2 * base.parameters + 16 * plan().trainable
    assert memory(plan(hardware=coarse, trainable=base.parameters)) == 16 * base.parameters
    one, twice = processor_seconds(plan()), processor_seconds(plan(steps_planned=40))
    assert one
    assert twice == pytest.approx(2 * one)
    assert processor_seconds(of("dpo")) == pytest.approx(2 * 4 / 3 * one)  # twice the tokens, and the base's own pass
    assert processor_seconds(of("rloo")) is None
    assert processor_seconds(plan(hardware=CPU._replace(device="cuda", name="H200"))) is None


def test_what_is_learnt_is_told_with_its_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    from sandbox.inspection.output import deliver

    asked = resolved(objective="stable", steps=20, out="new model")
    deliver(forecast_answer([plan(), plan()], asked, Path("my data")))
    shown = capsys.readouterr().out
    for part in (
        "2 times stable on SmolLM2-135M-Instruct: 4,884,480 of 134,515,008 parameters, float32 on cpu, 2 threads.",
        SCRIPTED_NOTE,
        "20 steps on 10 rows, which have 1,000 tokens of prompts and 6,000 to learn; 2 (0.5 %) are cut at --max-length",
        "Held out: 14 questions of test.",
        "Memory: at least 616 MB",
        "4 prompt too long",
        "-m sandbox.training 'my data' --objective stable --out 'new model' --steps 20",
    ):
        assert part in shown, part


def test_programs_get_the_same(tmp_path: Path) -> None:
    found = document([plan(held_out={})], resolved(objective="stable", full=True, seed=3), tmp_path)
    (one,) = found["trainings"]
    assert (one["steps"], one["tokens"]["read"], one["held_out"]) == (20, 16_000, {})
    assert one["rows"]["imitation"]["dropped"] == {"prompt too long": 4}
    assert found["origins"]["seed"] == "flag"
    assert found["many_gpus"][0].endswith(f"{tmp_path} --objective stable --full --seed 3 --out DIR")


def test_what_the_library_trains_by_a_file_of_the_export_is_told_too(tmp_path: Path) -> None:
    data = manifest("one").data.model_copy(update={"format": "dpo"})
    pairs = of("dpo", data=data, rows={"dpo": manifest("one").rows["imitation"]})
    assert len(document([pairs], resolved(objective="dpo"), tmp_path)["many_gpus"]) == 1
    (tmp_path / "trl").mkdir()
    (tmp_path / "trl" / "dpo.yaml").write_text("")
    own = document([pairs], resolved(objective="dpo"), tmp_path)["many_gpus"][1]
    assert own == (
        f"cd {tmp_path} && trl dpo --config trl/dpo.yaml --model_name_or_path MODEL --output_dir DIR "
        "--accelerate_config fsdp2"
    )


def test_what_goes_on_goes_on_on_many_gpus(tmp_path: Path) -> None:
    path = trained(tmp_path / "one", status="stopped", stopped_by="interrupt", adapter=None)
    (command,) = document([plan()], resolved(), path)["many_gpus"]
    assert command.endswith(f"-m sandbox.training --resume {path}")


@pytest.mark.slow
def test_a_dry_run_makes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    from tiny_model import make_tiny_model

    scripted_run(sandbox, tmp_path)
    assert sandbox("export", "one", "--format", "dpo", "--test", "0.2", "--out", "data").code == 0
    make_tiny_model(tmp_path / "base", (tmp_path / "data" / "data" / "dpo" / "train.jsonl").read_text().splitlines())
    before = sorted(tmp_path.rglob("*"))
    told = sandbox("train", "data", "--objective", "dpo", "--model", "base", "--dry-run", "--json")
    assert told.code == 0, told.err
    (one,) = json.loads(told.out)["trainings"]
    rows = one["rows"]["dpo"]
    assert rows["considered"] == rows["used"] + sum(rows["dropped"].values())
    assert rows["used"] > 0
    assert one["tokens"]["read"] > 0
    assert sorted(tmp_path.rglob("*")) == before
