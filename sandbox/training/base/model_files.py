"""What files say of a model before it is loaded: its architecture, its size, and whether that fits into memory.

Knows no objective and loads nothing: the head of a safetensors file lists every tensor.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.errors import SandboxError, UsageError, of_reading
from sandbox.text import counted

# As the format's own reader bounds it (safetensors, MAX_HEADER_SIZE).
_MOST_HEAD: Final = 100_000_000
_BYTES: Final = {"float32": 4, "bf16": 2}
# Of each trained parameter, which is float32 whatever the others are: itself, its gradient, two moments of Adam (arXiv
# 1412.6980).
_TRAINED_BYTES: Final = 4 * 4
_GIB: Final = 2**30
_MATRIX: Final = 2  # dimensions
_NEW_HEADS: Final = ("score.", "classifier.")


def settings_of(folder: Path) -> dict[str, Any]:
    """`config.json` of the model in `folder`. Raises `SandboxError`."""
    try:
        found = orjson.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise SandboxError(f"{folder.name}/config.json cannot be read: {of_reading(error)}.") from error
    if not isinstance(found, dict):
        raise SandboxError(f"{folder.name}/config.json cannot be read: it is no object.")
    return found


def architecture_of(folder: Path) -> str:
    """Such as `LlamaForCausalLM`; `unknown` where its settings do not say it. Raises `SandboxError`."""
    named = settings_of(folder).get("architectures")
    return str(named[0])[:100] if isinstance(named, list) and named else "unknown"


def parameters_of(folder: Path) -> int:
    """How many numbers the weights in `folder` are. Raises `SandboxError`."""
    return sum(_parameters(path) for path in sorted(folder.glob("*.safetensors")))


def bytes_needed(parameters: int, trained: int, precision: str) -> int:
    """At least what a training takes of `parameters`; texts come on top.

    So many are `trained`: all of them, or those of an adapter beside them.
    """
    frozen = 0 if trained == parameters else parameters
    return _BYTES[precision] * frozen + _TRAINED_BYTES * trained


def check_memory(name: str, needed: int, there: int) -> None:
    """Raises `SandboxError` where a model takes more bytes than are free."""
    if needed > there:
        raise SandboxError(
            f"--model {name}: training it takes at least {needed / _GIB:.1f} GiB of memory, "
            f"and {there / _GIB:.1f} GiB are free.\nTrain a smaller model, or an adapter in place of --full."
        )


def check_whole(name: str, missing: Iterable[str], *, new_head: bool) -> None:
    """Raises `SandboxError` where weights are `missing`: the library draws them, and what is trained then is noise.

    A `new_head`, which makes a model of rewards, is drawn.
    """
    lacking = sorted(each for each in missing if not (new_head and each.startswith(_NEW_HEADS)))
    if lacking:
        raise SandboxError(
            f"The base model {name} cannot be trained: its files lack {counted(len(lacking), 'weight')}, such as "
            f"{lacking[0][:100]}.\nCopy its folder anew, or train a model that writes text."
        )


def check_length(name: str, folder: Path, max_length: int) -> None:
    """Raises `UsageError` where texts may be longer than what the model in `folder` reads. Raises `SandboxError`."""
    settings = settings_of(folder)
    most = settings.get("max_position_embeddings") or settings.get("n_positions")
    if isinstance(most, int) and most < max_length:
        raise UsageError(
            f"--model {name}: it reads {most:,} tokens at most, and --max-length is {max_length:,}.\n"
            f"Say --max-length {most}."
        )


def free_memory() -> int:
    """Bytes of this machine's memory that nobody uses."""
    import psutil  # type: ignore[import-untyped]  # comes with peft

    return int(psutil.virtual_memory().available)


def adapter_parameters_of(folder: Path, rank: int) -> int:
    """How many numbers a LoRA adapter of `rank` on every linear layer of the model there has. Raises `SandboxError`.

    Two matrices for each: as many rows as its inputs, as many columns as its outputs. Embeddings have none.
    """
    shapes = [shape for path in sorted(folder.glob("*.safetensors")) for shape in _shapes(path).items()]
    inside = [shape for name, shape in shapes if len(shape) == _MATRIX and name.endswith("_proj.weight")]
    return sum(rank * sum(shape) for shape in inside)


def _parameters(path: Path) -> int:
    return sum(map(math.prod, _shapes(path).values()))


def _shapes(path: Path) -> dict[str, list[int]]:
    """What every tensor in a file measures, by name. Raises `SandboxError`."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            tensors = orjson.loads(file.read(min(length, _MOST_HEAD)))
        return {name: [*map(int, tensor["shape"])] for name, tensor in tensors.items() if name != "__metadata__"}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SandboxError(f"{path.name} cannot be read: it is no safetensors file.") from error
