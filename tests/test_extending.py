"""Extensions: packages that give a model, a question source or a step of agents, and whose fault it is."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from conftest import ROOT, Sandbox
from example_extensions import EXAMPLES, lay_out

from agents.model import FatalModelError, Message, ModelError, Request
from agents.protocol import SocietyCue
from sandbox.errors import SandboxError
from sandbox.extending.adapter import ExtendedModel
from sandbox.extending.installed import find

SMALL = ("--embedder", "hash", "--grid", 2, "--neighbours", 2, "--run-id", "one")
THREE = ("--model", "extension:parrot:I agree.", "--questions", "extension:sums:30", "--step", "reflect:three")
REQUEST = Request("extension:it", (Message("user", "Why?"),), 1.0, 9, 0, None, SocietyCue("draft", "good", 0, "Why?"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples of the documents, installed into a folder as a user would into an environment."""
    folder = tmp_path_factory.mktemp("installed")
    sources = [shutil.copytree(EXAMPLES / name, folder / "sources" / name) for name in ("parrot", "reflect", "sums")]
    how = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--no-compile", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *how, "--target", str(folder / "here"), *map(str, sources)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    return folder / "here"


def offer(folder: Path, group: str, code: str, package: str = "society-odd", name: str = "odd") -> None:
    """A package that is there as an installer leaves it: `make` of a module of its own under `name`."""
    module = package.replace("-", "_")
    lay_out(folder, module, "2.0", {group: {name: f"{module}:make"}})
    (folder / f"{module}.py").write_text(code)


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Offer something in a folder that is on the path; nothing of it stays imported."""
    here = tmp_path / "offered"
    here.mkdir()
    monkeypatch.syspath_prepend(here)

    def now(group: str, code: str, package: str = "society-odd", name: str = "odd") -> Path:
        monkeypatch.delitem(sys.modules, package.replace("-", "_"), raising=False)
        shutil.rmtree(here / f"{package.replace('-', '_')}-2.0.dist-info", ignore_errors=True)
        offer(here, group, code, package, name)
        return here

    return now


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.slow
def test_three_packages_make_a_run_that_is_looked_at_and_derived_again_without_them(
    sandbox: Sandbox, run: Path, tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as installed:
        installed.syspath_prepend(packages)
        dry = sandbox("simulate", *THREE, "--labels", "none", *SMALL, "--dry-run")
        assert "extension 'parrot' of society-parrot 1.0 (sandbox.models)" in dry.out
        assert "reflection          4" in dry.out.replace("\u2502", "")
        done = sandbox("simulate", *THREE, "--labels", "none", *SMALL)
    assert done.code == 0, done.err
    found = lines(run / "interactions.jsonl")
    assert [each["reflection"] for each in found] == ["I agree."] * 4
    assert {each["question"][:8] for each in found} == {"What is "}
    assert json.loads((run / "manifest.json").read_text())["packages"].items() >= {
        ("society-parrot", "1.0"), ("society-sums", "1.0"), ("society-reflect", "1.0"),
    }  # fmt: skip
    assert sum(call["stage"] == "reflection" for call in lines(run / "calls.jsonl")) == 4

    replayed = sandbox("simulate", "--replay", run)
    assert (replayed.code, replayed.err.count("Error")) == (0, 0)
    sent = json.loads(sandbox("inspect", run, "--interaction", "r000-a000", "--prompts", "--json").out)
    prompts = {each["key"]["stage"]: each for each in sent["prompts"]}
    assert all(each["is_exact"] for each in sent["prompts"])
    assert "In three sentences" in prompts["reflection"]["messages"][-1]["content"]
    assert "<earlier_answer>\nI agree.\n</earlier_answer>" in prompts["revision"]["messages"][-1]["content"]
    assert "Reflection" in sandbox("inspect", run, "--interaction", "r000-a000").out
    assert sandbox("export", run, "--format", "parquet", "--out", tmp_path / "flat").code == 0
    table = pyarrow.parquet.read_table(next((tmp_path / "flat").rglob("*.parquet")))
    assert table["reflection"].to_pylist() == ["I agree."] * 4

    missing = sandbox("simulate", "--resume", run, "--rounds", 2)
    assert missing.code == 2
    assert "no package that is installed here offers 'parrot' in sandbox.models (none is installed)" in missing.err


def test_the_page_shows_the_packages_as_they_are() -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    for file in EXAMPLES.rglob("society_*.py"):
        points = (file.parent / "pyproject.toml").read_text(encoding="utf-8").partition("[project]\n")[2]
        assert f"```python\n{file.read_text(encoding='utf-8')}```" in page, file.name
        assert f"```toml\n[project]\n{points}```" in page, file.name


BROKEN = {
    "code that cannot be imported": ("models", "import nothing_of_that_name", "ModuleNotFoundError: No module named"),
    "code that ends the process": ("models", "raise SystemExit(0)", "failed: SystemExit: 0"),
    "no callable": ("models", "make = 5", "TypeError: 'int' object is not callable"),
    "no method": ("models", "make = str", "gives str, which has no method `complete`"),
    "an argument that it does not take": ("models", "def make(it): raise ValueError('a\\x1b[2J')", "ValueError: a"),
    "no template": ("steps", "def make(it): return 5", "gives int in place of the text of a template"),
    "nothing that is asked": ("steps", "def make(it): return 'Hello'", "template that cannot be used"),
    "halves of characters": ("steps", "def make(it): return '\\ud800'", "halves of characters"),
    "a row that answers to nothing": (
        "questions",
        "class Row(dict):\n    def items(self): raise RuntimeError('gone')\ndef make(it): return [Row()]",
        "failed: RuntimeError: gone",
    ),
    "peers who instruct": (
        "steps",
        "def make(it): return '{% block user %}{{ question | fence(\"question\") }}{{ draft }}{% endblock %}'",
        "shows draft outside of a fence",
    ),
    "no rows": ("questions", "def make(it): return 5", "TypeError: 'int' object is not iterable"),
    "rows that are none": ("questions", "def make(it): return ['Why?']", "row 1: found a text"),
    "rows without questions": ("questions", "def make(it): return [{'answer': 'So.'}]", "row 1: found 'answer'"),
    "a row that fails": (
        "questions",
        "def make(it):\n    yield {'question': 'Why?'}\n    raise OSError('the disk is gone')",
        "failed: OSError: the disk is gone",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_named_with_its_package(sandbox: Sandbox, offered: Callable[..., Path], what: str) -> None:
    group, code, told = BROKEN[what]
    offered(f"sandbox.{group}", code)
    given: Mapping[str, tuple[str, ...]] = {
        "models": ("--model", "extension:odd", "--questions", "starter"),
        "steps": ("--model", "scripted", "--step", "odd", "--questions", "starter"),
        "questions": ("--model", "scripted", "--questions", "extension:odd"),
    }
    failed = sandbox("simulate", *given[group], "--labels", "none", *SMALL)
    assert failed.code in (1, 2)
    error = failed.err.partition("Error: ")[2]
    assert told in error
    assert "\x1b" not in error
    assert error.count("\n") <= 3
    assert "row 1" in error or "'odd' of society-odd 2.0 (sandbox." in error
    assert not Path("runs", "one").exists()


def test_two_packages_of_one_name_are_refused_and_ours_keep_their_names(
    sandbox: Sandbox, offered: Callable[..., Path]
) -> None:
    offered("sandbox.models", "raise SystemExit('imported')", "society-one", "scripted")
    offered("sandbox.models", "raise SystemExit('imported')", "society-two", "scripted")
    both = sandbox("simulate", "--model", "extension:scripted", "--questions", "starter", "--labels", "none", *SMALL)
    assert both.code == 2
    assert "society-one 2.0 and society-two 2.0 both offer 'scripted' in sandbox.models" in both.err
    ours = sandbox("simulate", "--model", "scripted", "--questions", "starter", "--labels", "none", *SMALL)
    assert ours.code == 0, ours.err


def test_a_run_of_others_imports_nothing_before_its_user_says_so(
    sandbox: Sandbox, run: Path, offered: Callable[..., Path], tmp_path: Path
) -> None:
    """Neither its model, nor the step and the questions, which it keeps."""
    code = (EXAMPLES / "parrot" / "society_parrot.py").read_text().replace("class Parrot", "class make")
    offered("sandbox.models", code)
    made = sandbox("simulate", "--model", "extension:odd", "--questions", "starter", "--labels", "none", *SMALL)
    assert made.code == 0, made.err
    copied = shutil.copytree(run, tmp_path / "copied")
    del sys.modules["society_odd"]
    again = ("simulate", "--resume", copied, "--rounds", 2)
    refused = sandbox(*again)
    assert refused.code == 1
    assert "Its manifest names extension:odd, code of a package that is installed here." in refused.err
    assert f"--resume {copied} --rounds 2 --model extension:odd" in refused.err
    assert "society_odd" not in sys.modules
    assert sandbox(*again, "--model", "extension:odd").code == 0
    assert "society_odd" in sys.modules


def test_what_was_rated_or_evaluated_by_others_imports_nothing_either(
    sandbox: Sandbox, run: Path, offered: Callable[..., Path], tmp_path: Path
) -> None:
    code = (EXAMPLES / "parrot" / "society_parrot.py").read_text().replace("class Parrot", "class make")
    offered("sandbox.models", code)
    asked = ("--model", "scripted", "--observer-model", "extension:odd", "--questions", "starter", "--labels", "none")
    assert sandbox("simulate", *asked, *SMALL).code == 0
    assert sandbox("rate", run, "--name", "again", "--observer-model", "extension:odd").code == 0
    assert sandbox("evaluate", "--suite", "starter-leak", "--model", "extension:odd", "--run-id", "leak").code == 0
    rated = shutil.copytree(run.with_name("one.again"), tmp_path / "one.copied")
    copied, answered = (shutil.copytree(run.with_name(name), tmp_path / name) for name in ("one", "leak"))
    del sys.modules["society_odd"]
    received = {"rate": (copied,), "rate --resume": (rated,), "evaluate --resume": (answered,)}
    for command, folder in received.items():
        refused = sandbox(*command.split(), *folder, *(("--runs", tmp_path) if command == "rate --resume" else ()))
        assert (command, refused.code, "is extension:odd, code of a package" in refused.err) == (command, 1, True)
    assert "society_odd" not in sys.modules


def test_a_fault_of_an_extension_stops_a_run_that_goes_on_when_it_is_mended(
    sandbox: Sandbox, run: Path, offered: Callable[..., Path]
) -> None:
    whole = (EXAMPLES / "parrot" / "society_parrot.py").read_text().replace("class Parrot", "class make")
    broken = whole.replace("        return Reply(self.words)", "        return Reply(self.words[request.nothing])")
    offered("sandbox.models", broken)
    words = ("--model", "extension:odd", "--questions", "starter", "--labels", "none")
    stopped = sandbox("simulate", *words, *SMALL)
    assert stopped.code == 1
    assert "Run stopped: The extension 'odd' of society-odd 2.0 (sandbox.models) failed: AttributeError" in stopped.err
    assert lines(run / "calls.jsonl") == []
    offered("sandbox.models", whole)
    assert sandbox("simulate", "--resume", run).code == 0
    assert len(lines(run / "interactions.jsonl")) == 4


ANSWERED = {
    "raise TimeoutError": "timeout",
    "await asyncio.Event().wait()": "timeout",
    "raise ConnectionResetError('gone')": "connection",
    "raise ModelError('rate_limited', 'Later.')": "rate_limited",
    "raise ModelError('tired', 'No.')": "fatal",
    "raise KeyError('text')": "fatal",
    "return 'Hello.'": "fatal",
    "return Reply(5)": "fatal",
    "return Reply('Hello.', finish='done')": "fatal",
    "return Reply('Hello.', finish=[])": "fatal",
    "return Reply('Hello.', usage=Usage(prompt_tokens=10**400, completion_tokens=1))": "fatal",
    "return Reply('Hello.', usage=Usage.model_construct(prompt_tokens='9', completion_tokens=1))": "fatal",
    "return Reply('Hello.', usage=Usage.model_construct(prompt_tokens=9, completion_tokens=-1))": "fatal",
    "raise SystemExit(0)": "fatal",
    "raise asyncio.CancelledError": "fatal",
    "raise Unspeakable": "fatal",
    "raise Bare": "fatal",
    "raise ModelError([], 'No.')": "fatal",
    "raise ModelError('rate_limited', 'Later.', retry_after=float('inf'))": "fatal",
    "raise ModelError('rate_limited', 'Later.', retry_after=-1)": "fatal",
    "raise ModelError('rate_limited', 'Later.', retry_after='5')": "fatal",
    "raise ModelError('server_error', 'No.', status='bad')": "fatal",
    "raise ModelError('server_error', 'No.', words=5)": "fatal",
    "return Reply('x' * (2**24 + 1))": "too_long",
    "return Reply('a\\ud800', model='m')": "a\ufffd",
    "return Reply(str(request.cue))": "Cue()",
}


ODD = """
import asyncio
from sandbox.extending import ModelError, Reply, Usage
class Unspeakable(Exception):
    def __str__(self): raise ValueError
