"""Where a run asks, with which key, what it spends and what it reads is its user's word, never that of who sent it."""

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Finished, Sandbox
from example_runs import TINY, contents, manifest, scripted_run
from odd_endpoint import Odd, api, odd
from tables import table

from sandbox.api.simulate import simulate
from sandbox.options.config import Config, SocietyModel
from sandbox.runs import own_mark
from sandbox.runs.own_word import is_own_word
from sandbox.runs.reading import read_run

KEY, OTHER = "sk-of-the-victim", "aws-of-the-victim"
STOPPED = ("simulate", "--model", "m", *TINY, "--run-id", "one", "--budget-calls", 5)
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("CLOUD_SECRET", OTHER)
    monkeypatch.setenv("SANDBOX_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def server() -> Iterator[Odd]:
    with odd(api("/v1", "m", "n")) as found:
        yield found


@pytest.fixture
def evil(server: Odd) -> str:
    return f"{server.origin}/v1"


@pytest.fixture
def stopped(sandbox: Sandbox, evil: str, run: Path, server: Odd) -> Path:
    """A run of this user that its budget stopped."""
    assert sandbox(*STOPPED, "--base-url", evil).code == 4
    server.seen.clear()
    return run


def edit(run: Path, change: Edit) -> None:
    document = manifest(run)
    change(document)
    (run / "manifest.json").write_text(json.dumps(document))


def received(run: Path, change: Edit = lambda _: None) -> Path:
    """`run` as if somebody else had made it and sent it here."""
    there = run.parent / "received"
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(run, there)
    edit(there, lambda document: document.update(mark="0" * 64))
    edit(there, change)
    return there


def refusal(done: Finished, server: Odd | None = None) -> list[str]:
    """The lines of an error that refuses: nothing was asked, and no key is shown."""
    assert done.code == 1, done.err
    assert server is None or server.seen == [], done.err
    assert not {KEY, OTHER} & set(done.err.split())
    lines = done.err[done.err.index("Error: ") :].strip().splitlines()
    assert len(lines) == 3
    assert "does not carry your mark" in lines[0]
    return lines


def agreed(line: str) -> list[str]:
    """The words of the command that the last line of a refusal shows."""
    return shlex.split(line.partition(": ")[2])[1:]


def test_an_own_run_goes_on_with_one_command(sandbox: Sandbox, stopped: Path, server: Odd) -> None:
    done = sandbox("simulate", "--resume", "one", "--budget-calls", 1000)
    assert done.code == 0, done.err
    assert "mark" not in done.err
    assert sandbox("simulate", "--resume", "one", "--rounds", 2).code == 0
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}


@table(
    ("more", "named"),
    [
        ({}, ["--base-url {}", "--budget-calls 5", "m at {} with the key in OPENAI_API_KEY"]),
        ({"budget_calls": None}, ["--base-url {}"]),
        ({"base_url": None}, ["--base-url https://api.openai.com/v1", "--budget-calls 5", "(before: {})"]),
        (
            {"observer_base_url": "{}", "observer_api_key_env": "CLOUD_SECRET"},
            ["--observer-base-url {}", "--observer-api-key-env CLOUD_SECRET", "m at {} with the key in CLOUD_SECRET"],
        ),
        ({"retry_failed": True, "yes": True, "budget_usd": 9.0}, ["--retry-failed", "--budget-usd 9.0"]),
        ({"concurrency": 7, "prices": "theirs.toml"}, ["--concurrency 7", "--prices theirs.toml"]),
    ],
)
def test_a_received_run_asks_nobody_until_its_user_says_so(
    sandbox: Sandbox, stopped: Path, server: Odd, evil: str, more: dict[str, Any], named: list[str]
) -> None:
    config = json.loads(json.dumps(more).replace('"{}"', json.dumps(evil)))

    there = received(stopped, lambda document: document["config"].update(config))
    before = contents(there)
    for words in ((), ("--retry-failed", "--yes"), ("--rounds", 2))[: None if not more else 1]:
        lines = refusal(sandbox("simulate", "--resume", "received", *words), server)
        shown = "\n".join(lines[1:]).replace("'", "")
        assert [name for name in named if name.format(evil) not in shown] == [], shown
    assert contents(there) == before


