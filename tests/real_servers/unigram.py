"""A language model that draws each character from one fixed distribution, whatever stands before it.

A Llama of one layer that adds nothing, with a token for each byte: real for every server, and loaded in a blink. Knows
the formats in which transformers and llama.cpp take a model, and starts no server.
"""

import json
import string
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

START, END, PAD = "<|im_start|>", "<|im_end|>", "<|pad|>"
OPEN, CLOSE = "<think>", "</think>"
CONTEXT: Final = 4096
WIDTH: Final = 64
# In a hundred parts; what is not here hardly ever comes.
LETTERS: Final = dict.fromkeys(string.ascii_lowercase, 2.5)
MARKS: Final = {" ": 12.0, '"': 6.0, "{": 2.0, "}": 2.0, ":": 1.0, ",": 1.0, **dict.fromkeys("1234567", 0.4)}
# `plain` has no thoughts. With the others the template opens a thought, which the model closes now and then; `known`
# takes thoughts of earlier turns too, which is how llama.cpp finds out that there are any.
Template = Literal["plain", "thinking", "known"]
TAKEN_BACK: Final = (
    "{% if message.reasoning_content %}<think>\n{{ message.reasoning_content }}\n</think>\n\n{% endif %}"
)
LAYER: Final = {
    "self_attn.q_proj": ("attn_q", (WIDTH, WIDTH)),
    "self_attn.k_proj": ("attn_k", (WIDTH, WIDTH)),
    "self_attn.v_proj": ("attn_v", (WIDTH, WIDTH)),
    "self_attn.o_proj": ("attn_output", (WIDTH, WIDTH)),
    "mlp.gate_proj": ("ffn_gate", (WIDTH, WIDTH)),
    "mlp.up_proj": ("ffn_up", (WIDTH, WIDTH)),
    "mlp.down_proj": ("ffn_down", (WIDTH, WIDTH)),
    "input_layernorm": ("attn_norm", (WIDTH,)),
    "post_attention_layernorm": ("ffn_norm", (WIDTH,)),
}


def save(folder: Path, template: Template = "plain", *, samples: bool = True) -> Path:
    """Write the model into `folder` as transformers takes it; hand the folder back.

    With `samples` its generation settings say so; without, `transformers serve` takes the likeliest token each time.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    names = _tokens()
    ends = {"bos_token_id": names.index(START), "eos_token_id": names.index(END), "pad_token_id": names.index(PAD)}
    files: dict[str, Any] = {
        "config.json": _shape(len(names)) | ends,
        "generation_config.json": ends | ({"do_sample": True} if samples else {}),
        "tokenizer.json": _tokenizer(names),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": START,
            "eos_token": END,
            "pad_token": PAD,
            "chat_template": _template(template),
            "model_max_length": CONTEXT,
        },
    }
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    save_file(_weights(names, template), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def save_gguf(path: Path, template: Template = "plain") -> Path:
    """Write the model into the file at `path` as llama.cpp takes it; hand the path back."""
    import gguf

    names = _tokens()
    file = gguf.GGUFWriter(path, "llama")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(1)
    file.add_feed_forward_length(WIDTH)
    file.add_head_count(1)
    file.add_layer_norm_rms_eps(1e-6)
    file.add_vocab_size(len(names))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("default")
    file.add_token_list(names)
    file.add_token_types([_kind(name) for name in names])
    file.add_token_merges(["a b"])  # llama.cpp refuses a list of none
    file.add_bos_token_id(names.index(START))
    file.add_eos_token_id(names.index(END))
    file.add_chat_template(_template(template))
    for name, weights in _weights(names, template).items():
        file.add_tensor(_name_in_gguf(name), weights)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return path


def _tokens() -> list[str]:
    from tokenizers.pre_tokenizers import ByteLevel

    return [*sorted(ByteLevel.alphabet()), PAD, START, END, OPEN, CLOSE]


def _kind(name: str) -> int:
    import gguf

    if name in (PAD, START, END):
        return gguf.TokenType.CONTROL
    return gguf.TokenType.USER_DEFINED if name in (OPEN, CLOSE) else gguf.TokenType.NORMAL


def _tokenizer(names: list[str]) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE({name: number for number, name in enumerate(names)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in (PAD, START, END)])
    tokenizer.add_tokens([AddedToken(name, special=False) for name in (OPEN, CLOSE)])
    return json.loads(tokenizer.to_str())


def _template(template: Template) -> str:
    return (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
        + (TAKEN_BACK if template == "known" else "")
        + "{{ message['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
        + ("" if template == "plain" else f"{OPEN}\n")
        + "{% endif %}"
    )


def _shape(tokens: int) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": tokens,
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "num_key_value_heads": 1,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "dtype": "float32",
    }


def _weights(names: list[str], template: Template) -> dict[str, Any]:
    """Every layer adds nothing to a state of ones, so the last matrix alone says how likely each token is."""
    likely = np.log(_distribution(names, template)) / WIDTH
    layer = {
        f"model.layers.0.{name}.weight": (np.ones if len(shape) == 1 else np.zeros)(shape, np.float32)
        for name, (_, shape) in LAYER.items()
    }
    return layer | {
        "model.embed_tokens.weight": np.ones((len(names), WIDTH), np.float32),
        "model.norm.weight": np.ones(WIDTH, np.float32),
        "lm_head.weight": np.repeat(likely[:, None], WIDTH, 1).astype(np.float32),
    }


def _distribution(names: list[str], template: Template) -> Any:
    from tokenizers.pre_tokenizers import ByteLevel

    weights = np.full(len(names), 1e-7)
    for character, weight in (LETTERS | MARKS).items():
        ((piece, _),) = ByteLevel(add_prefix_space=False).pre_tokenize_str(character)
        weights[names.index(piece)] = weight
    weights[names.index(END)] = 2.0
    if template != "plain":
        weights[names.index(CLOSE)] = 3.0
    return weights / weights.sum()


def _name_in_gguf(name: str) -> str:
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    inner = {f"model.layers.0.{theirs}": f"blk.0.{ours}" for theirs, (ours, _) in LAYER.items()}
    return f"{(outer | inner)[name.removesuffix('.weight')]}.weight"
