#!/usr/bin/env bash
# `transformers serve` honours the seed of a request only while no other request is in flight.
#
# Versions    transformers 5.23.0 (with torch 2.13.0, fastapi 0.165.0, uvicorn 0.54.0), on a processor, without
#             continuous batching. TRANSFORMERS=5.24.0 in the environment tries another version.
# Behaviour   A chat completion with `seed` sets torch's one global seed when it comes in. Asked one after the other, a
#             seed gives the same text each time. Asked at once, every request draws from the same stream of random
#             numbers and sets it anew for the others, so the texts differ from those of the same seeds asked one by
#             one, and from one time to the next. The status is 200 and nothing in the reply says so.
# Why         Whoever makes data asks many requests at once and writes the seed down beside each text. Here such a
#             seed gives that text back to nobody.
# Model       Llama of one layer that adds nothing: each letter is drawn from one fixed distribution. Made below.
# Needs       bash, python3 (3.11 or newer), PyPI. torch from PyPI brings gigabytes for GPUs on Linux; pip's own
#             settings (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS) can point at a build for processors.
# Exit        0 while it is so, 1 when it no longer is, 2 when the server could not be had.
# Seen        With 5.23.0, and the same but for the last text with 5.24.0:
#               different texts of six seeds, one after the other: 6 of 6
#               one after the other, and so once more:             6 of 6 texts are the same
#               one after the other, and six at once:              0 of 6 texts are the same
#               six at once, and so once more:                     0 of 6 texts are the same
#               seed 1 alone:     ymbzvfetmwwsv vkgxzz oqta  aej mjkawhh qvfwublgswhbr  af
#               seed 1 again:     ymbzvfetmwwsv vkgxzz oqta  aej mjkawhh qvfwublgswhbr  af
#               seed 1 at once: nj nkxgl wrzu cgpckjrigl e  yjg chp vtssb jl  gj fmxdxtv w r
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
tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<end>", pad_token="<end>")
tokenizer.chat_template = "{% for message in messages %}{{ message.content }} {% endfor %}"
tokenizer.save_pretrained(sys.argv[1])
PYTHON

cat >"$folder/look.py" <<'PYTHON'
import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

SEEDS = range(1, 7)


def text(seed):
    body = {"model": "tiny", "messages": [{"role": "user", "content": "hello"}], "seed": seed, "max_tokens": 200}
    request = urllib.request.Request(
        f"{sys.argv[1]}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]


def same(texts, others):
    return sum(one == other for one, other in zip(texts, others, strict=True))


text(0)  # loads the model
alone = [text(seed) for seed in SEEDS]
again = [text(seed) for seed in SEEDS]
with ThreadPoolExecutor(len(SEEDS)) as threads:
    at_once = list(threads.map(text, SEEDS))
    at_once_again = list(threads.map(text, SEEDS))
print(f"different texts of six seeds, one after the other: {len(set(alone))} of 6")
print(f"one after the other, and so once more:             {same(alone, again)} of 6 texts are the same")
print(f"one after the other, and six at once:              {same(alone, at_once)} of 6 texts are the same")
print(f"six at once, and so once more:                     {same(at_once, at_once_again)} of 6 texts are the same")
print(f"seed 1 alone:   {alone[0][:60]}\nseed 1 again:   {again[0][:60]}\nseed 1 at once: {at_once[0][:60]}")
so = len(set(alone)) == 6 and same(alone, again) == 6 and same(alone, at_once) < 6
print("It is as described." if so else "It is NOT as described: this has changed.")
sys.exit(0 if so else 1)
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
no_proxy=127.0.0.1 "$folder/venv/bin/python" "$folder/look.py" "$address"
