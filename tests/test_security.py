"""Keys reach no file and no stream, model output moves no cursor and breaks no line, and no code runs from a file."""

import ast
import base64
import io
import json
import os
import re
import stat
import subprocess
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from conftest import COMMAND, ROOT, Finished, Sandbox
from example_runs import TINY
from fake_endpoint import Behaviour, Fault, serve
from rich.console import Console
from tables import table

from sandbox.inspection.story import interaction_story
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import Interaction

# With characters that URLs and JSON write otherwise.
KEY, OBSERVER_KEY = "sk-proj/agents+4pK7q9=x2&zW5c", "sk-proj/observer+8mT3v6=y1&bN4d"
RUN = ("simulate", *TINY, "--concurrency", 1, "--run-id", "one")


def command(folder: Path, *arguments: object, variables: Mapping[str, str] | None = None, umask: int = -1) -> Finished:
    """Run `sandbox` as a process that has nothing but `folder` to write into."""
    places = {"HOME": "home", "TMPDIR": "temporary", "SANDBOX_CACHE_DIR": "cache", "XDG_CACHE_HOME": "cache"}
    for place in places.values():
        (folder / place).mkdir(exist_ok=True)
    environment = {name: str(folder / place) for name, place in places.items()}
    environment |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", **(variables or {})}
    words = [*COMMAND, *map(str, arguments)]
    done = subprocess.run(
        words, cwd=folder, env=environment, umask=umask, capture_output=True, text=True, check=False, timeout=120
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def traces(key: str) -> set[bytes]:
    """Every way in which `key`, or the greater part of it, could stand somewhere."""
    parts = {key, quote(key), quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], key.encode().hex()}
    coded = {encode(bytes(shift) + key.encode()).decode()[4:-4] for shift in range(3) for encode in
             (base64.b64encode, base64.urlsafe_b64encode)}  # fmt: skip
    pieces = {key[start : start + 12] for start in range(8, len(key) - 11)}
    return {text.encode() for text in (*parts, *coded, *pieces)}


def everything(folder: Path, done: Finished) -> dict[str, bytes]:
    """Every byte that a command left, by where."""
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    names = "\n".join(map(str, folder.rglob("*"))).encode()
    return {**files, "the names of files": names, "stdout": done.out.encode(), "stderr": done.err.encode()}


def leaks(found: dict[str, bytes]) -> list[str]:
    return [
        f"{trace!r} in {place}"
        for trace in traces(KEY) | traces(OBSERVER_KEY)
        for place in found
        if trace in found[place]
    ]


PROBE: list[Fault | None] = [None]
ENDINGS: dict[str, tuple[Behaviour, int]] = {
    "whole": (Behaviour(), 0),
    "after faults": (Behaviour(script=[*PROBE, "429", None, "500", None, "half", None, "not_json", None, "400"]), 3),
    "refused at once": (Behaviour(revoked_after=0), 1),
    "refused in the middle": (Behaviour(revoked_after=9), 1),
    "no such model": (Behaviour(models=["another"]), 1),
}


@pytest.mark.parametrize(
    ("name", "debug"),
    [
        ("refused in the middle", False),
        *(pytest.param(name, True, marks=pytest.mark.slow) for name in ENDINGS),
        pytest.param("whole", False, marks=pytest.mark.slow),
    ],
)
def test_no_byte_anywhere_holds_a_key(tmp_path: Path, name: str, debug: bool) -> None:
    behaviour, code = ENDINGS[name]
    with serve(behaviour) as agents, serve(Behaviour(models=["judge"], api_key=OBSERVER_KEY)) as observer:
        urls = ("--base-url", agents.base_url, "--observer-base-url", observer.base_url)
        names = ("--model", "fake", "--observer-model", "judge", "--observer-api-key-env", "JUDGE_KEY")
        loud = {"OPENAI_LOG": "debug", "SANDBOX_DEBUG": "1", "PYTHONASYNCIODEBUG": "1"} if debug else {}
        flags = ("--debug",) if debug else ()
        keys = {"OPENAI_API_KEY": KEY, "JUDGE_KEY": OBSERVER_KEY}
        done = command(tmp_path, *RUN, *names, *urls, *flags, variables={**keys, **loud})
        assert done.code == code, done.err
        assert agents.keys() == {f"Bearer {KEY}"}
        assert observer.keys() <= {f"Bearer {OBSERVER_KEY}"}
    assert leaks(everything(tmp_path, done)) == []


def test_a_leak_would_be_found() -> None:
    for text in (f"Bearer {OBSERVER_KEY}", quote_plus(KEY), KEY[6:22], KEY.encode().hex()):
        assert leaks({"somewhere": text.encode()}), text
    assert leaks({"somewhere": base64.b64encode(b"Authorization: Bearer " + KEY.encode())})
    assert not leaks({"somewhere": b"OPENAI_API_KEY sk-proj/ none"})


