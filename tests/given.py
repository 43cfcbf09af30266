"""What pages of the documents speak of without making it: runs, studies, evaluations, files. Knows the command."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from conftest import Sandbox
from keyed_runs import POPULATION, QUESTIONS

Given = Callable[[Sandbox], None]
# Questions with keys, and the same without.
KEYED: Final = "keyed.jsonl"
OPEN: Final = "open.jsonl"
STUDY: Final = """
name = "{name}"
[base]
peers_rate = "revision"
[matrix]
questions = ["keyed.jsonl"]
prior = ["starter"]
labels = ["half", "mixed"]
seed = {{ from = 0, count = 3 }}
"""


def made(*words: str) -> Given:
    """What the command of `words` makes."""

    def run(sandbox: Sandbox) -> None:
        for name, rows in ((KEYED, QUESTIONS), (OPEN, [{**each, "gold": None} for each in QUESTIONS])):
            Path(name).write_text(lines(rows), encoding="utf-8")
        done = sandbox(*words)
        assert done.code == 0, (words, done.err)

    return run


def lines(rows: Iterable[object]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def file(name: str, text: str) -> Given:
    def write(_: Sandbox) -> None:
        Path(name).write_text(text, encoding="utf-8")

    return write


def society(name: str, *words: str) -> Given:
    keyed = ("--questions", KEYED, "--prior", "starter", "--peers-rate", "revision")
    return made("simulate", *(words or keyed), "--run-id", name)


def study(name: str) -> Given:
    def run(sandbox: Sandbox) -> None:
        file("given.toml", STUDY.format(name=name))(sandbox)
        made("study", "run", "given.toml")(sandbox)

    return run


def evaluation(name: str) -> Given:
    return made("evaluate", "--suite", "starter", "--model", "scripted", "--run-id", name)


def answers(_: Sandbox) -> None:
    """Those of EVAL, stored by themselves."""
    shutil.copy(Path("runs") / "EVAL" / "answers.jsonl", "answers.jsonl")


GIVEN: Final[dict[str, Given]] = {
    "quiz.jsonl": file("quiz.jsonl", lines(QUESTIONS)),
    "keys.jsonl": file("keys.jsonl", lines(QUESTIONS)),
    "people.toml": file("people.toml", POPULATION),
    "RUN": society("RUN"),
    "OTHER": society("OTHER"),
    "old": society("old", "--questions", OPEN, "--labels", "none"),
    "first": society("first"),
    "second": society("second"),
    "people": made("annotate", "RUN", "--annotator", "anna"),
    "STUDY": study("STUDY"),
    "by-labels": study("by-labels"),
    "EVAL": evaluation("EVAL"),
    "OTHER_EVAL": evaluation("OTHER_EVAL"),
    "answers.jsonl": answers,
}
