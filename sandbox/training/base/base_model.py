"""The model that training begins with: where its folder lies, what identifies it, and how it is loaded.

Knows the packaged model, folders of transformers and the hub; knows no objective. Torch is imported where it is loaded.
"""

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import orjson

from agents.endpoints.adapters import NAME as LOCAL
from agents.endpoints.local import find_weights
from agents.model import FatalModelError
from memory.files import sha256_of
from sandbox.errors import SandboxError, UsageError, of_system
from sandbox.training.base.base_on_hub import FILES, from_hub
from sandbox.training.base.model_files import check_whole
from sandbox.training.base.unpacking import quiet, unpacked
from sandbox.training.objectives.job import Head

Precision = Literal["float32", "bf16"]
_LLAMA_LINEAR: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
# As the libraries' own command line sets it beside rank 16 (trl.ModelConfig): twice the rank.
_ALPHA_PER_RANK: Final = 2
# What the libraries raise for files that are not what they take them for.
_OF_LIBRARIES: Final = (OSError, ValueError, LookupError, RuntimeError, TypeError, AttributeError, ImportError)


class Base(NamedTuple):
    """A model on this machine: its folder, a name that holds no path, what identifies it.

    `sha256` (hex) is of the GGUF file for the packaged model (`gguf`), else over the names and contents of its files.
    """

    folder: Path
    name: str
    sha256: str
    gguf: Path | None = None


def folder_of(model: str, tell: Callable[[str], object] = lambda _: None) -> Base:
    """The base that `model` names: `local`, a folder, or ORG/NAME[@REVISION] of the hub.

    `tell` hears what takes long. Raises `UsageError` for what is no model that can be trained, `SandboxError` for what
    cannot be had or unpacked.
    """
    if model == LOCAL:
        base = _packaged(tell)
    elif Path(model).is_dir():
        base = _in_folder(Path(model), Path(model).resolve().name)
    else:
        base = _in_folder(from_hub(model), model)
    if not _has_chat_template(base.folder):
        raise UsageError(
            f"--model {model}: its tokenizer has no chat template, so nobody knows how a question is put to it.\n"
            "Train a model that was made for chat, an -Instruct one."
        )
    return base


def load(base: Base, *, precision: Precision, head: Head, seed: int = 0) -> tuple[Any, Any]:
    """The model (transformers) of `base` on the processor, and its tokenizer, which pads on the right.

    A model with a `reward` head gives one number for a text; the head is new, and drawn from `seed`. Raises
    `SandboxError` for what cannot be read.
    """
    import safetensors
    import torch
    import transformers

    quiet()
    kinds = {"causal": "AutoModelForCausalLM", "reward": "AutoModelForSequenceClassification"}
    options = {"num_labels": 1} if head == "reward" else {}
    tokenizer = tokenizer_of(base)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model, found = getattr(transformers, kinds[head]).from_pretrained(
                base.folder,
                dtype=torch.float32 if precision == "float32" else torch.bfloat16,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                **options,
            )
    except (*_OF_LIBRARIES, safetensors.SafetensorError) as error:
        raise SandboxError(f"The base model {base.name} cannot be loaded: {_first_line(error)}") from error
    check_whole(base.name, found["missing_keys"], new_head=head == "reward")
    model.config._name_or_path = model.name_or_path = base.name  # peft would write down where it lies
    return _padding(model, tokenizer)


def tokenizer_of(base: Base) -> Any:
    """The tokenizer of `base` alone. Raises `SandboxError` for what cannot be read."""
    import transformers

    quiet()
    try:
        return transformers.AutoTokenizer.from_pretrained(base.folder, local_files_only=True, trust_remote_code=False)
    except _OF_LIBRARIES as error:
        raise SandboxError(f"The tokenizer of {base.name} cannot be loaded: {_first_line(error)}") from error


def peft_wrapped(model: Any, rank: int, seed: int, objective: str) -> Any:
    """`model` with a fresh LoRA adapter (arXiv 2106.09685) of `rank` on every linear layer, drawn from `seed`.

    At first it changes nothing: the second matrix of each pair is zero. Nothing but the adapter is trained; of a model
    of rewards (`objective` reward) its head, too.
    """
    import peft
    import torch

    named = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    settings = peft.LoraConfig(
        r=rank,
        lora_alpha=_ALPHA_PER_RANK * rank,
        lora_dropout=0.0,
        target_modules=list(_LLAMA_LINEAR) if named.issuperset(_LLAMA_LINEAR) else "all-linear",
        task_type="SEQ_CLS" if objective == "reward" else "CAUSAL_LM",
    )
    # peft asks transformers for something by an old name, which warns.
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(action="ignore", category=FutureWarning):
        torch.manual_seed(seed)
        try:
            wrapped = peft.get_peft_model(model, settings)
        except ValueError as error:
            raise SandboxError(
                f"{model.name_or_path} takes no adapter: {_first_line(error)}\nTrain another --model, or with --full."
            ) from error
    # By a name peft would ask the hub, at each checkpoint, whether the base is there.
    settings.base_model_name_or_path = ""
    return wrapped


def _padding(model: Any, tokenizer: Any) -> tuple[Any, Any]:
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    model.config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


def _packaged(tell: Callable[[str], object]) -> Base:
    try:
        gguf = find_weights()
    except FatalModelError as error:
        raise SandboxError(str(error)) from error
    digest = sha256_of(gguf)
    return Base(unpacked(gguf, digest, tell), gguf.name, digest, gguf)


def _in_folder(folder: Path, name: str) -> Base:
    """The base in a folder as transformers writes it. Raises `UsageError`."""
    if not (folder / "config.json").is_file():
        raise UsageError(f"--model {name}: it holds no model of transformers (there is no config.json in it).")
    if not any(folder.glob("*.safetensors")):
        raise UsageError(f"--model {name}: it has no .safetensors file, and pickled weights are never loaded.")
    try:
        return Base(folder, name, digest_of(folder))
    except OSError as error:
        raise SandboxError(f"--model {name}: cannot be read: {of_system(error)}.") from error


def digest_of(folder: Path) -> str:
    """Sha256 over the names and contents of the files that are a model there. Raises `OSError`."""
    files = {path.name: path for pattern in FILES for path in folder.glob(pattern) if path.is_file()}
    whole = hashlib.sha256()
    for name, path in sorted(files.items()):
        whole.update(f"{sha256_of(path)}  {name}\n".encode())
    return whole.hexdigest()


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file():
        return True
    try:
        settings = orjson.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(settings, dict) and bool(settings.get("chat_template"))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
