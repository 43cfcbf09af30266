#!/usr/bin/env bash
# llama.cpp's server gives thoughts out as answers, with half a mark or none, by a detail of the chat template.
#
# Versions    llama.cpp as packed by xllamacpp 2026.10.11549 (b11549, by that number; models written by gguf 0.19.0),
#             with `reasoning_format` "deepseek", which is what it does if nothing is said. XLLAMACPP=... in the
#             environment tries another version.
# Behaviour   A chat template that ends the prompt with an open <think> makes the model think first. Whether the server
#             takes the thought out of the answer hangs on something else: what the template does with earlier turns.
#             1. Where it puts their `content` down as it is, `content` of the reply is the thought, a lone </think> and
#                the answer; where the model ends within its thought, it is the thought with no mark at all; both with
#                finish_reason "stop".
#             2. Where it renders their `reasoning_content` (or cuts their `content` at </think>, which was tried and is
#                not part of this script), thoughts are taken out. Then one that the model never closes comes back as an
#                empty `content` with finish_reason "stop", as if that were a complete answer.
# Why         Thoughts land in data sets as answers. Looking for a pair of tags finds nothing, and a thought without a
#             mark cannot be told from an answer; an empty answer that counts as complete looks like a model that has
#             nothing to say.
# Model       Llama of one layer that adds nothing: each byte, the end and </think> are drawn from one fixed
#             distribution. Made below.
# Needs       bash, python3 (3.11 or newer), PyPI.
# Exit        0 while it is so, 1 when any of it no longer is, 2 when the server could not be had.
# Seen        (with how many of 20 replies; where it closes its thought, the others closed it at once, never or last)
#               template ignores reasoning_content, model closes its thought: 16 of 20 that stopped, like
#                   content 'tnnnvkw</think>sdidknjqkgxedi', reasoning_content None, finish_reason 'stop'
#               template ignores reasoning_content, model never closes its thought: 20 of 20 that stopped, like
#                   content 'tinnvjwpwoiozikvjgunom', reasoning_content None, finish_reason 'stop'
#               template renders reasoning_content, model closes its thought: 10 of 20 that stopped, like
#                   content 'sdidknjqkgxedi', reasoning_content 'tnnnvkw', finish_reason 'stop'
#               template renders reasoning_content, model never closes its thought: 20 of 20 that stopped, like
#                   content '', reasoning_content 'tinnvjwpwoiozikvjgunom', finish_reason 'stop'
set -euo pipefail

folder=$(mktemp -d)
server=
tidy() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap tidy EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "xllamacpp==${XLLAMACPP:-2026.10.11549}" gguf==0.19.0 numpy==2.4.6 || exit 2
cd "$folder"

cat >model.py <<'PYTHON'
import itertools
import string
import sys

import gguf
import numpy as np

path, template, closes = sys.argv[1], sys.argv[2], sys.argv[3] == "closes"
spare, kept = itertools.count(256), {*range(33, 127), *range(161, 173), *range(174, 256)}
names = [chr(byte if byte in kept else next(spare)) for byte in range(256)] + ["<end>", "<think>", "</think>"]
likely = np.full(len(names), 1e-9)
for name in string.ascii_lowercase:
    likely[names.index(name)] = 3
likely[names.index("<end>")], likely[names.index("</think>")] = 3, 6 if closes else 1e-9
TAKEN_BACK = "{% if m.reasoning_content %}<think>\n{{ m.reasoning_content }}\n</think>\n\n{% endif %}"
chat = "{% for m in messages %}{{ m.role }}\n" + (TAKEN_BACK if template == "renders" else "")
chat += "{{ m.content }}<end>\n{% endfor %}{% if add_generation_prompt %}assistant\n<think>\n{% endif %}"

file = gguf.GGUFWriter(path, "llama")
file.add_context_length(2048), file.add_embedding_length(64), file.add_block_count(1), file.add_head_count(1)
file.add_feed_forward_length(64), file.add_layer_norm_rms_eps(1e-6), file.add_vocab_size(len(names))
file.add_tokenizer_model("gpt2"), file.add_tokenizer_pre("default"), file.add_token_merges(["a b"])
file.add_token_list(names), file.add_chat_template(chat)
file.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] + [gguf.TokenType.USER_DEFINED] * 2)
file.add_bos_token_id(names.index("<end>")), file.add_eos_token_id(names.index("<end>"))
for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
    file.add_tensor(f"blk.0.{name}.weight", np.zeros((64, 64), np.float32))
for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
    file.add_tensor(f"{name}.weight", np.ones(64, np.float32))
file.add_tensor("token_embd.weight", np.ones((len(names), 64), np.float32))
file.add_tensor("output.weight", np.repeat(np.log(likely / likely.sum())[:, None] / 64, 64, 1).astype(np.float32))
file.write_header_to_file(), file.write_kv_data_to_file(), file.write_tensors_to_file(), file.close()
PYTHON

cat >serve.py <<'PYTHON'
import signal
import sys

import xllamacpp

settings = xllamacpp.CommonParams()
settings.model.path = sys.argv[1]
settings.reasoning_format = getattr(
    xllamacpp.common_reasoning_format, f"COMMON_REASONING_FORMAT_{sys.argv[2].upper()}"
)
settings.n_ctx, settings.n_parallel, settings.port = 2048, 1, 0
settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
settings.hostnames = ["127.0.0.1"]
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
signal.pause()
PYTHON

cat >look.py <<'PYTHON'
import json
import sys
import urllib.request

address, template, closes, _ = sys.argv[1:]


def ask(seed):
    body = {"messages": [{"role": "user", "content": "hello"}], "seed": seed, "max_tokens": 400}
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        choice = json.load(reply)["choices"][0]
    return choice["message"].get("content"), choice["message"].get("reasoning_content"), choice["finish_reason"]


def as_described(content, thought, end):
    lone = "</think>" in content and "<think>" not in content
    match template, closes:
        case "ignores", "closes":
            return thought is None and lone
        case "ignores", "never":
            return thought is None and content and "think>" not in content
        case "renders", "closes":
            return thought and content and "think>" not in thought
        case "renders", "never":
            return thought and content == ""
    return False


replies = [reply for reply in map(ask, range(20)) if reply[2] == "stop"]
verb = "closes" if closes == "closes" else "never closes"
so = [reply for reply in replies if as_described(*reply)]
content, thought, end = (so or replies)[0]
print(f"template {template} reasoning_content, model {verb} its thought:", end=" ")
print(f"{len(so)} of {len(replies)} that stopped, like")
print(f"    content {content!r}, reasoning_content {thought!r}, finish_reason {end!r}")
sys.exit(0 if len(so) > len(replies) / 4 else 1)
PYTHON

# Serves a model made of the first two words, with the reasoning_format of the third, and looks at it.
look() {
  venv/bin/python model.py "$1-$2.gguf" "$1" "$2" || exit 2
  rm -f address
  venv/bin/python serve.py "$1-$2.gguf" "$3" >address 2>log &
  server=$!
  for _ in $(seq 120); do
    [ ! -s address ] && kill -0 "$server" 2>/dev/null || break
    sleep 0.5
  done
  [ -s address ] || { cat log; exit 2; }
  no_proxy=127.0.0.1 venv/bin/python look.py "$(cat address)" "$@" || changed=yes
  kill "$server"
  wait "$server" || true
  server=
}

changed=
look ignores closes deepseek
look ignores never deepseek
look renders closes deepseek # as one would wish
look renders never deepseek
[ -z "$changed" ] || { echo "It is NOT as described: this has changed."; exit 1; }
echo "It is as described."