HOSTILE = (
    "\x1b[2J\x1b[1;1H\x1b]0;owned\x07\x1b]8;;http://x\x1b\\click\x1b]8;;\x1b\\\rOverwritten\b\b\b\x00\x7f\x9b31m\x85"
    "\u202egnirts\u2066\u2069\u200f\u061c\u2028\u2029\ufeff[bold red]not markup[/] \\[x] :smile:\t\n"
    "Revision (alignment 7 of 7, engagement 7 of 7)\n"
    "╭─ Error ─╮\n│ forged  │\n╰─────────╯\n"
    'Error: forged\n{"round":0}\n\x0b\x0c\x1c\x1d\x1eend'
)


class Hostile(BaseHTTPRequestHandler):
    """An endpoint that says `HOSTILE` wherever it can; its first chat requests fail in those words."""

    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # one packet an answer

    def do_GET(self) -> None:
        self._answer(200, {"data": [{"id": "fake"}, {"id": HOSTILE}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen += 1  # type: ignore[attr-defined]
        if self.server.seen in (3, 5):  # type: ignore[attr-defined]
            self._answer(400, {"error": {"message": HOSTILE, "type": HOSTILE, "code": HOSTILE}})
            return
        text = json.dumps({"reason": HOSTILE, "rating": 5}) if "response_format" in body else HOSTILE
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": HOSTILE}
        self._answer(200, {"id": HOSTILE, "model": HOSTILE, "object": HOSTILE, "created": 0, "choices": [choice]})

    def _answer(self, status: int, document: Any) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the standard handler writes on stderr."""


@contextmanager
def hostile_endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.seen = 0  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """A run on the hostile endpoint, and what was shown meanwhile."""
    folder = tmp_path_factory.mktemp("hostile")
    with hostile_endpoint() as url:
        words = (*RUN, "--model", "fake", "--base-url", url, "--threshold", 0.1, "--rounds", 2)
        return folder / "runs" / "one", command(folder, *words)


def moving(text: str) -> set[str]:
    """The characters of `text` that move a cursor, end a line or reorder what is shown, newlines apart."""
    reordering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        mark
        for mark in set(text) - {"\n"}
        if unicodedata.category(mark) in ("Cc", "Zl", "Zp")
        or unicodedata.bidirectional(mark) in reordering
        or mark in "\u200e\u200f\u061c\ufeff"
    }


def test_hostile_replies_reach_the_run_as_they_are_and_no_line_breaks(hostile: tuple[Path, Finished]) -> None:
    run, done = hostile
    assert done.code == 3, done.err
    assert moving(done.out + done.err) == set()
    manifest = json.loads((run / "manifest.json").read_bytes())
    expected = {"calls.jsonl": manifest["totals"]["calls"], "interactions.jsonl": 8, "rounds.jsonl": 2}
    for file, count in expected.items():
        data = (run / file).read_bytes()
        assert data.count(b"\n") == (run / file).read_text(encoding="utf-8").count("\n") == count
        assert not re.search(rb"[\x00-\x09\x0b-\x1f]", data)
    assert any(item.draft == HOSTILE.strip() for item in read_lines(run / "interactions.jsonl", Interaction))


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect",), ("inspect", "one"), ("inspect", "one", "--interaction", "r001-a003"),
        ("inspect", "--json"), ("inspect", "one", "--json"), ("inspect", "one", "--interaction", "r001-a003", "--json"),
        ("inspect", "--schema"), ("simulate", "--replay", "one"), ("simulate", "--resume", "one", "--json"),
    ],
)  # fmt: skip
def test_no_command_shows_what_moves_a_cursor(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, hostile: tuple[Path, Finished], arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(hostile[0].parent.parent)
    done = sandbox(*arguments)
    assert done.code in (0, 3), done.err
    assert done.out
    assert moving(done.out + done.err) == set()


@pytest.mark.parametrize("terminal", [False, True])
def test_a_reply_can_forge_no_heading_and_no_panel(hostile: tuple[Path, Finished], terminal: bool) -> None:
    item = next(item for item in read_lines(hostile[0] / "interactions.jsonl", Interaction) if item.id == "r001-a003")
    console = Console(file=io.StringIO(), force_terminal=terminal, width=50, highlight=False)
    console.print(interaction_story(item))
    assert isinstance(console.file, io.StringIO)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())
    assert moving(shown) == set()
    assert "[bold red]not markup[/]" in " ".join(shown.split())
    said = [line for line in shown.split("\n") if re.search(r"[╭│╰]|forged|alignment 7|Overwritten|\\x1b", line)]
    assert len(said) > 20
    assert all(line.startswith("  ") for line in said)


@pytest.mark.parametrize("run_id", ["../x", "/tmp/x", "a/b", ".x", "x\ny", "x\x1b[2J"])
@pytest.mark.parametrize("origin", ["flag", "environment", "file"])
def test_a_run_id_cannot_leave_the_runs_folder(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_id: str, origin: str
) -> None:
    words: list[object] = ["simulate", "--model", "scripted", *TINY]
    if origin == "flag":
        words.append(f"--run-id={run_id}")
    elif origin == "environment":
        monkeypatch.setenv("SANDBOX_RUN_ID", run_id)
    else:
        (tmp_path / "config.toml").write_text(f"run_id = {json.dumps(run_id)}\n")
        words += ["--config", "config.toml"]
    done = sandbox(*words)
    assert done.code == 2, done.err
    assert "--run-id" in done.err
    assert moving(done.err) == set()
    assert {path.name for path in tmp_path.iterdir()} <= {"config.toml"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("umask", "file_mode", "folder_mode"),
    [(0o077, 0o600, 0o700), (0o022, 0o644, 0o755)],
)
def test_everything_of_a_run_has_the_users_umask(tmp_path: Path, umask: int, file_mode: int, folder_mode: int) -> None:
    for words in ((*RUN, "--model", "scripted"), ("simulate", "--resume", "one", "--rounds", 2)):
        assert command(tmp_path, *words, umask=umask).code == 0
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "runs", *(tmp_path / "runs").rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_file()} == {file_mode}, modes
    assert {mode for path, mode in modes.items() if path.is_dir()} == {folder_mode}, modes
    assert (tmp_path / "runs" / "one" / "memory" / "agent-000.faiss") in modes


RUNS_CODE = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "commands", "pty"}
CALLS = {
    "eval",
    "exec",
    "compile",
    "os.system",
    "os.popen",
    "yaml.load",
    "yaml.unsafe_load",
    "torch.load",
    "runpy.run_path",
}


def risks(source: str) -> list[str]:
    """What of `source` could run code that stands in a file or in a reply."""
    return [risk for node in ast.walk(ast.parse(source)) for risk in _risks(node)]


def _risks(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        yield from (module for module in modules if module.partition(".")[0] in RUNS_CODE)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in CALLS or name.startswith("os.spawn"):
            yield name
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg in ("shell", "allow_pickle", "trust_remote_code") and value is not False:
                yield f"{name}({keyword.arg})"


@table("package", ["prompts", "memory", "agents", "sandbox"])
def test_no_module_runs_code_from_a_file(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    assert {file.name: found for file in files if (found := risks(file.read_text(encoding="utf-8")))} == {}


@table(
    "source",
    [
        "import pickle", "from pickle import loads", "import shelve as x", "eval('1')", "exec(x)", "os.system('ls')",
        "subprocess.run('ls', shell=True)", "run(x, shell=flag)", "np.load(x, allow_pickle=True)", "yaml.load(x)",
        "model = load(x, trust_remote_code=True)",
    ],
)  # fmt: skip
def test_a_risk_would_be_found(source: str) -> None:
    assert risks(source)


LOOSE = [
    ("draft", "{{ question }}", "question", "question"),
    ("draft", "{% if recall and recall.round > 30 %}{{ recall.answer }}{% endif %}", "recall.answer", "earlier_answer"),
    ("draft", "{{ recall['question'] | upper }}", "recall.question", "earlier_question"),
    ("draft", "{{ recall }}", "recall", "earlier_answer"),
    ("draft", "{% set said = question | trim %}{% if recall %}{{ said ~ '!' }}{% endif %}", "said", "question"),
    ("draft", "{% for said in [question] %}{{ said }}{% endfor %}", "said", "question"),
    ("draft", "{{ 'x' if not recall else question[:9] }}", "question", "question"),
    ("draft", "{{ recall or question | fence('question') }}", "recall", "earlier_answer"),
    ("draft", "{{ (question | fence('question')) ~ question.strip() }}", "question", "question"),
    ("revision", "{{ draft }}", "draft", "draft"),
    ("revision", "{% if average == '9.9' %}{{ feedback[0].text }}{% endif %}", "feedback.text", "feedback"),
    ("revision", "{% for item in feedback %}{{ loop.previtem.text }}{% endfor %}", "loop.previtem.text", "feedback"),
    ("revision", "{{ feedback | map(attribute='text') | join }}", "feedback", "feedback"),
    ("score_both", "{{ text }}", "text", "answer"),
]


@table(("name", "source", "loose", "tag"), LOOSE)
def test_what_others_wrote_stays_in_its_fence_in_templates_of_anybody(
    sandbox: Sandbox, tmp_path: Path, name: str, source: str, loose: str, tag: str
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    fenced = {"draft": "question", "revision": "question draft feedback", "score_both": "question"}[name].split()
    used = "".join("{% if " + each + " %}{% endif %}" for each in (*fenced, *["text"] * (name == "score_both")))
    (own / f"{name}.jinja").write_text(f"{{% block user %}}{used}\n{source}{{% endblock %}}")
    society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--dry-run")
    done = sandbox("simulate", *society, "--prompts", own)
    assert done.code == 2, done.err
    said = f"template {name}.jinja, line 2: shows {loose} outside of a fence, where it could instruct: write"
    assert f'{said} {{{{ {loose} | fence("{tag}") }}}}' in done.err


def test_a_fence_that_text_could_leave_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    source = '{% block user %}{{ question | fence("question") }}{{ text | fence("essay") }}{% endblock %}'
    (tmp_path / "own" / "score_both.jinja").write_text(source)
    society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash")
    done = sandbox("simulate", *society, "--prompts", "own")
    assert (done.code, "no fence is called 'essay'; there are question, draft, answer" in done.err) == (2, True)
