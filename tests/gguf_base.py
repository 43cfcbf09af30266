"""A Llama as a GGUF file of float32 numbers, which llama.cpp reads without rounding. Runs no test."""

from pathlib import Path
from typing import Any

from gguf import GGUFReader, GGUFValueType, GGUFWriter
from safetensors.torch import load_file

_WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_IN_LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def write_float32(weights: Path, like: Path, out: Path, heads: dict[str, int]) -> Path:
    """The model of a transformers folder with the settings and the words of the GGUF file `like`, all as float32."""
    writer = GGUFWriter(out, "llama")
    for name, field in GGUFReader(like).fields.items():
        if not name.startswith("GGUF.") and name not in ("general.architecture", "general.file_type"):
            kind, of = field.types[0], field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), kind, of)
    for name, tensor in sorted(load_file(weights / "model.safetensors").items()):
        writer.add_tensor(*_tensor(name, tensor.float().numpy(), heads))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _tensor(name: str, rows: Any, heads: dict[str, int]) -> tuple[str, Any]:
    if name in _WHOLE:
        return _WHOLE[name], rows
    number, _, rest = name.removeprefix("model.layers.").partition(".")
    kind = _IN_LAYER[rest.removesuffix(".weight")]
    if kind in heads:
        shape = (heads[kind], 2, rows.shape[0] // heads[kind] // 2, rows.shape[1])
        rows = rows.reshape(shape).swapaxes(1, 2).reshape(rows.shape)
    return f"blk.{number}.{kind}.weight", rows
