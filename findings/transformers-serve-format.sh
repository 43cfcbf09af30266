#!/usr/bin/env bash
# `transformers serve` takes a JSON schema and answers in prose, and takes a prompt longer than the model's context.
#
# Versions    transformers 5.23.0 (with torch 2.13.0, fastapi 0.165.0, uvicorn 0.54.0), on a processor, without
#             continuous batching. TRANSFORMERS=5.24.0 in the environment tries another version.
# Behaviour   1. `response_format` of type json_schema is among the fields that it knows and does not use: the status is
#                200 and the text obeys nothing. A field that it does not know is refused with 422, so 200 looks like
#                consent.
#             2. A prompt of four times the model's `max_position_embeddings` is answered with 200, counted whole in
#                `usage`, and neither cut nor refused.
#             The caller is told nothing of either. The server's own log is, once each, for the first such request.
# Why         Ratings and labels are read from JSON that a schema promised; here only a look at the text shows that
#             nothing was. And what a model writes to a prompt beyond the positions it was trained on is noise
#             that lands in the data as if it were an answer. Other servers refuse such a prompt with 400.
# Model       Llama of one layer that adds nothing: each letter is drawn from one fixed distribution. Made below.
# Needs       bash, python3 (3.11 or newer), PyPI. torch from PyPI brings gigabytes for GPUs on Linux; pip's own
#             settings (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS) can point at a build for processors.
# Exit        0 while it is so, 1 when either no longer is, 2 when the server could not be had.
# Seen        With 5.23.0, and the same with 5.24.0 (lines of the log left out):
#               a field that it does not know: 422 {"detail":"Unexpected fields in the request: {'nonsense'}"}
#               a JSON schema:                 200 '  ymbzvfetmwwsv vkgxzz oqta  aej mjkawhh'
#               a context of 512, a prompt of 2048: 200 '  ymbzvfetmwwsv vkgxzz oqta  aej mjkawhh'
#               the usage that came with it:   {'completion_tokens': 40, 'prompt_tokens': 2049, 'total_tokens': 2089}
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
export HF_HOME="$folder/hub" HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "transformers[serving]==${TRANSFORMERS:-5.23.0}" torch==2.13.0 \
  fastapi==0.165.0 uvicorn==0.54.0 openai==3.52.0 pydantic==2.14.3 || exit 2

cat >"$folder/model.py" <<'PYTHON'
import string
import sys

import torch
from tokenizers import Tokenizer, decoders, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

names = [*string.ascii_lowercase, " ", "<end>"]
likely = torch.tensor([3.0] * 26 + [22.0, 1e-9])  # never ends by itself: every text is as long as was asked for
end = names.index("<end>")
ends = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end}
shape = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1}
model = LlamaForCausalLM(LlamaConfig(vocab_size=len(names), max_position_embeddings=512, **shape, **ends))
with torch.no_grad():
    for name, weights in model.named_parameters():
        weights.fill_(1.0 if "norm" in name or "embed" in name else 0.0)
    model.lm_head.weight.copy_((likely / likely.sum()).log()[:, None].expand(-1, 64) / 64)
model.generation_config.do_sample = True
model.save_pretrained(sys.argv[1])

letters = Tokenizer(models.BPE({name: number for number, name in enumerate(names)}, [], unk_token="<end>"))
letters.decoder = decoders.Fuse()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<end>", model_max_length=512)
tokenizer.chat_template = "{% for message in messages %}{{ message.content }} {% endfor %}"
tokenizer.save_pretrained(sys.argv[1])
PYTHON

cat >"$folder/look.py" <<'PYTHON'
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

CONTEXT = json.loads(Path("tiny/config.json").read_text())["max_position_embeddings"]
RATING = {"type": "object", "properties": {"rating": {"type": "integer"}}, "required": ["rating"]}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "rating", "strict": True, "schema": RATING}}


def ask(text="hello", **fields):
    """The status and what came with it."""
    body = {"model": "tiny", "messages": [{"role": "user", "content": text}], "seed": 1, "max_tokens": 40} | fields
    request = urllib.request.Request(
        f"{sys.argv[1]}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def rated(text):
    try:
        return isinstance(json.loads(text)["rating"], int)
    except (ValueError, TypeError, KeyError):
        return False


def said(status, answer):
    return answer["choices"][0]["message"]["content"] if status == 200 else answer


unknown, refusal = ask(nonsense=1)
formatted, answer = ask(response_format=SCHEMA)
before = Path("log").read_text()
long, reply = ask("a" * 4 * CONTEXT)
after = Path("log").read_text().removeprefix(before)
print(f"a field that it does not know: {unknown} {refusal}")
print(f"a JSON schema:                 {formatted} {said(formatted, answer)!r}")
print(f"of it in the server's log:     {[line for line in before.splitlines() if 'response_format' in line]}")
print(f"a context of {CONTEXT}, a prompt of {4 * CONTEXT}: {long} {said(long, reply)!r}")
print(f"the usage that came with it:   {reply['usage'] if long == 200 else None}")
print(f"of it in the server's log:     {[line for line in after.splitlines() if 'length' in line]}")
ignored = formatted == 200 and not rated(said(formatted, answer))
unbounded = long == 200 and reply["usage"]["prompt_tokens"] > CONTEXT
print(f"The schema is ignored: {ignored}. The prompt that is too long is answered: {unbounded}.")
print("It is as described." if ignored and unbounded else "It is NOT as described: this has changed.")
sys.exit(0 if ignored and unbounded else 1)
PYTHON

"$folder/venv/bin/python" "$folder/model.py" "$folder/tiny" || exit 2
(cd "$folder" && exec venv/bin/transformers serve --host 127.0.0.1 --port 0 --device cpu) >"$folder/log" 2>&1 &
server=$!
address=
for _ in $(seq 240); do
  address=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$folder/log" | head -n 1) || true
  [ -z "$address" ] && kill -0 "$server" 2>/dev/null || break
  sleep 0.5
done
[ -n "$address" ] || { cat "$folder/log"; exit 2; }
(cd "$folder" && no_proxy=127.0.0.1 venv/bin/python look.py "$address")
