"""A run goes by the name of its folder, and is left alone when it is complete; what was killed is counted."""

import json
import shlex
import shutil
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import SMALL, aged, contents, manifest, mixed_run


def test_a_copy_and_a_renamed_run_go_by_their_folders(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    shutil.copytree(made_run, tmp_path / "runs" / "copy")
    listed = sandbox("inspect", "--json")
    assert sorted(run["run_id"] for run in json.loads(listed.out)) == ["copy", "one"]
    made_run.rename(tmp_path / "runs" / "my run")
    shown = sandbox("inspect").out
    assert " copy " in shown
    assert " my run " in shown
    assert " one " not in shown
    for name in ("copy", "my run"):
        assert sandbox("inspect", name).out.startswith(f"Run {name} complete after ")
        assert json.loads(sandbox("inspect", name, "--json").out)["manifest"]["run_id"] == name
        assert sandbox("simulate", "--replay", name).code == 0
    assert "run,created" in sandbox("inspect", "--csv").out
    assert {line.split(",")[0] for line in sandbox("inspect", "--csv").out.splitlines()} == {"run", "copy", "my run"}
    assert "copy" in sandbox("inspect", "copy", "my run").out
    assert "Did you mean 'copy'?" in sandbox("inspect", "cpoy").err


def test_a_renamed_run_takes_its_name_into_what_is_made_of_it(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    made_run.rename(tmp_path / "runs" / "two")
    exported = sandbox("export", "two", "--format", "dpo", "--out", "set")
    assert exported.code == 0, exported.err
    assert json.loads((tmp_path / "set" / "manifest.json").read_text())["runs"][0]["run_id"] == "two"
    assert "sandbox export two --format dpo" in (tmp_path / "set" / "README.md").read_text()
    grown = sandbox("simulate", "--resume", "two", "--rounds", 3, "--json")
    assert {json.loads(line).get("run_id", "two") for line in grown.out.splitlines()} == {"two"}
    assert manifest(tmp_path / "runs" / "two")["run_id"] == "two"


def test_a_run_is_named_from_within(sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made_run / "memory")
    assert sandbox("inspect", "..").out.startswith("Run one complete after ")
    monkeypatch.chdir(made_run)
    assert sandbox("inspect", ".").out.startswith("Run one complete after ")


@pytest.mark.parametrize("words", [(), ("--retry-failed",), ("--concurrency", 3, "--timeout", 5), ("--rounds", 2)])
def test_taking_up_a_complete_run_changes_nothing(sandbox: Sandbox, made_run: Path, words: tuple[object, ...]) -> None:
    (made_run / ".lock").unlink()
    before = contents(made_run)
    done = sandbox("simulate", "--resume", "one", *words)
    assert done.code == 0, done.err
    assert "180 calls and 18 interactions are there already. Nothing is left to be done" in done.err
    assert "Run one complete after " in done.err
    assert contents(made_run) == before


def test_a_complete_run_says_so_to_machines_and_keeps_its_exit_code(sandbox: Sandbox, mixed: Path) -> None:
    before = contents(mixed)
    done = sandbox("simulate", "--resume", "mixed", "--json")
    assert done.code == 3
    (line,) = map(json.loads, done.out.splitlines())
    assert (line["event"], line["status"], line["run_id"]) == ("finished", "complete", "mixed")
    assert line["totals"] == manifest(mixed)["totals"]
    assert contents(mixed) == before


def test_a_complete_run_that_may_not_be_written_is_taken_up_too(sandbox: Sandbox, made_run: Path) -> None:
    folders = [made_run, *(path for path in made_run.rglob("*") if path.is_dir())]
    for path in (*folders, *(path for path in made_run.rglob("*") if path.is_file())):
        path.chmod(0o555 if path in folders else 0o444)
    try:
        assert sandbox("simulate", "--resume", "one").code == 0
    finally:
        for path in folders:
            path.chmod(0o755)


@pytest.mark.parametrize("lost", ["memory/agent-003.jsonl", "memory/agent-000.faiss", "rounds.jsonl"])
def test_what_a_complete_run_lost_is_mended(sandbox: Sandbox, made_run: Path, lost: str) -> None:
    whole = (made_run / lost).read_bytes()
    (made_run / lost).write_bytes(b"") if lost == "rounds.jsonl" else (made_run / lost).unlink()
    done = sandbox("simulate", "--resume", "one")
    assert done.code == 0, done.err
    assert (made_run / lost).read_bytes() == whole


def killed(run: Path, calls: int, interactions: int) -> Path:
    """Make `run` one that was killed after so many lines, whose manifest was last written at its beginning."""
    document = manifest(run)
    totals = dict.fromkeys(document["totals"], 0) | {"planned": document["totals"]["planned"], "cost_usd": 0.0}
    attempt = document["attempts"][0] | {"finished": None, "calls": 0, "tries": 0, "wall_seconds": 0.0}
    changes = {"status": "running", "finished": None, "totals": totals, "attempts": [attempt]}
    (run / "manifest.json").write_text(json.dumps(document | changes))
    rounds = interactions // document["config"]["grid"] ** 2
    for file, lines in (("calls", calls), ("interactions", interactions), ("rounds", rounds)):
        path = run / f"{file}.jsonl"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]) + b'{"torn')
    return run