class Bare(ModelError):
    def __init__(self): ...
class make:
    def __init__(self, it): ...
    async def complete(self, request):
"""


@pytest.mark.parametrize("body", ANSWERED)
def test_what_an_extension_does_becomes_a_reply_or_an_error_of_ours(offered: Callable[..., Path], body: str) -> None:
    offered("sandbox.models", f"{ODD}        {body}\n")
    model = ExtendedModel(find("sandbox.models", "extension:odd"), timeout=0.05)
    try:
        said = asyncio.run(model.complete(REQUEST)).text
    except ModelError as error:
        said = "fatal" if isinstance(error, FatalModelError) else error.kind
    assert said == ANSWERED[body]


def test_what_stops_a_run_reaches_an_extension_and_words_are_made_harmless(offered: Callable[..., Path]) -> None:
    offered("sandbox.models", f"{ODD}        await asyncio.Event().wait()\n")
    model = ExtendedModel(find("sandbox.models", "extension:odd"), timeout=60)

    async def stopped() -> bool:
        task = asyncio.create_task(model.complete(REQUEST))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(stopped())
    words = "\\x1b[2J\\ud800" * 1000
    offered("sandbox.models", f"{ODD}        raise ModelError('server_error', 'No.', words='{words}')\n")
    with pytest.raises(ModelError) as raised:
        asyncio.run(ExtendedModel(find("sandbox.models", "extension:odd"), timeout=60).complete(REQUEST))
    told = raised.value.words or ""
    assert (len(told), told.isprintable(), told.encode().decode()) == (500, True, told)


def test_what_an_extension_opened_it_closes(offered: Callable[..., Path]) -> None:
    offered(
        "sandbox.models",
        "class make:\n    def __init__(self, it): self.it = it\n    async def complete(self, request): ...\n"
        "    async def close(self): raise RuntimeError(self.it)",
    )
    model = ExtendedModel(find("sandbox.models", "extension:odd:a:b"), timeout=1.0)
    with pytest.raises(SandboxError, match="RuntimeError: a:b"):
        asyncio.run(model.close())


def test_options_may_be_a_tuple(offered: Callable[..., Path], sandbox: Sandbox) -> None:
    offered("sandbox.questions", "def make(it): return [{'question': 'Why?', 'options': ('Yes', 'No'), 'gold': 1}]")
    shown = sandbox("questions", "show", "--questions", "extension:odd")
    assert (shown.code, "1 with options" in shown.out) == (0, True), (shown.out, shown.err)


def test_a_source_without_end_is_left_in_time(
    offered: Callable[..., Path], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.questions.extension.MOST_ROWS", 100)
    offered(
        "sandbox.questions",
        "from itertools import count\ndef make(it):\n    return ({'question': f'{n}?'} for n in count())",
    )
    endless = sandbox("questions", "show", "--questions", "extension:odd")
    assert endless.code == 2
    assert "row 101: more than 100 rows" in endless.err


LOUD_MODEL = """
import asyncio, json, sys
from functools import partial
print("imported")
kept = sys.stdout

