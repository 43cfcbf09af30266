"""Every command of README and docs/ runs, page by page, on stand-ins; a wrong flag or a missing file fails.

README and the tutorial are one path and run always, the others are slow. A page that needs a run of which it does not
say how it is made calls it RUN, and so on: see `given.py`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO, TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from conftest import ROOT, Finished, Sandbox
from documented import Typed, Written, output, pages, steps, unknown
from example_extensions import installed
from fake_endpoint import Behaviour, serve
from given import GIVEN
from trained import trained

PATH: Final = ("README.md", "docs/tutorial.md")
PAGES: Final = [page.relative_to(ROOT).as_posix() for page in pages() if steps(page)]
# First words of commands that no test runs, with the reason.
NOT_RUN: Final = {
    ".": "goes into an environment",
    "cd": "goes into a folder, for what follows it",
    "duckdb": "is no part of the project",
    "export": "sets a key, which the tests set",
    "git": "wants a network",
    "llama-server": "is a server",
    "make": "installs, or takes minutes",
    "ollama": "is a server",
    "pip": "wants a network",
    "pipx": "wants a wheel; tests/test_packaging.py makes one",
    "podman": "makes an image",
    "python": "makes a wheel",
    "trl": "takes minutes; tests/test_trl.py runs it",
    "vllm": "is a server",
}
# Words of commands that are only looked through for what is no option, with the reason.
LOOKED_THROUGH: Final = {
    "--browse": "wants a terminal; tests/test_browser.py has one",
    "--suite-data": "wants what was published; tests/test_papers.py makes some",
    "train": "takes minutes; is planned by slow tests where that can be, its folder made by hand, and one test trains",
}
# Those of commands that are only planned.
PLANNED: Final = {"--on": "begins a cluster"}
# Options that are left out with their values.
LEFT_OUT: Final = {"--push": "wants the hub; tests/test_export_push.py has one"}
# How large a society is of which a page says nothing.
SMALL: Final = {
    "model": "scripted",
    "questions": "starter",
    "embedder": "hash",
    "grid": 3,
    "rounds": 2,
    "prior_size": 5,
}
SMALLER: Final[dict[str, dict[str, object]]] = {"docs/studies.md": {"grid": 2, "neighbours": 1, "rounds": 1}}
# What a person answers who is asked.
TYPED: Final = b"5\n3\ns\nq\n"
URL: Final = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/v1")


class Reader:
    """Does what a page says, in an empty folder; the endpoint at `url` is at every address."""

    def __init__(self, sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sandbox, self._url, self._monkeypatch = sandbox, url, monkeypatch
        self.settings: dict[str, object] = SMALL
        self.stand_ins, self.plans_trainings = True, False
        self.heard: list[str] = []

    def writes(self, file: Written) -> None:
        """Make `file` as the page shows it, with questions that are here."""
        path = Path(file.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(URL.sub(self._url, file.text).replace('"hh-rlhf"', '"starter"'), encoding="utf-8")

    def types(self, command: Typed) -> str | None:
        """What is wrong with `command`, once it was typed."""
        first, *words = command.words
        if first != "sandbox":
            return None if first in NOT_RUN else f"nothing is known of {first}"
        if told := unknown(command.words):
            return f"there is no {' '.join(told)}"
        words = [URL.sub(self._url, word) for word in words]
        for each in versions(words, self.plans_trainings) if self.stand_ins else [words]:
            done = self.runs(*each)
            self.heard += [done.out, done.err]
            if done.code:
                return f"{' '.join(each)}\nends with {done.code}: {done.err}"
        return None

    def runs(self, *words: str) -> Finished:
        """`words` behind `sandbox`; what is begun is small."""
        with self._monkeypatch.context() as patch:
            patch.setattr("sys.stdin", TextIOWrapper(BytesIO(TYPED)))
            for option, value in {} if "--resume" in words else self.settings.items():
                patch.setenv(f"SANDBOX_{option.upper()}", str(value))
            return self._sandbox(*words)


def versions(words: list[str], plans_trainings: bool) -> Iterator[list[str]]:
    """What stands for a command: nothing, the same without what is left out, or what takes no minutes."""
    planned = [*(word for word in words if word != "--dry-run"), "--dry-run"]
    if words[0] == "train":
        if plans_trainings and "--objective" in words and "--reward" not in words:
            yield planned
        if "--out" in words:
            trained(Path(words[words.index("--out") + 1]))
        return
    if LOOKED_THROUGH.keys() & set(words):
        return
    for option in LEFT_OUT:
        words = without(option, words)
    if PLANNED.keys() & set(words):
        yield planned
        return
    if "local" in words and "--adapter" not in words:
        yield planned
    yield ["scripted" if word == "local" else word for word in without("--adapter", words)]


def without(option: str, words: list[str]) -> list[str]:
    place = words.index(option) if option in words else len(words)
    return words[:place] + words[place + 2 :]


def needed(page: Path, word: str) -> bool:
    """Whether `page` has `word` in a command and makes nothing of that name."""
    typed = [step.words for step in steps(page) if isinstance(step, Typed)]
    made = any(("--run-id", word) in pairwise(words) for words in typed)
    shown = any(step.name == word for step in steps(page) if isinstance(step, Written))
    return not made and not shown and any(word in words or words[-1].startswith(f"{word}.") for words in typed)


@pytest.fixture
def reader(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Reader]:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.syspath_prepend(installed(tmp_path / "extensions"))
    with serve(Behaviour(models=None)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        for name in ("OPENAI_API_KEY", "VLLM_KEY"):
            monkeypatch.setenv(name, "a-key-of-tests")
        reader = Reader(sandbox, server.base_url, monkeypatch)
        for example in Path("docs/examples").glob("*.toml"):
            reader.writes(Written(os.fspath(example), example.read_text(encoding="utf-8")))
        yield reader


def reads(reader: Reader, name: str) -> None:
    """Has `reader` do what a page says, from its top to its end."""
    page = ROOT / name
    for word, make in GIVEN.items():
        if needed(page, word):
            make(reader.runs)
    for file in reversed([step for step in steps(page) if isinstance(step, Written)]):
        reader.writes(file)  # each as it is shown first
    for step in steps(page):
        if isinstance(step, Written):
            reader.writes(step)
        elif wrong := reader.types(step):
            pytest.fail(f"{name}, line {step.line}: {' '.join(step.words)}\n{wrong}", pytrace=False)


def test_a_newcomer_does_what_readme_and_then_the_tutorial_say(reader: Reader) -> None:
    for name in PATH:
        reads(reader, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PAGES if name not in PATH])
def test_commands_do_what_the_page_says(name: str, reader: Reader) -> None:
    reader.settings = SMALL | SMALLER.get(name, {})
    reader.plans_trainings = find_spec("trl") is not None
    reads(reader, name)


def test_what_is_not_run_is_in_some_page() -> None:
    typed = [step.words for name in PAGES for step in steps(ROOT / name) if isinstance(step, Typed)]
    words = {word for words in typed for word in words if words[0] == "sandbox"} | {words[0] for words in typed}
    assert set(NOT_RUN) | set(LOOKED_THROUGH) | set(PLANNED) | set(LEFT_OUT) <= words


@pytest.mark.slow
@pytest.mark.skipif(find_spec("trl") is None, reason="trl is missing: pip install 'society-sandbox[train]'")
@pytest.mark.parametrize("name", [name for name in PAGES if output(ROOT / name)])
def test_what_a_page_shows_is_what_its_commands_say(name: str, reader: Reader) -> None:
    """As it stands: no society is made small, and the tutorial trains, in minutes."""
    reader.settings, reader.stand_ins = {}, False
    reads(reader, name)
    shown = " ".join("\n".join(reader.heard).split())
    assert [line for line in output(ROOT / name) if line not in shown] == []
