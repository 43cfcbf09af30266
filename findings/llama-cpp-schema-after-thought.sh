#!/usr/bin/env bash
# llama.cpp's server refuses a JSON schema for a thinking model where thoughts stay in the text, and does not say why.
#
# Versions    llama.cpp as packed by xllamacpp 2026.10.11549 (b11549, by that number; models written by gguf 0.19.0).
#             XLLAMACPP=... in the environment tries another version.
# Behaviour   The chat template ends the prompt with an open <think> and renders `reasoning_content` of earlier turns.
#             With `reasoning_format` "deepseek" a request with response_format json_schema is obeyed: a thought, then
#             JSON. With "none" the same request is refused with 400 and words that name neither the
#             format nor the thought; without response_format it is answered.
# Why         "none" is what one sets to keep thoughts in the text for a data set. The request is valid and the words
#             point at sampling, so one looks for the fault in temperatures; and a client that does without a schema
#             when a server says that it takes none cannot tell that this is the case.
# Model       Llama of one layer that adds nothing: each byte, the end and </think> are drawn from one fixed
#             distribution. Made below.
# Needs       bash, python3 (3.11 or newer), PyPI.
# Exit        0 while it is so, 1 when it no longer is, 2 when the server could not be had.
# Seen        (lines cut)
#               reasoning_format deepseek, no response_format: 200 {"role": "assistant", "content": "383sh7\"y...
#               reasoning_format deepseek, a JSON schema:      200 {"role": "assistant", "content": "{\"rating\":2}"...
#               reasoning_format none, no response_format: 200 {"role": "assistant", "content": "<think>\nd1edl...
#               reasoning_format none, a JSON schema:      400 {"code": 400, "message": "Failed to initialize samplers:
#                 std::exception", "type": "invalid_request_error"}
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
for name in string.ascii_lowercase + string.digits + '{}":':
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
import urllib.error
import urllib.request

address, _, _, thoughts = sys.argv[1:]
RATING = {"type": "object", "properties": {"rating": {"enum": [1, 2, 3]}}, "required": ["rating"]}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "rating", "strict": True, "schema": RATING}}


def ask(**fields):
    """The status and the message or error that came with it."""
    body = {"messages": [{"role": "user", "content": "hello"}], "seed": 1, "max_tokens": 1000} | fields
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, json.load(reply)["choices"][0]["message"]
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)["error"]


free, message = ask()
bound, answer = ask(response_format=SCHEMA)
print(f"reasoning_format {thoughts}, no response_format: {free} {json.dumps(message)[:110]}")
print(f"reasoning_format {thoughts}, a JSON schema:      {bound} {json.dumps(answer)}")
if thoughts == "none":
    so = bound == 400 and not any(word in answer["message"] for word in ("format", "schema", "think", "reason"))
else:
    so = bound == 200 and json.loads(answer["content"])["rating"] in (1, 2, 3)
sys.exit(0 if free == 200 and so else 1)
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
look renders closes deepseek # as one would wish
look renders closes none
[ -z "$changed" ] || { echo "It is NOT as described: this has changed."; exit 1; }
echo "It is as described."