def test_a_run_that_names_no_address_is_not_asked_at_the_users_own_expense(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, stopped: Path, server: Odd, evil: str
) -> None:
    received(stopped, lambda document: document["config"].update(base_url=None, budget_calls=None))
    monkeypatch.setenv("OPENAI_BASE_URL", evil)
    lines = refusal(sandbox("simulate", "--resume", "received"), server)
    assert sandbox(*agreed(lines[2])).code == 0
    assert sandbox(*agreed(lines[2]), "--rounds", 2).code == 0
    monkeypatch.setenv("SANDBOX_BASE_URL", evil)
    received(stopped, lambda document: document["config"].update(base_url=None, budget_calls=None))
    assert sandbox("simulate", "--resume", "received").code == 0, "a variable of sandbox is this user's word"


def test_the_line_that_is_shown_agrees_once_and_for_all(
    sandbox: Sandbox, stopped: Path, server: Odd, evil: str
) -> None:
    there = received(
        stopped,
        lambda document: document["config"].update(
            observer_base_url=f"{evil}?v=1", observer_api_key_env="CLOUD_SECRET", timeout=33.0, concurrency=3
        ),
    )
    lines = refusal(sandbox("simulate", "--resume", "received", "--budget-calls", 1000), server)
    done = sandbox(*agreed(lines[2]))
    assert done.code == 0, done.err
    used = {seen.path.partition("?")[2]: seen.headers["authorization"] for seen in server.seen}
    assert used == {"": f"Bearer {KEY}", "v=1": f"Bearer {OTHER}"}, "each key where it was agreed to"
    config = manifest(there)["config"]
    assert (config["timeout"], config["concurrency"], config["budget_calls"]) == (33.0, 3, 1000)
    assert sandbox("simulate", "--resume", "received", "--rounds", 2).code == 0


def test_a_dry_run_says_what_would_be_asked_for_and_asks_nobody(
    sandbox: Sandbox, stopped: Path, server: Odd, evil: str
) -> None:
    received(stopped)
    done = sandbox("simulate", "--resume", "received", "--dry-run")
    assert (done.code, server.seen) == (0, []), done.err
    assert f"--resume received --base-url {evil} --budget-calls 5\n" in done.err


def test_another_word_of_the_user_is_as_good(sandbox: Sandbox, stopped: Path, server: Odd, evil: str) -> None:
    received(stopped)
    with odd(api("/v1", "m")) as own:
        done = sandbox("simulate", "--resume", "received", "--base-url", f"{own.origin}/v1", "--budget-calls", 99)
        assert (done.code, server.seen, bool(own.seen)) == (0, [], True), done.err


def test_a_mixed_society_is_asked_where_a_file_of_the_user_says(
    sandbox: Sandbox, run: Path, server: Odd, evil: str
) -> None:
    Path("own.toml").write_text(f'society.models = [{{ name = "m", base_url = "{evil}" }}]')
    assert sandbox("simulate", "--config", "own.toml", *TINY, "--budget-calls", 5, "--run-id", "one").code == 4
    server.seen.clear()
    table = {"name": "m", "share": 1.0, "base_url": evil, "api_key_env": "CLOUD_SECRET"}
    received(run, lambda document: document["config"].update(society=[table], budget_calls=None))
    lines = refusal(sandbox("simulate", "--resume", "received"), server)
    assert f"m at {evil} with the key in CLOUD_SECRET" in lines[1]
    resume = ("simulate", "--resume", "received", "--config")
    assert sandbox(*resume, "own.toml", "--budget-calls", 6).code == 4
    assert {seen.headers["authorization"] for seen in server.seen} == {"Bearer none"}
    Path("theirs.toml").write_text(shlex.split(lines[2].partition("printf %s ")[2])[0])
    assert sandbox(*resume, "theirs.toml", "--budget-calls", 99).code == 0
    assert server.seen[-1].headers["authorization"] == f"Bearer {OTHER}"


