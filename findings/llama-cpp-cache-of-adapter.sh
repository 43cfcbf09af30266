#!/usr/bin/env bash
# llama.cpp's server gives a request what it read with another request's LoRA adapter, once the slot was used between.
#
# Versions    llama.cpp as packed by xllamacpp 2026.10.11549 (b11549, by that number; models written by gguf 0.19.0),
#             configured as it is if nothing is said: `cache_prompt` on, `cache_ram` 8192 MiB. XLLAMACPP=... in the
#             environment tries another version.
# Behaviour   Requests name their adapter (`lora`: [{id, scale}]). Where a slot gets a request for another adapter than
#             its last one, it forgets what it read. But a prompt that leaves a slot is kept in memory (`cache_ram`)
#             without the adapter that it was read with, and is given to the next request that begins alike.
#             1. Prompt P with adapter 0, another prompt with adapter 1, P with adapter 1: one token of P is read, and
#                the log-probs are those of adapter 0.
#             2. With `cache_ram` 0 they are those of adapter 1.
#             Issue 26207 of ggml-org/llama.cpp describes it for a slot alone, where this version does well.
# Why         Whoever compares adapters with the same prompts over one server, as one would, compares one with itself
#             or with a mixture. No reply says so, but for the count of tokens that were not read again.
# Model       Llama of one layer with random weights, and adapters of its values alone. Made below.
# Needs       bash, python3 (3.11 or newer), PyPI.
# Exit        0 while it is so, 1 when any of it no longer is, 2 when the server could not be had.
# Seen        adapters are 14.70 nats apart
#             cache_ram default, adapter 1 at once: 180 tokens read, 0.00 nats from adapter 1, 14.70 from adapter 0
#             cache_ram default, adapter 1 after another prompt: 1 tokens read, 14.70 nats from adapter 1, 0.00 from adapter 0
#             cache_ram 0, adapter 1 at once: 180 tokens read, 0.00 nats from adapter 1, 14.70 from adapter 0
#             cache_ram 0, adapter 1 after another prompt: 180 tokens read, 0.00 nats from adapter 1, 14.70 from adapter 0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "xllamacpp==${XLLAMACPP:-2026.10.11549}" gguf==0.19.0 numpy==2.4.6 || exit 2
cd "$folder"

cat >model.py <<'PYTHON'
import itertools

import gguf
import numpy as np

WIDTH = 64
drawn = np.random.default_rng(1)
spare, kept = itertools.count(256), {*range(33, 127), *range(161, 173), *range(174, 256)}
names = [chr(byte if byte in kept else next(spare)) for byte in range(256)] + ["<end>"]


def matrix(rows, columns=WIDTH):
    return drawn.normal(0, 0.5, (rows, columns)).astype(np.float32)


file = gguf.GGUFWriter("base.gguf", "llama")
file.add_context_length(2048), file.add_embedding_length(WIDTH), file.add_block_count(1), file.add_head_count(1)
file.add_feed_forward_length(WIDTH), file.add_layer_norm_rms_eps(1e-6), file.add_vocab_size(len(names))
file.add_tokenizer_model("gpt2"), file.add_tokenizer_pre("default"), file.add_token_merges(["a b"])
file.add_token_list(names), file.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL])
file.add_bos_token_id(256), file.add_eos_token_id(256)
for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
    file.add_tensor(f"blk.0.{name}.weight", matrix(WIDTH))
for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
    file.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
file.add_tensor("token_embd.weight", matrix(len(names)))
file.add_tensor("output.weight", matrix(len(names)))
file.write_header_to_file(), file.write_kv_data_to_file(), file.write_tensors_to_file(), file.close()

for number in (0, 1):
    file = gguf.GGUFWriter(f"adapter-{number}.gguf", "llama")
    file.add_string("general.type", "adapter"), file.add_string("adapter.type", "lora")
    file.add_float32("adapter.lora.alpha", 1.0)
    file.add_tensor("blk.0.attn_v.weight.lora_a", matrix(1))
    file.add_tensor("blk.0.attn_v.weight.lora_b", matrix(WIDTH, 1))
    file.write_header_to_file(), file.write_kv_data_to_file(), file.write_tensors_to_file(), file.close()
PYTHON

cat >look.py <<'PYTHON'
import sys

import xllamacpp

PROMPT, OTHER = "How do whales sing? " * 9, "Who builds bridges? " * 9


def serve(kept):
    settings = xllamacpp.CommonParams()
    settings.model.path, settings.n_ctx, settings.n_parallel, settings.port = "base.gguf", 1024, 1, 0
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.hostnames, settings.verbosity = ["127.0.0.1"], -1
    if kept is not None:
        settings.cache_ram_mib = kept
    adapters = []
    for number in (0, 1):
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path, adapter.scale = f"adapter-{number}.gguf", 0.0
        adapters.append(adapter)
    settings.lora_adapters = adapters
    return xllamacpp.Server(settings)


def ask(server, prompt, adapter):
    """How many tokens of `prompt` were read, and the log-probs of the likeliest tokens after it."""
    asked = {"prompt": prompt, "max_tokens": 1, "temperature": 0, "logprobs": 300, "ignore_eos": True}
    asked["lora"] = [{"id": number, "scale": float(number == adapter)} for number in (0, 1)]
    answer = server.handle_completions(asked)
    first = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    return answer["timings"]["prompt_n"], {each["id"]: each["logprob"] for each in first}


def apart(one, other):
    return max(abs(one[token] - other[token]) for token in one.keys() & other.keys())


right = [ask(serve(None), PROMPT, adapter)[1] for adapter in (0, 1)]
print(f"adapters are {apart(*right):.2f} nats apart")
so = []
for kept in (None, 0):
    server = serve(kept)
    ask(server, PROMPT, 0)
    at_once = ask(server, PROMPT, 1)
    ask(server, PROMPT, 0)
    ask(server, OTHER, 1)
    later = ask(server, PROMPT, 1)
    for when, (read, said) in (("at once", at_once), ("after another prompt", later)):
        error = apart(said, right[1])
        so.append((read, error))
        print(f"cache_ram {'default' if kept is None else kept}, adapter 1 {when}: {read} tokens read, "
              f"{error:.2f} nats from adapter 1, {apart(said, right[0]):.2f} from adapter 0")
(_, clean), (read, wrong), (_, again), (_, mended) = so
sys.exit(0 if read < 10 and wrong > 0.1 and max(clean, again, mended) < 0.01 else 1)
PYTHON

venv/bin/python model.py || exit 2
venv/bin/python look.py 2>log || { [ "$?" -eq 1 ] || { cat log; exit 2; }; echo "It is NOT as described: this has changed."; exit 1; }
echo "It is as described."
