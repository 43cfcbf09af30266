"""`sandbox study run`: each cell writes what it would alone; the same command goes on; a bad cell stops nobody."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Finished, Sandbox
from fake_endpoint import Behaviour, Server, serve

BASE = """name = "two"
[base]
questions = "starter"
embedder = "hash"
model = "scripted"
grid = 2
neighbours = 1
prior_size = 5
"""
MATRIX = '[matrix]\nlabels = ["all-good", "half"]\nseed = { from = 0, count = 2 }\n'
CELLS = [("all-good", 0), ("all-good", 1), ("half", 0), ("half", 1)]
NAMES = [f"{index:03d}-labels-{labels}.seed-{seed}" for index, (labels, seed) in enumerate(CELLS)]
Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> None:
        (tmp_path / "study.toml").write_text(text)

    return write


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return tmp_path / "studies" / "two"


def run(sandbox: Sandbox, *words: object) -> Finished:
    return sandbox("study", "run", "study.toml", *words)


def logs(study: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(study.glob("runs/*/interactions.jsonl"))}


def record(study: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((study / "study.json").read_text())
    return found


@pytest.mark.slow
def test_each_cell_writes_what_simulate_alone_writes(sandbox: Sandbox, study: Path, write: Write) -> None:
    write(BASE + MATRIX)
    done = run(sandbox)
    assert done.code == 0, done.err
    for name in NAMES:
        _, labels, seed = name.replace(".", "-seed").partition("labels-")[2], name[11:].partition(".")[0], name[-1]
        words = ("--questions", "starter", "--embedder", "hash", "--model", "scripted", "--grid", 2, "--neighbours", 1)
        assert not sandbox(
            "simulate", *words, "--prior-size", 5, "--labels", labels, "--seed", seed, "--run-id", name
        ).code
        alone = (Path("runs") / name / "interactions.jsonl").read_bytes()
        assert (study / "runs" / name / "interactions.jsonl").read_bytes() == alone
    cells = record(study)["cells"]
    assert [(cell["index"], cell["name"], cell["retired"]) for cell in cells] == [
        (n, name, False) for n, name in enumerate(NAMES)
    ]
    assert (study / "study.toml").read_text() == BASE + MATRIX
    manifest = json.loads((study / "runs" / NAMES[2] / "manifest.json").read_text())
    assert (manifest["fingerprint"], manifest["origins"]["labels"]) == (cells[2]["fingerprint"], "study")
    assert sandbox("simulate", "--replay", study / "runs" / NAMES[3]).code == 0


def test_the_same_command_does_nothing_more_and_more_values_and_rounds_go_on(
    sandbox: Sandbox, study: Path, write: Write
) -> None:
    write(BASE + MATRIX)
    assert run(sandbox).code == 0
    before = {path: path.stat().st_mtime_ns for path in study.glob("runs/*/*")}
    assert "4 cells complete" in run(sandbox).err
    assert {path: path.stat().st_mtime_ns for path in study.glob("runs/*/*")} == before
    shorter = logs(study)
    write(BASE + "rounds = 2\n" + MATRIX.replace('"half"]', '"half", "none"]').replace('"all-good", ', ""))
    done = run(sandbox, "--json")
    assert done.code == 0, done.err
    cells = {cell["index"]: cell for cell in record(study)["cells"]}
    assert [cell["retired"] for cell in cells.values()] == [True, True, False, False, False, False]
    assert {cells[4]["name"], cells[5]["name"]} == {"004-labels-none.seed-0", "005-labels-none.seed-1"}
    longer = logs(study)
    assert longer[NAMES[0]] == shorter[NAMES[0]], "nothing is deleted, nothing more is asked for"
    assert longer[NAMES[2]].startswith(shorter[NAMES[2]])
    assert len(longer[NAMES[2]]) > len(shorter[NAMES[2]])
    assert "labels" in json.loads(run(sandbox, "--dry-run", "--json").out)["retired"][0]["values"]


def test_a_cell_of_another_fingerprint_is_an_error_that_names_the_option(
    sandbox: Sandbox, study: Path, write: Write
) -> None:
    write(BASE + MATRIX)
    assert run(sandbox, "--cell", 1).code == 0
    assert [path.name for path in study.glob("runs/*")] == [NAMES[1]]
    kept = logs(study)
    write(BASE + "temperature = 0.5\n" + MATRIX)
    done = run(sandbox)
    assert (done.code, logs(study)) == (2, kept)
    assert "--temperature 1.0 -> 0.5" in done.err
    write(BASE + MATRIX)
    assert run(sandbox, "--cell", 4).err.startswith("Error: --cell 4: two has no such cell: they go from 0 to 3.")


def test_a_run_that_cannot_be_read_stops_no_other_cell(sandbox: Sandbox, study: Path, write: Write) -> None:
    write(BASE + MATRIX)
    assert run(sandbox, "--cell", 0).code == 0
    (study / "runs" / NAMES[0] / "manifest.json").write_text("{")
    done = run(sandbox)
    assert done.code == 3
    assert f"{NAMES[0]}: failed: {Path('studies/two/runs', NAMES[0], 'manifest.json')}: not a manifest" in done.err
    assert "3 cells complete, 1 failed, 0 left" in done.err


def test_a_bad_cell_is_told_and_stops_nobody(sandbox: Sandbox, study: Path, write: Write) -> None:
    write(BASE + MATRIX)
    assert run(sandbox, "--cell", 0).code == 0
    manifest = study / "runs" / NAMES[0] / "manifest.json"
    journal = study / "runs" / NAMES[0] / "calls.jsonl"
    manifest.write_text(manifest.read_text().replace('"complete"', '"running"', 1))
    journal.write_text(journal.read_text().replace('"ask":0', '"ask":7', 1))
    done = run(sandbox)
    assert done.code == 3
    assert f"{NAMES[0]}: failed" in done.err
    assert "3 cells complete, 1 failed, 0 left" in done.err


def test_when_the_first_three_all_fail_the_study_stops(sandbox: Sandbox, study: Path, write: Write) -> None:
    write(BASE + MATRIX.replace("count = 2", "count = 3"))
    assert run(sandbox, "--cell", 0).code == 0
    for index in (1, 2, 3):
        assert run(sandbox, "--cell", index).code == 0
    for path in study.glob("runs/*/manifest.json"):
        path.write_text(path.read_text().replace('"complete"', '"running"', 1))
        journal = path.parent / "calls.jsonl"
        journal.write_text(journal.read_text().replace('"ask":0', '"ask":7', 1))
    done = run(sandbox, "--jobs", 1)
    assert done.code == 3
    assert "The first 3 cells that ended all failed, so no more were begun." in done.err
    assert len([*study.glob("runs/*")]) == 4


def test_a_study_of_that_name_with_other_cells_is_another_study(sandbox: Sandbox, write: Write) -> None:
    write(BASE + MATRIX)
    assert run(sandbox).code == 0
    write(BASE + '[matrix]\nscope = ["global"]\nseed = [5]\n')
    done = run(sandbox)
    assert done.code == 2
    assert "holds another study of that name" in done.err


def test_a_folder_that_does_not_carry_the_mark_says_how_to_agree(
    sandbox: Sandbox, study: Path, tmp_path: Path, write: Write
) -> None:
    write(BASE + MATRIX)
    assert run(sandbox, "--cell", 0).code == 0
    assert sandbox("study", "run", "two", "--cell", 1).code == 0, "by its name"
    assert sandbox("study", "run", study, "--cell", 1).code == 0, "by its folder"
    moved = tmp_path / "received"
    shutil.copytree(study, moved)
    done = sandbox("study", "run", moved)
    assert done.code == 1
    assert done.err.splitlines()[-1].endswith("sandbox study run " + str(moved / "study.toml"))
    assert len([*moved.glob("runs/*")]) == 2, "nothing was run"
    assert sandbox("study", "run", moved / "study.toml").code == 0
    assert len([*moved.glob("runs/*")]) == 4
    assert len([*study.glob("runs/*")]) == 2


def endpoint(server: Server) -> str:
    return BASE.replace("scripted", "fake") + f'base_url = "{server.base_url}"\nconcurrency = 12\n'


def test_cells_share_check_probe_limits_and_the_budget_of_the_study(
    sandbox: Sandbox, study: Path, write: Write
) -> None:
    with serve(Behaviour(latency=0.002, most_at_once=12)) as server:
        write(endpoint(server) + MATRIX + "[budget]\ncalls = 100\n")
        done = run(sandbox)
        assert done.code == 4, done.err
        assert 96 <= len(server.requests) <= 101, "with one probe: never more, hardly less"
        write(endpoint(server) + MATRIX + "[budget]\ncalls = 100\n")
        done = run(sandbox, "--budget-calls", 10_000)
        assert done.code == 0, done.err
        assert set(server.answered) == {"200"}, "one limiter for all: never one too many"
        manifests = [json.loads(path.read_text()) for path in study.glob("runs/*/manifest.json")]
        assert sum(each["totals"]["calls"] for each in manifests) + 2 == len(server.requests), "none was asked twice"


def test_failed_interactions_are_told_and_asked_again(sandbox: Sandbox, write: Write) -> None:
    with serve(Behaviour(script=[None, None, "400", None])) as server:
        write(endpoint(server) + MATRIX)
        done = run(sandbox, "--jobs", 1)
        assert done.code == 3, done.err
        for said in (done.err, run(sandbox).err):
            assert "4 cells complete, 0 failed, 0 left." in said
            assert "In 1 complete cell interactions failed: --retry-failed asks for them again." in said
        assert run(sandbox, "--retry-failed").code == 0


@pytest.mark.slow
def test_cells_run_alone_stay_within_the_budget_together(sandbox: Sandbox, study: Path, write: Write) -> None:
    """Each has its share: jobs of an array know nothing of one another."""
    with serve() as server:
        write(endpoint(server) + MATRIX + "[budget]\ncalls = 60\n")
        assert [run(sandbox, "--cell", index).code for index in range(4)] == [4] * 4
        assert [len((study / "runs" / name / "calls.jsonl").read_text().splitlines()) for name in NAMES] == [15] * 4
        assert [run(sandbox, "--cell", index).code for index in range(4)] == [4] * 4
        assert len(server.requests) <= 60 + 8, "with a probe each"


def test_an_endpoint_that_is_not_there_fails_its_cells_alone(sandbox: Sandbox, write: Write) -> None:
    with serve() as server:
        write(
            endpoint(server)
            + '[matrix]\nsociety = ["here", "gone"]\nseed = [0, 1]\n[society.here]\n'
            + '[society.gone]\nmodel = "other"\nbase_url = "http://127.0.0.1:9/v1"\n'
        )
        done = run(sandbox)
    assert done.code == 3
    assert "2 cells complete, 2 failed, 0 left" in done.err
    assert "127.0.0.1:9" in done.err


def test_what_cannot_be_run_is_told_before_anything_is_made(sandbox: Sandbox, study: Path, write: Write) -> None:
    write(BASE + '[matrix]\nmodel = ["scripted", "gpt-4o"]\nseed = [1]\n')
    done = run(sandbox)
    assert (done.code, study.exists()) == (2, False)
    assert "OPENAI_API_KEY" in done.err
    shown = json.loads(run(sandbox, "--dry-run", "--json").out)
    assert shown["missing_keys"] == ["OPENAI_API_KEY"]
    assert [cell["calls"] for cell in shown["cells"]] == [28, 28]
    write(BASE + '[matrix]\nmodel = ["fake"]\n[budget]\nusd = 1.0\n')
    assert "there is no price for fake" in run(sandbox).err


def test_variables_beat_the_base_and_never_the_matrix(
    sandbox: Sandbox, study: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_SEED", "5")
    monkeypatch.setenv("SANDBOX_ROUNDS", "2")
    write(BASE + MATRIX)
    cells = json.loads(run(sandbox, "--dry-run", "--json").out)["cells"]
    assert [cell["values"]["seed"] for cell in cells] == [0, 1, 0, 1]
    assert {cell["calls"] for cell in cells} == {56}
