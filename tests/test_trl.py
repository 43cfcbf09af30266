"""TRL trains on what is exported: two real steps of its own scripts, with the configurations that lie in the folder."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from exported import export
from tiny_model import END, alone, configured, light, losses, save_tiny_model, scripted, text

import sandbox as sandbox_package
from sandbox.export.names import FORMATS, KTO_BATCH, Format, Shape, Split, Style
from sandbox.export.trainers.trl import SCRIPTS, trl_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("trl") is None, reason="TRL is not installed here: pip install trl"),
    # TRL 1.16 and accelerate still use names that transformers 5 has renamed.
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]
PARTS: dict[Format, tuple[str, ...]] = {
    "sft": ("imitation", "self-critic", "realignment"),
    "dpo": ("dpo",),
    "kto": ("kto",),
    "reward": ("reward",),
    "modpo": ("alignment", "engagement"),
}
STYLES: tuple[Style, ...] = ("string", "conversational")


def written(sandbox: Sandbox, tmp_path: Path, form: Format, style: Style) -> Path:
    """An exported folder with some twenty rows in each part."""
    run = scripted_run(sandbox, tmp_path, rounds=6, max_length=45)
    words = ("--format", form, "--style", style, "--max-rows", 30, "--validation", 0.4)
    folder = export(sandbox, tmp_path, run, *words)
    for part, counts in folder.manifest["parts"].items():
        assert counts["train"] > KTO_BATCH, part
        assert counts["validation"] > 1, part
    return folder.path


def _texts() -> list[str]:
    """What a tokenizer learns from."""
    starter = Path(sandbox_package.__file__).parent / "questions" / "starter" / "questions.jsonl"
    rows = [json.loads(line) for line in starter.read_text().splitlines()]
    return [row[name] for row in rows for name in ("question", "considerate", "inconsiderate")]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with light():
        yield save_tiny_model(tmp_path_factory.mktemp("model"), _texts())


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone(monkeypatch, tmp_path)


def train(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: Path, folder: Path, part: str, script: str
) -> tuple[Any, list[dict[str, Any]]]:
    """The trainer of TRL's own script after two steps with our configuration, and the rows of the part."""
    import datasets

    monkeypatch.chdir(folder)
    options = ("--model_name_or_path", model, "--output_dir", tmp_path / "trained")
    trainer = scripted(monkeypatch, script, Path("trl", f"{part}.yaml"), *options)
    exported = datasets.load_dataset(str(folder), part)
    steps = list(losses(trainer))
    assert trainer.state.global_step == 2
    assert len(steps) >= 3  # two steps, and the validation split at least once
    assert all(map(math.isfinite, steps))
    assert trainer.train_dataset.num_rows == exported["train"].num_rows
    assert trainer.eval_dataset.num_rows == exported["validation"].num_rows
    return trainer, exported["train"].to_list()


def asked(prompt: Any) -> str:
    """What a model is given before it answers."""
    if isinstance(prompt, str):
        return prompt
    return f"<|im_start|>user\n{prompt[0]['content']}{END}\n<|im_start|>assistant\n"


def answered(completion: Any) -> str:
    return f"{completion}{END}" if isinstance(completion, str) else f"{completion[0]['content']}{END}\n"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("part", PARTS["sft"])
def test_sft_learns_completions_alone(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path, part: str, style: Style
) -> None:
    folder = written(sandbox, tmp_path, "sft", style)
    trainer, exported = train(monkeypatch, tmp_path, model, folder, part, "sft")
    for row, seen in zip(exported, trainer.train_dataset, strict=True):
        assert text(trainer, seen["input_ids"]) == asked(row["prompt"]) + answered(row["completion"])
        assert text(trainer, seen["labels"]) == answered(row["completion"])
    assert next(iter(trainer.get_train_dataloader()))["labels"].lt(0).any()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("of", [("dpo", "dpo"), ("modpo", "alignment"), ("modpo", "engagement")])
def test_dpo_tells_chosen_from_rejected(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path, of: tuple[Format, str], style: Style
) -> None:
    form, part = of
    folder = written(sandbox, tmp_path, form, style)
    trainer, exported = train(monkeypatch, tmp_path, model, folder, part, "dpo")
    for row, seen in zip(exported, trainer.train_dataset, strict=True):
        assert text(trainer, seen["prompt_ids"]) == asked(row["prompt"])
        assert text(trainer, seen["chosen_ids"]) == answered(row["chosen"])
        assert text(trainer, seen["rejected_ids"]) == answered(row["rejected"])
    batch = next(iter(trainer.get_train_dataloader()))
    assert set(batch) == {"input_ids", "attention_mask", "completion_mask"}


