"""Every command of README and docs/ is run, page by page, on stand-ins; a wrong flag or a file that is not there fails."""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from conftest import ROOT, Sandbox
from documented import Typed, Written, pages, steps
from example_extensions import installed
from fake_endpoint import Behaviour, serve
from keyed_runs import POPULATION, QUESTIONS
from trained import trained

from sandbox.cli import parser

Given = Callable[[Sandbox], None]
PAGES: Final = [page.relative_to(ROOT).as_posix() for page in pages()]
# First words of commands that no test runs, with the reason.
NOT_RUN: Final = {
    ".": "goes into an environment",
    "accelerate": "wants several processors",
    "cd": "goes into a folder, for what follows it",
    "duckdb": "is no part of the project",
    "export": "sets a variable, which the tests set",
    "git": "wants a network",
    "llama-server": "is a server",
    "make": "installs, or takes minutes",
    "ollama": "is a server",
    "pip": "wants a network",
    "pipx": "wants a network",
    "podman": "makes an image",
    "trl": "takes minutes; tests/test_trl.py runs it",
    "vllm": "is a server",
}
# Words of commands of ours that are only looked through for what is no option, with the reason.
LOOKED_THROUGH: Final = {
    "--browse": "wants a terminal; tests/test_browser.py runs it",
    "--suite-data": "wants what was published; tests/test_papers.py makes some",
    "--fetch": "wants a network",
    "fetch": "wants a network",
    "train": "takes minutes; its folder is made by hand, and a slow test runs the tutorial",
}
# Words of commands that are only planned, with the reason.
PLANNED: Final = {"--on": "begins a cluster"}
# Options that are left out, with their values, with the reason.
LEFT_OUT: Final = {"--push": "wants the hub; tests/test_export_push.py has one"}
# What a run takes of which a page says nothing.
SMALL: Final = {
    "model": "scripted",
    "questions": "starter",
    "embedder": "hash",
    "grid": 3,
    "rounds": 2,
    "prior_size": 5,
}
LARGE_PAGES: Final = {"docs/studies.md": {"grid": 2, "neighbours": 2, "rounds": 1}}
URL: Final = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/v1")