@table(
    "change",
    [
        lambda document: document["config"].update(base_url="http://elsewhere/v1"),
        lambda document: document["config"].update(observer_base_url="http://elsewhere/v1"),
        lambda document: document["config"].update(budget_calls=None),
        lambda document: document["config"].update(budget_calls=6),
        lambda document: document["config"].update(prices="theirs.toml"),
        lambda document: document["config"].update(rounds=3),
        lambda document: document["models"]["endpoints"].update(m=["http://elsewhere/v1"]),
        lambda document: document["models"].update(default_endpoint="http://elsewhere/v1"),
        lambda document: document.update(fingerprint="0" * 64),
        lambda document: document.update(mark=document["mark"].replace(document["mark"][0], "z")),
        lambda document: document.update(mark="\xe9" * 64),
        lambda document: document.update(mark=""),
        lambda document: document.update(mark=None),
        lambda document: document.pop("mark"),
    ],
)
def test_a_manifest_that_was_changed_loses_its_mark(sandbox: Sandbox, stopped: Path, server: Odd, change: Edit) -> None:
    whole = (stopped / "manifest.json").read_bytes()
    try:
        edit(stopped, change)
        done = sandbox("simulate", "--resume", "one")
        if manifest(stopped)["fingerprint"] == "0" * 64:  # told before anybody has to agree to something
            assert (done.code, "cannot be continued" in done.err) == (2, True)
            assert not is_own_word(read_run(stopped).manifest, stopped), "nor has whoever changes the questions"
            return
        lines = refusal(done, server)
        assert ("copied, moved or changed" in lines[0]) == bool(manifest(stopped).get("mark")), lines
    finally:
        (stopped / "manifest.json").write_bytes(whole)


def test_a_copy_has_no_mark_and_a_killed_run_and_one_behind_a_link_keep_theirs(
    sandbox: Sandbox, stopped: Path, server: Odd
) -> None:
    shutil.copytree(stopped, stopped.parent / "copy")
    refusal(sandbox("simulate", "--resume", "copy"), server)
    (stopped.parent / "copy").rename(stopped.parent / "moved")
    refusal(sandbox("simulate", "--resume", "moved"), server)
    (stopped.parent / "link").symlink_to("one")
    edit(stopped, lambda document: document.update(status="running", stopped_by=None))
    assert sandbox("simulate", "--resume", "link", "--budget-calls", 6).code == 4
    assert sandbox("simulate", "--resume", "one", "--budget-calls", 7).code == 4


def test_a_run_in_this_process_needs_nobodys_word(sandbox: Sandbox, tmp_path: Path) -> None:
    theirs = received(scripted_run(sandbox, tmp_path), lambda document: document["config"].update(timeout=5.0))
    done = sandbox("simulate", "--resume", "received", "--rounds", 3)
    assert done.code == 0, done.err
    assert "does not carry your mark: what it was run with is left out (--timeout 5.0)" in done.err
    assert manifest(theirs)["config"]["timeout"] == Config.timeout
    assert "left out" not in sandbox("simulate", "--resume", "received", "--rounds", 4).err


def test_what_a_stranger_says_was_paid_answers_no_question(sandbox: Sandbox, evil: str, run: Path, server: Odd) -> None:
    dear = ("--rounds", 2, "--max-tokens", 100_000)
    words = ("--model", "gpt-4o", *TINY, *dear, "--budget-calls", 5, "--run-id", "one", "--yes")
    server.seen.clear()
    with odd(api("/v1", "gpt-4o")) as there:
        assert sandbox("simulate", *words, "--base-url", f"{there.origin}/v1").code == 4

        def paid(document: dict[str, Any]) -> None:
            document["config"]["yes"] = True
            document["totals"]["calls"] = 10**9

        received(run, paid)
        there.seen.clear()
        done = sandbox("simulate", "--resume", "received", "--base-url", f"{there.origin}/v1", "--budget-calls", 10**9)
        assert (done.code, there.seen) == (2, []), done.err
        assert "Give --yes" in done.err


@table(
    ("config", "kept", "flag"),
    [
        ({"questions": "theirs.txt"}, "questions.jsonl", "--questions theirs.txt"),
        ({"questions": "their/dataset"}, "questions.jsonl", "--questions their/dataset"),
        ({"questions": "-"}, "questions.jsonl", "--questions -"),
        ({"prior": "theirs.jsonl"}, "questions.jsonl", "--prior theirs.jsonl"),
        ({"prompts": "theirs"}, "prompts", "--prompts theirs"),
    ],
)
def test_no_file_is_read_that_only_a_manifest_names(
    sandbox: Sandbox, made_run: Path, config: dict[str, Any], kept: str, flag: str
) -> None:
    there = received(made_run, lambda document: document["config"].update(config))
    edit(there, lambda document: document.update(status="stopped", stopped_by="interrupt"))
    for path in (there / kept,):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for words in (("--resume", "received"), ("--resume", "received", "--dry-run"), ("--replay", "received")):
        done = sandbox("simulate", *words)
        lines = refusal(done)
        assert flag in lines[2]
        assert "Reading" not in done.err


