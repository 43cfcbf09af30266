"""Generated questions with four options each, as a suite of ours and as tasks of lm-eval and inspect. Knows no figure.

As long as those of TruthfulQA (arXiv 2109.07958), and as many; their words are drawn by a seed and mean nothing.
"""

import json
import random
from pathlib import Path
from typing import Any, Final

QUESTIONS: Final = 817
_WORDS: Final = ("rain", "school", "river", "winter", "market", "music", "letter", "garden", "window", "bread", "paper")
_LETTERS: Final = "ABCD"
_PROMPT: Final = "{{ question }}\\n{{ choices }}"
SUITE: Final = f"""\
[suite]
name = "generated"
kind = "choice"
items = "generated.jsonl"
licence = "CC0-1.0"
prompt = "{_PROMPT}"
[sampling]
max_tokens = 64
"""
LM_EVAL: Final = """\
task: generated
dataset_path: json
dataset_kwargs: {data_files: {test: documents.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{asked}}"
doc_to_target: "{{right}}"
generation_kwargs: {until: ["@@"], max_gen_toks: 64, temperature: 0.0}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
INSPECT: Final = """\
import json
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from inspect_ai.solver import generate

@task
def generated():
    with open("documents.jsonl") as file:
        documents = [json.loads(line) for line in file]
    samples = [Sample(input=each["asked"], target=each["right"]) for each in documents]
    return Task(dataset=samples, solver=generate(max_tokens=64, temperature=0), scorer=match())
"""


def write_suite(folder: Path) -> None:
    """`generated.toml` for us; `generated.yaml` and `generated.py` for the others, of the same questions."""
    items = [_item(number, random.Random(number)) for number in range(QUESTIONS)]
    (folder / "generated.toml").write_text(SUITE)
    _write_lines(folder / "generated.jsonl", items)
    _write_lines(folder / "documents.jsonl", [_document(item) for item in items])
    (folder / "generated.yaml").write_text(LM_EVAL)
    (folder / "generated.py").write_text(INSPECT)


def _item(number: int, draw: random.Random) -> dict[str, Any]:
    first, second, third = draw.sample(_WORDS, 3)
    question = f"Question {number}: what have most of {first} to do with a {second} and its {third}?"
    choices = [f"It is {' '.join(draw.sample(_WORDS, 5))}, way {place}." for place in range(len(_LETTERS))]
    return {"id": f"q{number:03d}", "question": question, "choices": choices, "gold": draw.randrange(len(choices))}


def _document(item: dict[str, Any]) -> dict[str, str]:
    """The whole of what is asked as one text, and the right letter."""
    lettered = (f"{letter}) {choice}" for letter, choice in zip(_LETTERS, item["choices"], strict=True))
    form = 'Reply with a JSON object: {"answer": "the letter of one option"}'
    return {"asked": "\n".join([item["question"], *lettered, "", form]), "right": _LETTERS[item["gold"]]}


def _write_lines(path: Path, lines: list[Any]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