def lines(rows: Iterable[object]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def file(name: str, text: str) -> Given:
    def write(_: Sandbox) -> None:
        Path(name).write_text(text, encoding="utf-8")

    return write


def made(*words: object) -> Given:
    """What the command of `words` makes, of questions with keys."""

    def run(sandbox: Sandbox) -> None:
        Path("keyed.jsonl").write_text(lines(QUESTIONS), encoding="utf-8")
        ended = sandbox(*words)
        assert ended.code == 0, (words, ended.err)

    return run


def study(name: str) -> Given:
    def run(sandbox: Sandbox) -> None:
        file("keyed-study.toml", STUDY.replace("NAME", name))(sandbox)
        made("study", "run", "keyed-study.toml")(sandbox)

    return run


def answers(name: str) -> Given:
    """Stored answers, which may be judged."""
    return lambda sandbox: shutil.copy(Path("runs") / "EVAL" / "answers.jsonl", name) and None


KEYED: Final = ("--questions", "keyed.jsonl", "--prior", "starter", "--peers-rate", "revision")
STUDY: Final = """
name = "NAME"
[base]
peers_rate = "revision"
[matrix]
questions = ["keyed.jsonl"]
prior = ["starter"]
labels = ["half", "mixed"]
seed = { from = 0, count = 3 }
"""
EVALUATION: Final = ("evaluate", "--suite", "starter", "--model", "scripted", "--run-id")
# What pages speak of without making it: made where the page has the word.
GIVEN: Final[dict[str, Given]] = {
    "quiz.jsonl": file("quiz.jsonl", lines(QUESTIONS)),
    "keys.jsonl": file("keys.jsonl", lines(QUESTIONS)),
    "plain.jsonl": file("plain.jsonl", lines({"question": each["question"]} for each in QUESTIONS)),
    "people.toml": file("people.toml", POPULATION),
    "RUN": made("simulate", *KEYED, "--run-id", "RUN"),
    "OTHER": made("simulate", *KEYED, "--seed", "1", "--run-id", "OTHER"),
    "STUDY": study("STUDY"),
    "by-labels": study("by-labels"),
    "EVAL": made(*EVALUATION, "EVAL"),
    "OTHER_EVAL": made(*EVALUATION, "OTHER_EVAL"),
    "FILE": answers("FILE"),
}


def needed(page: Path, word: str) -> bool:
    """Whether `page` has `word` in a command and makes nothing of that name."""
    typed = [step.words for step in steps(page) if isinstance(step, Typed)]
    made = any(("--run-id", word) in zip(words, words[1:], strict=False) for words in typed)
    shown = any(step.name == word for step in steps(page) if isinstance(step, Written))
    return not made and not shown and any(word in words or words[-1].startswith(f"{word}.") for words in typed)


class Reader:
    """Does what a page says, in an empty folder, with an endpoint at every address."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self._sandbox, self._url = sandbox, url

    def writes(self, file: Written) -> None:
        """Make `file` as the page shows it."""
        path = Path(file.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(at_home(file.text, self._url), encoding="utf-8")

    def types(self, command: Typed) -> str | None:
        """What is wrong with `command`, after it."""
        words = command.words
        if words[0] != "sandbox":
            return None if words[0] in NOT_RUN else f"line {command.line}: nothing is known of {words[0]}"
        if told := unknown(words):
            return f"line {command.line}: {' '.join(words)} has no {told}"
        for each in versions([at_home(word, self._url) for word in words[1:]]):
            ended = self._sandbox(*each)
            if ended.code:
                return f"line {command.line}: {' '.join(words)}\nas {each} ended with {ended.code}: {ended.err}"
        return None


def at_home(text: str, url: str) -> str:
    """`text` with an endpoint and questions that a test has."""
    return URL.sub(url, text).replace('"hh-rlhf"', '"starter"')


def versions(words: list[str]) -> Iterator[list[str]]:
    """The commands that stand for one: none, or without what is left out, or on a stand-in where it takes long."""
    if words[0] == "train":
        trained(Path(words[words.index("--out") + 1])) if "--out" in words else None
    if LOOKED_THROUGH.keys() & set(words):
        return
    for option in LEFT_OUT.keys() & set(words):
        place = words.index(option)
        del words[place : place + 2]
    planned = [*(word for word in words if word != "--dry-run"), "--dry-run"]
    if PLANNED.keys() & set(words):
        yield planned
        return
    if "local" in words and "--adapter" not in words:
        yield planned
    yield on_the_stand_in(words)


def on_the_stand_in(words: list[str]) -> list[str]:
    """`words` without the embedded model and its adapter."""
    if "--adapter" in words:
        place = words.index("--adapter")
        words = words[:place] + words[place + 2 :]
    return ["scripted" if word == "local" else word for word in words]


def unknown(words: Sequence[str]) -> list[str]:
    """What the command line does not know of a command: a command, or flags."""
    command = parser()
    for place, word in enumerate(words[1:], start=1):
        if not hasattr(command, "commands"):
            break
        if word not in command.commands and not word.startswith("-"):
            return list(words[: place + 1])
        command = command.commands.get(word, command)
    known = {flag for each in command.params for flag in each.opts} | {"--help", "-h"}
    return [word for word in words if re.match(r"-{1,2}[a-z]", word) and word.partition("=")[0] not in known]


@pytest.fixture
def reader(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Reader]:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.syspath_prepend(installed(tmp_path / "extensions"))
    with serve(Behaviour(models=None)) as server:
        for file in (tmp_path / "docs" / "examples").glob("*.toml"):
            file.write_text(URL.sub(server.base_url, file.read_text()).replace('"hh-rlhf"', '"starter"'))
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        for name in ("OPENAI_API_KEY", "VLLM_KEY"):
            monkeypatch.setenv(name, "a-key-of-tests")
        yield Reader(sandbox, server.base_url)


@pytest.mark.parametrize("name", PAGES)
def test_commands_do_what_the_page_says(
    name: str, reader: Reader, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / name
    files = [step for step in steps(page) if isinstance(step, Written)]
    settings = SMALL | LARGE_PAGES.get(name, {})
    with monkeypatch.context() as of_new_runs:
        for option, value in settings.items():
            of_new_runs.setenv(f"SANDBOX_{option.upper()}", str(value))
        for word, make in GIVEN.items():
            if needed(page, word):
                make(sandbox)
    for file in reversed(files):
        reader.writes(file)
    for step in steps(page):
        if isinstance(step, Written):
            reader.writes(step)
            continue
        with monkeypatch.context() as of_new_runs:
            if "--resume" not in step.words:
                for option, value in settings.items():
                    of_new_runs.setenv(f"SANDBOX_{option.upper()}", str(value))
            if wrong := reader.types(step):
                pytest.fail(f"{name}, {wrong}", pytrace=False)