def test_a_file_is_read_once_its_user_names_it(sandbox: Sandbox, tmp_path: Path) -> None:
    Path("q.txt").write_text("Is it so?\nWhy is it?\n")
    words = ("--questions", "q.txt", "--labels", "none", "--embedder", "hash", "--grid", 2, "--neighbours", 1)
    assert sandbox("simulate", "--model", "scripted", *words, "--run-id", "one").code == 0
    there = received(tmp_path / "runs" / "one")
    (there / "questions.jsonl").unlink()
    lines = refusal(sandbox("simulate", "--resume", "received", "--rounds", 2))
    assert sandbox(*agreed(lines[2])).code == 0
    assert sandbox("simulate", "--replay", "received").code == 0, "with the mark, the manifest is its user's word"


def test_a_killed_run_is_reckoned_by_the_prices_that_it_kept(sandbox: Sandbox, stopped: Path) -> None:
    Path("prices.toml").write_text('date = "2026-01-01"\n[models]\nm = { prompt = 1, completion = 1 }\n')
    used = {"prompt": 1e6, "completion": 1e6, "name": "m", "source": "them", "date": "2026-01-01"}

    def killed(document: dict[str, Any]) -> None:
        document["config"]["prices"] = "prices.toml"
        document |= {"status": "running", "stopped_by": None, "prices_used": {"m": used}}

    received(stopped, killed)
    shown = sandbox("inspect", "received", "--json")
    assert shown.code == 0, shown.err
    assert json.loads(shown.out)["manifest"]["totals"]["cost_usd"] == 5 * 30


def test_prompts_are_shown_without_the_folder_that_a_manifest_names(sandbox: Sandbox, made_run: Path) -> None:
    Path("theirs").mkdir()
    Path("theirs/rule.jinja").write_text("Private.")
    there = received(made_run, lambda document: document["config"].update(prompts="theirs"))
    shutil.rmtree(there / "prompts")
    shown = sandbox("inspect", "received", "--interaction", "r000-a000", "--prompts", "--json")
    assert (shown.code, "Private." in shown.out) == (0, False), shown.err


def test_what_should_not_be_copied_stands_in_no_command(sandbox: Sandbox, stopped: Path, server: Odd) -> None:
    def hostile(document: dict[str, Any]) -> None:
        document["config"] |= {
            "base_url": "x; touch here", "observer_base_url": "http://h/v1\u202e", "prices": "$(touch here)\n",
            "observer_api_key_env": "A B",
        }  # fmt: skip
        document["models"]["endpoints"]["m"] = ["\x1b[2J" + "m" * 9999]

    received(stopped, hostile)
    done = sandbox("simulate", "--resume", "received")
    lines = refusal(done, server)
    assert "\x1b" not in done.err
    assert len(done.err) < 3000
    command = lines[2].partition(": ")[2]
    assert "--base-url BASE_URL --observer-base-url OBSERVER_BASE_URL" in command
    assert "--observer-api-key-env OBSERVER_API_KEY_ENV" in command
    assert "--prices PRICES" in command


def test_a_journal_that_takes_tokens_back_enlarges_no_budget(sandbox: Sandbox, stopped: Path, evil: str) -> None:
    there = received(stopped)
    text = (there / "calls.jsonl").read_text()
    (there / "calls.jsonl").write_text(text.replace('"prompt_tokens":20', '"prompt_tokens":-1000000', 1))
    done = sandbox("simulate", "--resume", "received", "--base-url", evil, "--budget-calls", 99)
    assert done.code == 1
    assert "calls.jsonl:1" in done.err


def test_python_code_makes_own_runs_too(sandbox: Sandbox, tmp_path: Path, server: Odd, evil: str) -> None:
    options = {"questions": "starter", "embedder": "hash", "grid": 2, "neighbours": 1, "prior_size": 5}
    society = (SocietyModel(name="m", share=2.0, base_url=evil),)
    config = Config(**options, timeout=70, society=society, budget_calls=3, runs=str(tmp_path / "runs"), run_id="one")  # type: ignore[arg-type]
    assert simulate(config).stopped_by == "budget"
    assert sandbox("simulate", "--resume", "one", "--budget-calls", 99).code == 0


