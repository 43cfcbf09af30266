"""Adapters as files: what llama.cpp makes of them against the model that was trained, and what is refused."""

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from gguf_base import random_llama, words, write_float32

from sandbox.errors import SandboxError
from sandbox.training.base.base_model import peft_wrapped
from sandbox.training.made import adapter_file
from sandbox.training.made.adapter_file import CONFIG, WEIGHTS, NotCoveredError, save_adapter, write_gguf
from sandbox.training.made.agreement import CLOSE, agreement, disagreement

NEEDED = [name for name in ("peft", "xllamacpp") if find_spec(name) is None]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(NEEDED), reason=f"not installed here: {NEEDED}")]

SAID = ("Is it so?", "Who says that? A long one, perhaps.", "Why?", "No.")
PROMPTS = tuple(({"role": "user", "content": text},) for text in SAID)


class Letters:
    """A tokenizer of the bytes that the little model knows."""

    def apply_chat_template(self, turns: list[dict[str, str]], **_: Any) -> Any:
        names = words()
        ids = [names.index("<|im_start|>")]
        ids += [names.index(letter if letter != " " else "Ġ") for turn in turns for letter in turn["content"]]
        return {"input_ids": ids}


@pytest.fixture(scope="module")
def trained() -> Any:
    """A model with an adapter that says other things than its base."""
    import torch

    model = peft_wrapped(random_llama(), rank=4, seed=1, objective="dpo")
    generator = torch.Generator().manual_seed(3)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return model


@pytest.fixture(scope="module")
def saved(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    save_adapter(trained, folder / "adapter", "a-base")
    trained.get_base_model().config.save_pretrained(folder / "base")
    write_gguf(folder / "adapter", folder / "base", folder / "adapter.gguf")
    write_float32(random_llama(), folder / "base.gguf")
    return folder


def test_llama_cpp_says_what_the_trained_model_says(trained: Any, saved: Path) -> None:
    found = agreement(trained, Letters(), saved / "base.gguf", saved / "adapter.gguf", PROMPTS)
    assert found
    assert found.prompts >= 2
    assert found.base < 0.01  # with the adapter at 0
    assert found.adapter < CLOSE
    assert disagreement(found) is None


def test_rows_in_another_order_are_seen(trained: Any, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_file, "_permuted", lambda rows, heads: rows)
    write_gguf(saved / "adapter", saved / "base", saved / "wrong.gguf")
    found = agreement(trained, Letters(), saved / "base.gguf", saved / "wrong.gguf", PROMPTS)
    assert found
    assert found.adapter > CLOSE
    assert "may not say what was trained" in (disagreement(found) or "")


def test_the_same_weights_are_the_same_bytes_without_a_path_or_a_pickle(
    trained: Any, saved: Path, tmp_path: Path
) -> None:
    save_adapter(trained, tmp_path / "adapter", "a-base")
    write_gguf(tmp_path / "adapter", saved / "base", tmp_path / "adapter.gguf")
    assert {path.name for path in (saved / "adapter").iterdir()} == {CONFIG, WEIGHTS}
    for name in (f"adapter/{CONFIG}", f"adapter/{WEIGHTS}", "adapter.gguf"):
        assert (tmp_path / name).read_bytes() == (saved / name).read_bytes()
        assert str(tmp_path).encode() not in (tmp_path / name).read_bytes()
    settings = json.loads((saved / "adapter" / CONFIG).read_text())
    assert settings["base_model_name_or_path"] == "a-base"
    assert settings["target_modules"] == sorted(settings["target_modules"])
    assert list(settings) == sorted(settings)


def change(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda settings: settings.update(values)


@pytest.mark.parametrize(
    ("of", "changed", "named"),
    [
        (CONFIG, change(use_dora=True), "use_dora"),
        (CONFIG, change(rank_pattern={"q_proj": 2}), "rank_pattern"),
        (CONFIG, change(modules_to_save=["score"]), "modules_to_save"),
        (CONFIG, change(bias="all"), "bias"),
        (CONFIG, change(task_type="SEQ_CLS"), "SEQ_CLS"),
        ("config.json", change(model_type="phi"), "phi"),
    ],
)
def test_what_is_not_covered_is_named_with_what_converts_it(
    saved: Path, tmp_path: Path, of: str, changed: Callable[[dict[str, Any]], object], named: str
) -> None:
    shutil.copytree(saved, tmp_path / "copy")
    file = tmp_path / "copy" / ("base" if of == "config.json" else "adapter") / of
    settings = json.loads(file.read_text())
    changed(settings)
    file.write_text(json.dumps(settings))
    with pytest.raises(NotCoveredError, match=named) as refused:
        write_gguf(tmp_path / "copy" / "adapter", tmp_path / "copy" / "base", tmp_path / "out.gguf")
    assert "convert_lora_to_gguf.py" in str(refused.value)
    assert not (tmp_path / "out.gguf").exists()


def test_what_cannot_be_read_is_named(saved: Path, tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("[1]")
    with pytest.raises(SandboxError, match=r"adapter_config\.json cannot be read: it is no object"):
        write_gguf(tmp_path, saved / "base", tmp_path / "out.gguf")
    (tmp_path / CONFIG).write_bytes((saved / "adapter" / CONFIG).read_bytes())
    (tmp_path / WEIGHTS).write_bytes(b"none")
    with pytest.raises(SandboxError, match="is no safetensors file"):
        write_gguf(tmp_path, saved / "base", tmp_path / "out.gguf")