@pytest.mark.parametrize("style", STYLES)
def test_kto_keeps_order_and_never_pairs_a_row_with_itself(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path, style: Style
) -> None:
    import torch

    folder = written(sandbox, tmp_path, "kto", style)
    trainer, exported = train(monkeypatch, tmp_path, model, folder, "kto", "kto")
    assert trainer.train_dataset.features["label"].dtype == "bool"
    batches = list(trainer.get_train_dataloader())
    labels = torch.cat([batch["label"] for batch in batches])
    assert {len(batch["label"]) for batch in batches[:-1]} == {KTO_BATCH}
    assert labels.dtype == torch.bool
    assert labels.tolist() == [row["label"] for row in exported]
    given: dict[str, set[str]] = {}
    for row in exported:
        given.setdefault(asked(row["prompt"]), set()).add(answered(row["completion"]))
    for row, seen in zip(exported, trainer.train_dataset, strict=True):
        assert text(trainer, seen["prompt_ids"]) == asked(row["prompt"])
        assert text(trainer, seen["completion_ids"]) == answered(row["completion"])
        assert text(trainer, seen["KL_completion_ids"]) not in given[asked(row["prompt"])]


@pytest.mark.parametrize("style", STYLES)
def test_reward_takes_the_margin(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path, style: Style
) -> None:
    import torch

    folder = written(sandbox, tmp_path, "reward", style)
    trainer, exported = train(monkeypatch, tmp_path, model, folder, "reward", "reward")
    assert trainer.train_dataset.features["margin"].dtype == "float64"
    batch = trainer.data_collator(list(trainer.train_dataset))
    assert batch["margin"].dtype == torch.float32
    assert batch["margin"].tolist() == [row["margin"] for row in exported]
    assert "margin" in next(iter(trainer.get_train_dataloader()))
    for row, seen in zip(exported, trainer.train_dataset, strict=True):
        assert text(trainer, seen["chosen_ids"]) == asked(row["prompt"]) + answered(row["chosen"])
        assert text(trainer, seen["rejected_ids"]) == asked(row["prompt"]) + answered(row["rejected"])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("form", PARTS)
@pytest.mark.parametrize("splits", [("train",), ("train", "validation", "test")])
def test_trl_knows_every_key(tmp_path: Path, form: Format, style: Style, splits: tuple[Split, ...]) -> None:
    made = dict(trl_files(Shape(form, style, dict.fromkeys(PARTS[form], splits))))
    assert list(made) == [f"trl/{part}.yaml" for part in PARTS[form]]
    for part, words in zip(PARTS[form], made.values(), strict=True):
        assert str(tmp_path.anchor) + "tmp" not in words
        config = tmp_path / "config.yaml"
        config.write_text(words)
        options = ("--output_dir", tmp_path / "trained", "--use_cpu", "--bf16", "false")
        script, training, _, mixture = configured(SCRIPTS[form], config, *options, strict=True)
        assert (script.dataset_name, script.dataset_config) == (f"./data/{part}", None)
        assert script.dataset_train_split == "train"
        assert training.eval_strategy == ("epoch" if "validation" in splits else "no")
        assert script.dataset_test_split == "validation" or training.eval_strategy == "no"
        assert not mixture.datasets
        assert training.report_to == []
        assert not training.push_to_hub


def test_nothing_for_what_trl_does_not_train_on() -> None:
    shapes = [Shape(each, "string", {"mixed": ("train",)}) for each in FORMATS if each not in PARTS]
    assert [shape.format for shape in shapes] == ["stable-alignment", "alpaca", "parquet"]
    assert [list(trl_files(shape)) for shape in shapes] == [[], [], []]
    assert not list(trl_files(Shape("sft", "string", {"imitation": ("validation",)})))


@pytest.fixture
def hub() -> Iterator[tuple[str, list[str]]]:
    """A stand-in for the Hub that has nothing: its address, and what was asked of it."""
    asked_for: list[str] = []

    class Nothing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked_for.append(self.path)
            self.send_error(404)

        do_GET = do_POST = do_HEAD  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked_for
        server.shutdown()


def test_the_command_that_the_file_names_sends_nothing(
    sandbox: Sandbox, tmp_path: Path, model: Path, hub: tuple[str, list[str]]
) -> None:
    """In a process of its own: a folder called `trl` is at hand there, and settings are read afresh."""
    folder, (address, asked_for) = written(sandbox, tmp_path, "kto", "string"), hub
    options = ("--model_name_or_path", str(model), "--output_dir", str(tmp_path / "D"), "--max_steps", "2")
    start = "import sys; sys.argv[0] = 'trl'; from trl.cli.main import main; main()"
    command = [sys.executable, "-P", "-c", start, "kto", "--config", "trl/kto.yaml", *options, "--use_cpu"]
    silent = ("CI", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")  # with these TRL would be silent of itself
    environment = {name: value for name, value in os.environ.items() if name not in silent}
    environment |= {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "D" / "model.safetensors").is_file()
    assert asked_for == []
