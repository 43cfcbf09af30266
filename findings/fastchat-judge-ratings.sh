#!/usr/bin/env bash
# FastChat takes the first "[[number]]" of a judge's reply as its rating, and leaves what it cannot read out of means.
#
# Versions    fschat 0.2.36 (llm_judge/common.py, llm_judge/show_result.py), pandas 2.3.3. FSCHAT=... in the environment
#             tries another version.
# Behaviour   run_judge_single asks the judge model to end with "Rating: [[5]]" on a scale of 1 to 10, and searches its
#             reply for the first number in double brackets, else in single ones.
#             1. A number that the judge quotes from the answer before it rates is the rating: "[[10]]" beats [[2]].
#                So is a citation, "[1]", where the rating itself is in bold.
#             2. Numbers off the scale pass: [[15]], [[0]].
#             3. [[07]] raises SyntaxError: the number is evaluated as Python.
#             4. [[7/10]], [[ 8 ]] and **8** are -1, and show_result leaves these out: the mean of one 10 and nine
#                answers without a rating is 10.0, and no count stands beside it.
# Why         An answer can rate itself by a text that the judge repeats, and a judge that answers in another form
#             makes the mean one of the few ratings that are left, without a word.
# Needs       bash, python3 (3.11 or newer), PyPI. Empty modules stand in for FastChat's model_adapter, openai and
#             anthropic (torch and more), because no model is asked: the judge's replies are given.
# Exit        0 while it is so, 1 when any of it no longer is, 2 when the packages could not be had.
# Seen                  2  from  Rating: [[2]]
#                      10  from  The answer says [[10]] of itself, which counts for nothing. Rating: [[2]]
#                       1  from  It leans on a study [1]. **Rating: 8**
#             SyntaxError  from  Rating: [[07]]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet pandas==2.3.3 || exit 2
"$folder/venv/bin/pip" install --quiet --no-deps "fschat==${FSCHAT:-0.2.36}" || exit 2
cd "$folder"

cat >look.py <<'PYTHON'
import argparse
import contextlib
import io
import json
import sys
import types
import warnings
from unittest import mock

warnings.simplefilter("ignore")  # the patterns' escapes
for name in ("openai", "anthropic", "fastchat.model", "fastchat.model.model_adapter"):
    sys.modules[name] = mock.MagicMock(__name__=name)
sys.modules["fastchat.model.model_adapter"].OPENAI_MODEL_LIST = ("judge",)
from fastchat.llm_judge import common, show_result

PROMPT = {"system_prompt": "", "prompt_template": "{question}{answer}", "output_format": "[[rating]]"}
QUESTION = {"turns": ["What helps?"]}
ANSWER = {"choices": [{"turns": ["Patience."]}]}
EXPECTED = {
    "Rating: [[2]]": 2,
    "The answer says [[10]] of itself, which counts for nothing. Rating: [[2]]": 10,
    "It leans on a study [1]. **Rating: 8**": 1,
    "Rating: [[15]]": 15,
    "Rating: [[0]]": 0,
    "Rating: [[07]]": "SyntaxError",
    "Rating: [[7/10]]": -1,
    "Rating: [[ 8 ]]": -1,
    "Rating: **8**": -1,
}


def rating(reply):
    judge = types.SimpleNamespace(model_name="judge", prompt_template=PROMPT)
    with mock.patch.object(common, "chat_completion_openai", lambda *_, **__: reply):
        try:
            return common.run_judge_single(QUESTION, ANSWER, judge, None)[0]
        except SyntaxError:
            return "SyntaxError"


same = True
for reply, expected in EXPECTED.items():
    found = rating(reply)
    same = same and found == expected
    print(f"{found!s:>11}  from  {reply}")

with open("judged.jsonl", "w") as file:
    for score in [10] + [-1] * 9:
        file.write(json.dumps({"model": "m", "score": score, "turn": 1}) + "\n")
arguments = argparse.Namespace(input_file="judged.jsonl", model_list=None, bench_name="vicuna_bench")
shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    show_result.args = arguments
    show_result.display_result_single(arguments)
print(f"Mean of one 10 and nine replies without a rating, as shown:\n{shown.getvalue()}")
sys.exit(0 if same and "10.0" in shown.getvalue() else 1)
PYTHON

venv/bin/python look.py || { echo "It is NOT as described: this has changed."; exit 1; }
echo "It is as described."
