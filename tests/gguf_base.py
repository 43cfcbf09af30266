"""A random Llama, and the same as a GGUF file of float32 numbers, which llama.cpp reads without rounding. Runs no test.

Its words are bytes and three marks, so prompts are given to it as ids. Every head and layer counts for something.
"""

from pathlib import Path
from typing import Any, Final

_WIDTH: Final = 64
_HEADS: Final = {"attn_q": 4, "attn_k": 2}
_MARKS: Final = ("<|pad|>", "<|im_start|>", "<|im_end|>")
_WHOLE: Final = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_IN_LAYER: Final = {
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


def words() -> list[str]:
    """Its vocabulary."""
    from tokenizers.pre_tokenizers import ByteLevel

    return [*sorted(ByteLevel.alphabet()), *_MARKS]


def random_llama(seed: int = 0) -> Any:
    """Two layers, weights so large that the order of rows matters."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(words()),
                hidden_size=_WIDTH,
                intermediate_size=2 * _WIDTH,
                num_hidden_layers=2,
                num_attention_heads=_HEADS["attn_q"],
                num_key_value_heads=_HEADS["attn_k"],
                max_position_embeddings=4096,
                initializer_range=0.2,
                tie_word_embeddings=False,
            )
        )


def write_float32(model: Any, out: Path) -> Path:
    """`model`, of `random_llama`, as the file `out`; hand it back."""
    from gguf import GGUFWriter

    names = words()
    writer = GGUFWriter(out, "llama")
    writer.add_context_length(4096)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(2)
    writer.add_feed_forward_length(2 * _WIDTH)
    writer.add_head_count(_HEADS["attn_q"])
    writer.add_head_count_kv(_HEADS["attn_k"])
    writer.add_rope_dimension_count(_WIDTH // _HEADS["attn_q"])
    writer.add_layer_norm_rms_eps(model.config.rms_norm_eps)
    writer.add_vocab_size(len(names))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(names)
    writer.add_token_types([3 if name in _MARKS else 1 for name in names])
    writer.add_token_merges(["a b"])  # llama.cpp refuses a list of none
    writer.add_bos_token_id(names.index("<|im_start|>"))
    writer.add_eos_token_id(names.index("<|im_end|>"))
    for name, tensor in sorted(model.state_dict().items()):
        writer.add_tensor(*_tensor(name, tensor.float().numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _tensor(name: str, rows: Any) -> tuple[str, Any]:
    if name in _WHOLE:
        return _WHOLE[name], rows
    number, _, rest = name.removeprefix("model.layers.").partition(".")
    kind = _IN_LAYER[rest.removesuffix(".weight")]
    if kind in _HEADS:
        shape = (_HEADS[kind], 2, rows.shape[0] // _HEADS[kind] // 2, rows.shape[1])
        rows = rows.reshape(shape).swapaxes(1, 2).reshape(rows.shape)
    return f"blk.{number}.{kind}.weight", rows