@pytest.mark.parametrize(("calls", "interactions"), [(0, 0), (40, 3), (210, 14), (270, 27)])
def test_counts_of_a_killed_run_are_those_of_its_files(
    sandbox: Sandbox, tmp_path: Path, calls: int, interactions: int
) -> None:
    run = mixed_run(sandbox, tmp_path)
    calls = min(calls, len((run / "calls.jsonl").read_text().splitlines()))
    killed(run, calls, interactions)
    lines = [json.loads(line) for line in (run / "calls.jsonl").read_text().splitlines()[:-1]]
    items = [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()[:-1]]
    failed = sum(item["failed"] is not None for item in items)
    used = [line["usage"] for line in lines if line["usage"]]
    (listed,) = json.loads(sandbox("inspect", "--json").out)
    shown = json.loads(sandbox("inspect", "mixed", "--json").out)["manifest"]
    for document in (listed, shown):
        totals = document["totals"]
        assert document["status_now"] == "interrupted"
        assert (totals["calls"], totals["tries"]) == (len(lines), sum(line["tries"] for line in lines))
        assert (totals["complete"], totals["failed"]) == (len(items) - failed, failed)
        assert totals["prompt_tokens"] == sum(usage["prompt_tokens"] for usage in used)
        assert totals["cost_usd"] is None, "the model has no price"
        assert document["attempts"][-1]["calls"] == len(lines)
    view = sandbox("inspect", "mixed").out
    assert "It was killed: what is counted here is what its journal and its log hold." in view
    assert f"{calls} calls in " in view
    assert "Go on with it: sandbox simulate --resume " in view
    assert "It was killed, and can go on: sandbox simulate --resume " in sandbox("inspect").out


def test_a_killed_run_of_scripted_models_cost_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox("simulate", *SMALL, "--rounds", 2, "--radius", 2, "--run-id", "one").code == 0
    killed(tmp_path / "runs" / "one", 100, 9)
    assert "100 calls in 100 tries" in sandbox("inspect", "one").out
    assert "cost $0.00" in sandbox("inspect", "one").out
    assert "80 calls are left of 180" in sandbox("simulate", "--resume", "one", "--dry-run").out
    (listed,) = json.loads(sandbox("inspect", "--json").out)
    assert listed["totals"]["wall_seconds"] == listed["attempts"][0]["wall_seconds"] > 0


def test_a_journal_that_cannot_be_counted_is_named(sandbox: Sandbox, made_run: Path) -> None:
    killed(made_run, 100, 9)
    lines = (made_run / "calls.jsonl").read_bytes().splitlines(keepends=True)
    (made_run / "calls.jsonl").write_bytes(b"".join([lines[0], b"nonsense\n", *lines[1:]]))
    assert "calls.jsonl:2: " in sandbox("inspect", "one").err
    listed = sandbox("inspect")
    assert (listed.code, "calls.jsonl:2: " in listed.err) == (0, True)


@pytest.mark.parametrize("damage", ["attempts", "time"])
def test_one_odd_run_that_was_killed_hides_no_other(sandbox: Sandbox, made_run: Path, damage: str) -> None:
    shutil.copytree(made_run, made_run.with_name("other"))
    killed(made_run, 100, 9)
    if damage == "attempts":
        (made_run / "manifest.json").write_text(json.dumps(manifest(made_run) | {"attempts": []}))
        assert "100 calls in 100 tries" in sandbox("inspect", "one").out
    else:
        lines = (made_run / "calls.jsonl").read_bytes().splitlines(keepends=True)
        lines[5] = json.dumps(json.loads(lines[5]) | {"at": "yesterday"}).encode() + b"\n"
        (made_run / "calls.jsonl").write_bytes(b"".join(lines))
        assert "calls.jsonl: a time in it is none of ISO 8601" in sandbox("inspect", "one").err
    listed = sandbox("inspect")
    assert (listed.code, "other" in listed.out, "fault of sandbox" in listed.err) == (0, True, False)
    if damage == "attempts":
        assert sandbox("simulate", "--resume", "one").code == 0


def test_older_schemas_are_not_counted_anew(sandbox: Sandbox, made_run: Path) -> None:
    aged(made_run)
    text = (made_run / "manifest.json").read_text().replace('"status": "complete"', '"status": "running"')
    (made_run / "manifest.json").write_text(text)
    assert sandbox("inspect", "one").code == 0


def test_what_to_type_next_can_be_typed(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    killed(made_run, 100, 9).rename(tmp_path / "runs" / "my run's")
    command = "sandbox simulate --resume " + shlex.quote("runs/my run's")
    assert f"Go on with it: {command}\n" in sandbox("inspect", "my run's").out
    assert f"can go on: {command}\n" in sandbox("inspect").out
    done = sandbox(*shlex.split(command)[1:])
    assert done.code == 0, done.err
    assert done.err.endswith("sandbox inspect " + shlex.quote("runs/my run's") + "\n")
