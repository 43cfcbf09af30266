"""What other harnesses read in our files, and what they store that we read: asked of lm-eval and inspect themselves."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from example_evaluations import CAPITALS, HOSTILE, MANNERS, evaluation
from odd_endpoint import Odd, Seen, Sent, completion, listing, odd

from sandbox.exchange.answer import StoredAnswer
from sandbox.exchange.inspect_log import export_inspect
from sandbox.exchange.lm_eval import export_lm_eval
from sandbox.exchange.stored import read_stored
from sandbox.runs.evaluation.reading import read_evaluation

HERE = ROOT / "tests" / "harnesses"
BIN = {name: ROOT / ".harnesses" / name / "bin" for name in ("inspect", "lm-eval")}
QUESTIONS = {"one": "Name a colour of the sky.", "two": "Name a colour of grass.", "three": "Name a colour of snow."}
ANSWER = "Blue, as a rule."
TASK = {
    "task": "tiny",
    "dataset_path": "json",
    "test_split": "test",
    "output_type": "generate_until",
    "doc_to_text": "{{question}}",
    "doc_to_target": "{{answer}}",
    "generation_kwargs": {"max_gen_toks": 32, "until": ["###"]},
    "metric_list": [{"metric": "exact_match"}],
}


def of(name: str) -> pytest.MarkDecorator:
    """Slow, and skipped without the environment `name`."""
    return pytest.mark.skipif(not BIN[name].exists(), reason=f"needs .harnesses/{name}: make test-harnesses")


def said(name: str, *words: str | Path, **variables: str) -> str:
    """What a command of the environment `name` says on stdout."""
    alone = {"HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "none", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    command = [str(BIN[name] / str(words[0])), *map(str, words[1:])]
    done = subprocess.run(
        command, cwd=HERE, env=os.environ | alone, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def answers(seen: Seen) -> Sent:
    """Nothing is said of snow."""
    if seen.method == "GET":
        return listing("m")
    good = completion(seen)
    snow = "snow" in seen.body["messages"][-1]["content"]
    good.body["choices"][0]["message"]["content"] = None if snow else ANSWER
    return good


@pytest.fixture
def items(tmp_path: Path) -> Path:
    path = tmp_path / "items.jsonl"
    rows = [{"id": name, "question": question, "answer": "blue"} for name, question in QUESTIONS.items()]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


@pytest.mark.slow
@of("inspect")
def test_inspect_reads_what_is_exported_for_it(tmp_path: Path) -> None:
    found = read_evaluation(evaluation(tmp_path / "runs", suites=(CAPITALS, MANNERS)))
    files = export_inspect(found, tmp_path / "out")
    capitals, manners = json.loads(said("inspect", "python", HERE / "inspect_reads.py", *files))
    assert (capitals["task"], capitals["listed"], capitals["summaries"]) == ("capitals", ["capitals"], 6)
    [score] = capitals["scores"]
    assert (score["scored_samples"], score["unscored_samples"]) == (5, 1)
    assert score["metrics"]["accuracy of answered"]["value"] == 0.8
    assert HOSTILE in manners["texts"]
    assert [bool(error) for error in manners["errors"]] == [False] * 5 + [True]
    assert said("inspect", "inspect", "log", "dump", files[0]).startswith("{")


@pytest.mark.slow
@of("lm-eval")
def test_lm_eval_reads_what_is_exported_for_it(tmp_path: Path) -> None:
    found = read_evaluation(evaluation(tmp_path / "runs", suites=(CAPITALS, MANNERS)))
    export_lm_eval(found, tmp_path / "out")
    read = json.loads(said("lm-eval", "python", HERE / "lm_eval_reads.py", tmp_path / "out"))
    assert "|accuracy_of_answered     |↑  |0.8000|" in read["table"]
    assert [row["accuracy_of_answered"] for row in read["samples"]["capitals"]] == [1, 1, 1, 0, None, 1]
    assert [row["rating"] for row in read["samples"]["manners"]] == [3, 4, None, None, 7, None]
    assert HOSTILE in [row["resps"][0][0] for row in read["samples"]["manners"]]


def told(answer: StoredAnswer) -> tuple[Any, ...]:
    turns = [(turn.role, turn.content) for turn in answer.messages]
    return answer.item, answer.sample, turns, answer.text, answer.missing, answer.reference


@pytest.mark.slow
@of("inspect")
def test_what_inspect_stored_is_read(tmp_path: Path, items: Path) -> None:
    with odd(answers) as server:
        run(server, items, tmp_path / "logs")
    [log] = (tmp_path / "logs").glob("*.eval")
    said("inspect", "inspect", "log", "convert", log, "--to", "json", "--output-dir", tmp_path / "json")
    [as_json] = (tmp_path / "json").glob("*.json")
    found = read_stored(log).answers
    turns = [[("system", "Be short."), ("user", question)] for question in QUESTIONS.values()]
    assert {each.task for each in found} == {"tiny"}
    assert sorted(map(told, found)) == sorted(
        (name, sample, asked, None if name == "three" else ANSWER, "empty" if name == "three" else None, "blue")
        for name, asked in zip(QUESTIONS, turns, strict=True)
        for sample in range(2)
    )
    assert sorted(read_stored(as_json).answers) == sorted(found)


def run(server: Odd, items: Path, logs: Path) -> None:
    """The tiny task, asked by inspect."""
    flags = ("--model", "openai/m", "-M", "responses_api=false", "--display", "plain", "--log-dir", logs)
    url = {"OPENAI_BASE_URL": f"{server.origin}/v1"}
    said("inspect", "inspect", "eval", "tiny.py", "-T", f"items={items}", *flags, **url)


@pytest.mark.slow
@of("lm-eval")
def test_what_lm_eval_stored_is_read(tmp_path: Path, items: Path) -> None:
    task = TASK | {"dataset_kwargs": {"data_files": {"test": str(items)}}}
    (tmp_path / "tiny.yaml").write_text(json.dumps(task), "utf-8")
    with odd(answers) as server:
        url = f"{server.origin}/v1/chat/completions"
        flags = ("--tasks", "tiny", "--include_path", tmp_path, "--log_samples", "--output_path", tmp_path / "out")
        model = ("--model", "local-chat-completions", "--model_args", f"base_url={url},model=m,num_concurrent=1")
        form = ("--apply_chat_template", "--system_instruction", "Be short.")
        said("lm-eval", "lm_eval", *model, *flags, *form, HF_HOME=str(tmp_path / "home"))
    [samples] = (tmp_path / "out").rglob("samples_tiny_*.jsonl")
    found = read_stored(samples).answers
    assert [told(each)[:4] for each in found] == [
        (str(number), 0, [("system", "Be short."), ("user", question)], None if name == "three" else ANSWER)
        for number, (name, question) in enumerate(QUESTIONS.items())
    ]
    assert [each.reference for each in found] == ["blue"] * 3
