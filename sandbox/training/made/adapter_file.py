"""An adapter as files: the folder that peft reads, and the GGUF file that llama.cpp serves beside its base.

Knows no training. Both are the same for the same weights; nothing in them names a path, and nothing is a pickle.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import SandboxError, of_reading
from sandbox.training.base.model_files import settings_of

if TYPE_CHECKING:
    import numpy as np

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = "adapter_model.safetensors"
_ARCHITECTURE: Final = "llama"
_PREFIX: Final = "base_model.model.model.layers."
# As llama.cpp calls what transformers has in a layer (gguf-py, tensor_mapping.py).
_NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_HALVES: Final = {"lora_A.weight": "lora_a", "lora_B.weight": "lora_b"}
# What changes how an adapter is applied, and has no place in the file.
_NOT_COVERED: Final = ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "lora_bias", "fan_in_fan_out")


class NotCoveredError(SandboxError):
    """An adapter that is not written as GGUF here; the message says what writes it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is not written as GGUF here, so there is no adapter.gguf and --adapter cannot serve it.\n"
            "llama.cpp's convert_lora_to_gguf.py may convert the folder adapter/."
        )


def save_adapter(model: Any, folder: Path, base_name: str) -> None:
    """Write the adapter of `model`, which peft wraps, into `folder`: its weights and its settings, keys in order.

    Saved here, not by peft: that writes the path of the base, sets in any order and a card of placeholders, and asks
    the hub for the base.
    """
    import peft
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    tensors = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in sorted(tensors.items())}
    (folder / WEIGHTS).write_bytes(save(whole, metadata={"format": "pt"}))
    settings = model.peft_config["default"].to_dict()
    settings |= {"base_model_name_or_path": base_name, "inference_mode": True}
    (folder / CONFIG).write_text(
        json.dumps(settings, indent=2, sort_keys=True, default=_sorted) + "\n", encoding="utf-8"
    )


def write_gguf(adapter: Path, base: Path, out: Path) -> None:
    """Write the adapter in the folder `adapter`, of the model in the folder `base`, as the file `out`.

    Raises `NotCoveredError` before anything is written, `SandboxError` for what cannot be read.
    """
    from gguf import GGUFWriter

    settings, model = _read_settings(adapter), settings_of(base)
    _check_covered(settings, model)
    tensors = _tensors(adapter / WEIGHTS, _heads(model))
    writer = GGUFWriter(out, _ARCHITECTURE)
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", _alpha(settings))
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _sorted(value: object) -> object:
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str)
    return str(getattr(value, "value", value))


def _read_settings(adapter: Path) -> dict[str, Any]:
    try:
        found = json.loads((adapter / CONFIG).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise SandboxError(f"{adapter.name}/{CONFIG} cannot be read: {of_reading(error)}.") from error
    if not isinstance(found, dict):
        raise SandboxError(f"{adapter.name}/{CONFIG} cannot be read: it is no object.")
    return found


def _check_covered(settings: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Raises `NotCoveredError` that names the first thing that the file would not say."""
    if model.get("model_type") != _ARCHITECTURE:
        raise NotCoveredError(f"An adapter of a model of the kind {str(model.get('model_type'))[:40]!r}")
    if settings.get("peft_type") != "LORA" or settings.get("task_type") != "CAUSAL_LM":
        kind = f"{settings.get('peft_type')}, {settings.get('task_type')}"
        raise NotCoveredError(f"An adapter of the kind {kind[:40]}")
    if settings.get("bias", "none") != "none":
        raise NotCoveredError("An adapter with a trained bias")
    for name in _NOT_COVERED:
        if settings.get(name):
            raise NotCoveredError(f"An adapter with {name}")


def _alpha(settings: Mapping[str, Any]) -> float:
    """What llama.cpp divides by the rank; rank-stabilised adapters (arXiv 2312.03732) divide by its root."""
    alpha, rank = float(settings["lora_alpha"]), int(settings["r"])
    return float(alpha * rank**0.5) if settings.get("use_rslora") else alpha


def _heads(model: Mapping[str, Any]) -> Mapping[str, int]:
    heads = int(model["num_attention_heads"])
    return {"attn_q": heads, "attn_k": int(model.get("num_key_value_heads") or heads)}


def _tensors(weights: Path, heads: Mapping[str, int]) -> dict[str, "np.ndarray[Any, Any]"]:
    """Every tensor under its name there, by name; the output rows of queries and keys in the order of llama.cpp."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        loaded = load_file(weights)
    except (OSError, SafetensorError) as error:
        raise SandboxError(f"{weights.name} cannot be read: it is no safetensors file.") from error
    found = {}
    for name in sorted(loaded):
        place, kind, half = _place(name)
        rows = loaded[name].float().numpy()
        permuted = _permuted(rows, heads[kind]) if half == "lora_b" and kind in heads else rows
        found[f"{place}.{kind}.weight.{half}"] = permuted
    return found


def _place(name: str) -> tuple[str, str, str]:
    """`blk.N`, and what llama.cpp calls the matrix and the half of it. Raises `NotCoveredError`."""
    number, _, rest = name.removeprefix(_PREFIX).partition(".")
    module, _, half = rest.partition(".lora_")
    half = f"lora_{half}"
    if not name.startswith(_PREFIX) or not number.isdecimal() or module not in _NAMES or half not in _HALVES:
        raise NotCoveredError(f"An adapter with {name[:80]!r}")
    return f"blk.{number}", _NAMES[module], _HALVES[half]


def _permuted(rows: "np.ndarray[Any, Any]", heads: int) -> "np.ndarray[Any, Any]":
    """Rotary pairs side by side, where transformers has halves one after the other (convert_hf_to_gguf.py).

    Without it nothing fails, and the answers are wrong.
    """
    size, rank = rows.shape
    return rows.reshape(heads, 2, size // heads // 2, rank).swapaxes(1, 2).reshape(size, rank)