class make:
    def __init__(self, argument):
        print("made")

    async def complete(self, request):
        print("before")
        for _ in range(request.seed % 5):
            await asyncio.sleep(0)
            print("between")
        asyncio.get_running_loop().call_soon(partial(print, "kept", file=kept))
        from sandbox.extending import Reply
        if request.schema is None:
            return Reply("Hm.")
        names = request.schema.definition["properties"]
        return Reply(json.dumps({name: 7 if name.endswith("rating") else "Nice." for name in names}))

    async def close(self):
        print("closed")
"""
LOUD_QUESTIONS = """
def make(argument):
    print("asked")
    for number in range(30):
        print("a row")
        yield {"question": f"What is {number}?"}
"""


def test_what_extensions_print_does_not_stand_in_what_a_program_reads(
    sandbox: Sandbox, offered: Callable[..., Path]
) -> None:
    offered("sandbox.models", LOUD_MODEL)
    offered("sandbox.questions", LOUD_QUESTIONS, "society-rows", "rows")
    asked = ("--model", "extension:odd", "--questions", "extension:rows", "--labels", "none")
    done = sandbox("simulate", *asked, *SMALL, "--json")
    assert done.code == 0, done.err
    assert [json.loads(line)["event"] for line in done.out.splitlines()][-1] == "finished"
    for printed in ("imported", "made", "before", "between", "kept", "closed", "asked", "a row"):
        assert f"{printed}\n" in done.err


def test_in_threads_of_a_program_stdout_is_that_of_the_program(
    offered: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    offered("sandbox.models", LOUD_MODEL)

    def work() -> None:
        model = ExtendedModel(find("sandbox.models", "extension:odd"), 10)
        asyncio.run(model.complete(REQUEST))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert capsys.readouterr() == ("imported\nmade\nbefore\nkept\n", "")


PATIENT_MODEL = """
import asyncio

class make:
    def __init__(self, argument):
        self.caught = []

    async def complete(self, request):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            self.caught.append(request)
            raise
"""


def test_a_model_of_an_extension_is_told_that_it_is_cancelled(offered: Callable[..., Path]) -> None:
    offered("sandbox.models", PATIENT_MODEL)

    async def main() -> ExtendedModel:
        model = ExtendedModel(find("sandbox.models", "extension:odd"), 1000)
        task = asyncio.create_task(model.complete(REQUEST))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return model

    assert len(asyncio.run(main())._model.caught) == 1
    late = ExtendedModel(find("sandbox.models", "extension:odd"), 0.01)
    with pytest.raises(ModelError) as raised:
        asyncio.run(late.complete(REQUEST))
    assert raised.value.kind == "timeout"