def test_the_secret_is_this_users_alone(sandbox: Sandbox, stopped: Path, tmp_path: Path) -> None:
    file = tmp_path / "state" / "own-runs.key"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert len(file.read_bytes()) == own_mark.SECRET_BYTES
    assert list(file.parent.iterdir()) == [file]
    everything = b"".join(path.read_bytes() for path in stopped.rglob("*") if path.is_file())
    assert file.read_bytes() not in everything
    assert file.read_bytes().hex().encode() not in everything


def _link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


@table(
    ("spoil", "why"),
    [
        (lambda file: file.chmod(0o644), "Others can read or write"),
        (lambda file: file.chmod(0o620), "Others can read or write"),
        (lambda file: file.write_bytes(b"short"), "is damaged"),
        (lambda file: file.write_bytes(b"l" * 33), "is damaged"),
        (_link, "is a link"),
        (_folder, "own-runs.key"),
        (_pipe, "own-runs.key"),
    ],
)
def test_a_secret_that_may_be_known_or_changed_vouches_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], why: str
) -> None:
    monkeypatch.setenv("SANDBOX_STATE_DIR", str(tmp_path / "state"))
    mark = own_mark.mark_of({}, tmp_path)
    spoil(tmp_path / "state" / "own-runs.key")
    before = [(path.name, path.lstat().st_mode) for path in sorted((tmp_path / "state").iterdir())]
    assert not own_mark.is_own({}, tmp_path, mark)
    assert why in (own_mark.trouble() or "")
    assert own_mark.mark_of({}, tmp_path) is None
    assert [(path.name, path.lstat().st_mode) for path in sorted((tmp_path / "state").iterdir())] == before


def test_a_run_goes_on_without_its_secret_where_its_user_says_so(
    sandbox: Sandbox, stopped: Path, server: Odd, tmp_path: Path
) -> None:
    (tmp_path / "state" / "own-runs.key").chmod(0o644)
    lines = refusal(sandbox("simulate", "--resume", "one"), server)
    assert "Delete it: a new one is made." in lines[0]
    assert sandbox(*agreed(lines[2]), "--budget-calls", 6).code == 4
    assert manifest(stopped)["mark"] is None


@pytest.mark.parametrize("place", ["file/state", "relative"])
def test_without_a_state_folder_runs_are_made_and_are_nobodys(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SANDBOX_STATE_DIR", place if place == "relative" else str(tmp_path / place))
    assert sandbox("simulate", "--model", "scripted", *TINY, "--run-id", "one").code == 0
    assert manifest(tmp_path / "runs" / "one")["mark"] is None
    assert ("absolute" if place == "relative" else str(tmp_path / place)) in (own_mark.trouble() or "")
    assert not (tmp_path / "relative").exists()


def test_of_many_processes_that_make_the_secret_all_have_the_same(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from sandbox.runs.own_mark import mark_of; sys.stdin.read(1);"
    code += "print(mark_of({'a': 1}, Path('/')))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words, pipe = [sys.executable, "-c", code], subprocess.PIPE
    started = [subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, text=True) for _ in range(6)]
    for each in started:
        assert each.stdin
        each.stdin.write("x")
        each.stdin.flush()
    marks = {each.communicate()[0].strip() for each in started}
    assert len(marks) == 1
    assert "None" not in marks
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["own-runs.key"]


def test_a_mark_is_over_the_whole_document_and_its_place(tmp_path: Path) -> None:
    document = {"b": [1.5, None], "a": {"x": "\ud800", "y": True}}
    mark = own_mark.mark_of(document, tmp_path)
    assert own_mark.is_own(dict(reversed(document.items())), tmp_path, mark)
    assert own_mark.is_own(document, tmp_path / ".." / tmp_path.name, mark)
    (tmp_path / "state" / "own-runs.key").rename(tmp_path / "kept")
    assert not own_mark.is_own(document, tmp_path, mark)
    assert own_mark.mark_of(document, tmp_path) != mark
    (tmp_path / "kept").replace(tmp_path / "state" / "own-runs.key")
    assert own_mark.trouble() is None
    for other, place in (
        ({"b": [1.5, None]}, tmp_path),
        (document | {"c": None}, tmp_path),
        (document, tmp_path / "c"),
    ):
        assert not own_mark.is_own(other, place, mark)
    assert not any(own_mark.is_own(document, tmp_path, each) for each in (None, "", mark.upper(), mark + "0", "\ud800"))
