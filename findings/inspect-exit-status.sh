#!/usr/bin/env bash
# inspect ends with 0 though no sample was answered; what was answered with nothing it scores as wrong.
#
# Versions    inspect-ai 0.3.285 with openai 3.57.0. INSPECT=0.3.286 in the environment tries another version.
# Behaviour   1. A server that knows no such model (404) fails every sample: the log has status "error" and no result,
#                and `inspect eval` ends with 0.
#             2. A reply whose `content` is null (finish_reason "length") is scored I, incorrect, and counts in the
#                accuracy; `unscored_samples` is 0. Its score has the reason "no_response", which no table shows.
# Why         A script that goes by the exit code takes an evaluation that never was for one that ended, and a limit
#             that is too low looks like a model that answers wrongly.
# Server      Ours, below: of four questions it answers one, rightly, and says nothing to three; or it refuses.
# Needs       bash, python3 (3.11 or newer), PyPI (360 MB).
# Exit        0 while it is so, 1 when either no longer is, 2 when it could not be had or did not run.
# Seen        With 0.3.285:
#               refused: exit code 0, status error, samples scored: none
#               silent:  exit code 0, status success, accuracy 0.25, scored 4, unscored 0
set -euo pipefail

folder=$(mktemp -d)
servers=()
tidy() {
  for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap tidy EXIT
trap 'exit 2' INT TERM HUP
export HOME="$folder" OPENAI_API_KEY=none PIP_DISABLE_PIP_VERSION_CHECK=1 no_proxy=127.0.0.1
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "inspect-ai==${INSPECT:-0.3.285}" openai==3.57.0 || exit 2

cat >"$folder/server.py" <<'PYTHON'
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSES = sys.argv[1] == "refused"


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        content, finish = ("yes", "stop") if "easy" in asked else (None, "length")
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
        reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        data = json.dumps({"error": {"message": "no such model"}} if REFUSES else reply).encode()
        self.send_response(404 if REFUSES else 200)
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
cat >"$folder/tiny.py" <<'PYTHON'
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@task
def tiny():
    asked = [f"An {how} question" for how in ("easy", "hard", "harder", "hardest")]
    return Task(dataset=[Sample(input=each, target="yes") for each in asked], solver=generate(), scorer=match())
PYTHON
cat >"$folder/look.py" <<'PYTHON'
import sys
from pathlib import Path

from inspect_ai.log import read_eval_log

name, code = sys.argv[1:]
[log] = [read_eval_log(str(path), header_only=True) for path in Path(name).glob("*.eval")]
scores = log.results.scores if log.results else []
told = [f"accuracy {s.metrics['accuracy'].value}, scored {s.scored_samples}, unscored {s.unscored_samples}" for s in scores]
print(f"{name + ':':8} exit code {code}, status {log.status}, {told[0] if told else 'samples scored: none'}")
as_described = {
    "refused": log.status == "error" and not told,
    "silent": told == ["accuracy 0.25, scored 4, unscored 0"],
}
sys.exit(0 if as_described[name] and code == "0" else 1)
PYTHON

changed=0
for name in refused silent; do
  python3 "$folder/server.py" "$name" >"$folder/port-$name" &
  servers+=($!)
  for _ in $(seq 100); do [ -s "$folder/port-$name" ] && break; sleep 0.1; done
  url="http://127.0.0.1:$(cat "$folder/port-$name")/v1"
  code=0
  # Of a local server it asks /v1/responses too, unless it is told not to.
  (cd "$folder" && timeout 200 venv/bin/inspect eval tiny.py --model openai/m --model-base-url "$url" \
    -M responses_api=false --display plain --log-dir "$name" >"log-$name" 2>&1) || code=$?
  [ -d "$folder/$name" ] || { tail -n 5 "$folder/log-$name"; exit 2; }
  (cd "$folder" && venv/bin/python look.py "$name" "$code") || changed=1
done
if [ "$changed" = 0 ]; then
  echo "It is as described."
else
  echo "It is NOT as described: this has changed."
  exit 1
fi
