"""A model of rewards from a folder of others: its weights count, as its manifest names them, and nothing else."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from lessons import lesson, train
from tiny_jobs import renamed

from sandbox.errors import SandboxError
from sandbox.runs.training.reading import open_training

needs_library = pytest.mark.skipif(find_spec("trl") is None, reason="pip install 'society-sandbox[train]'")
pytestmark = [pytest.mark.slow, needs_library, renamed]
ASKED = ({"role": "user", "content": "why?"},)


def scores(folder: Path) -> list[float]:
    from sandbox.training.base.base_model import folder_of
    from sandbox.training.objectives.reward_loading import load_reward

    model = load_reward(open_training(folder), folder_of("tiny"), "float32")
    return model.scores([ASKED, ASKED], ["yes", "no no"])


def changed(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Weights that are changed, and named by the manifest."""
    from safetensors.torch import load_file, save_file

    file, manifest = folder / "adapter" / "adapter_model.safetensors", folder / "manifest.json"
    save_file(change(load_file(file)), file)
    document = json.loads(manifest.read_text())
    document["adapter"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(document))


def piped(folder: Path) -> None:
    file = folder / "adapter" / "adapter_model.safetensors"
    file.unlink()
    os.mkfifo(file)


SPOILT: list[Callable[[Path], object]] = [
    lambda folder: changed(folder, lambda weights: dict(list(weights.items())[:3])),
    lambda folder: changed(folder, lambda weights: {name: each * nan for name, each in weights.items()}),
    lambda folder: changed(folder, lambda weights: {name: each[:1].clone() for name, each in weights.items()}),
    lambda folder: changed(folder, lambda weights: {f"x{name}": each for name, each in weights.items()}),
    lambda folder: (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"x"),
    piped,
]


def test_rewards_are_those_of_the_weights_that_were_trained(sandbox: Sandbox) -> None:
    import peft

    from sandbox.training.base.base_model import folder_of, load
    from sandbox.training.objectives.reward_model import RewardModel

    here = lesson(sandbox)
    train(sandbox, "reward", "judge", "--objective", "reward", "--steps", 2)
    judge = here / "judge"
    model, tokenizer = load(folder_of("tiny"), precision="float32", head="reward")
    as_library = peft.PeftModel.from_pretrained(model, judge / "adapter").eval()
    found = scores(judge)
    assert found == pytest.approx(
        RewardModel(as_library, tokenizer, 1024).scores([ASKED, ASKED], ["yes", "no no"]), abs=1e-6
    )
    assert found[0] != found[1]
    # What somebody wrote beside the weights would say how they are applied, and which module of Python does it.
    (judge / "adapter" / "adapter_config.json").write_text('{"peft_type": "LORA", "megatron_core": "somewhere"')
    assert scores(judge) == found
    for number, spoil in enumerate(SPOILT):
        copy = shutil.copytree(judge, here / f"spoilt-{number}")
        spoil(copy)
        with pytest.raises(SandboxError, match="is not what a training of rewards made"):
            scores(copy)
