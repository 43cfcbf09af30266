#!/usr/bin/env bash
# lm-evaluation-harness counts a reply without an answer as a wrong answer, and its table does not say so.
#
# Versions    lm_eval 0.4.13, model `local-chat-completions`. LM_EVAL=0.4.14 in the environment tries another version.
# Behaviour   A reply whose `content` is null, as reasoning models give when they used up their tokens
#             (finish_reason "length"), becomes an empty text that is compared like any other. The accuracy is over all
#             documents; table, `n-samples` and the exit code are those of a model that answered everything, wrongly.
# Why         A limit that is too low, a filter or a gateway's fault lowers a model's score, and looks like the model.
# Server      Ours, below: of four questions it answers one, rightly, and says nothing to three.
# Needs       bash, python3 (3.11 or newer), PyPI (700 MB).
# Exit        0 while it is so, 1 when it no longer is, 2 when it could not be had or did not run.
# Seen        With 0.4.13 (of the only question that was answered, the share right is 1):
#               exit code: 0
#               exact_match over 4 of 4 documents: 0.25
#               what was compared: ['yes', '', '', '']
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
export HF_HOME="$folder/hub" HF_HUB_OFFLINE=1 OPENAI_API_KEY=none PIP_DISABLE_PIP_VERSION_CHECK=1 no_proxy=127.0.0.1
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "lm_eval[api]==${LM_EVAL:-0.4.13}" || exit 2

cat >"$folder/server.py" <<'PYTHON'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        content, finish = ("yes", "stop") if "easy" in asked else (None, "length")
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
        data = json.dumps({"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
cat >"$folder/tiny.yaml" <<'YAML'
task: tiny
dataset_path: json
dataset_kwargs: {data_files: {test: documents.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{asked}}"
doc_to_target: "yes"
generation_kwargs: {until: ["###"], max_gen_toks: 8, temperature: 0.0}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
YAML
for asked in easy hard harder hardest; do echo "{\"asked\": \"An $asked question\"}"; done >"$folder/documents.jsonl"

python3 "$folder/server.py" >"$folder/port" &
server=$!
for _ in $(seq 100); do [ -s "$folder/port" ] && break; sleep 0.1; done
url="http://127.0.0.1:$(cat "$folder/port")/v1/chat/completions"
code=0
(cd "$folder" && timeout 300 venv/bin/lm_eval run --model local-chat-completions --model_args "model=m,base_url=$url" \
  --tasks tiny --include_path . --apply_chat_template --log_samples --output_path out >log 2>&1) || code=$?
echo "exit code: $code"
[ "$code" = 0 ] || tail -n 5 "$folder/log"

cat >"$folder/look.py" <<'PYTHON'
import json
import sys
from pathlib import Path

[results] = Path(sys.argv[1]).rglob("results_*.json")
[samples] = Path(sys.argv[1]).rglob("samples_*.jsonl")
told = json.loads(results.read_text())
score, counted = told["results"]["tiny"]["exact_match,none"], told["n-samples"]["tiny"]
lines = sorted(map(json.loads, samples.read_text().splitlines()), key=lambda line: line["doc_id"])
print(f"exact_match over {counted['effective']} of {counted['original']} documents: {score}")
print(f"what was compared: {[line['filtered_resps'][0] for line in lines]}")
sys.exit(0 if (score, counted["effective"]) == (0.25, 4) else 1)
PYTHON
if [ "$code" = 0 ] && python3 "$folder/look.py" "$folder/out"; then
  echo "It is as described."
else
  echo "It is NOT as described: this has changed."
  exit 1
fi
