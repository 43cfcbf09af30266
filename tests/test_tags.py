"""Tags and notes of runs: beside the run and never in its bytes, harmless, and what a list is filtered by."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import contents, scripted_run
from study_folders import study_of_four

from sandbox.runs.tags import Tags, path_of, read_tags


def names(sandbox: Sandbox, *options: object) -> list[str]:
    return [item["run_id"] for item in json.loads(sandbox("inspect", "--json", *options).out)]


def test_tags_are_given_shown_and_taken_away_beside_the_run(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    before = contents(made_run)
    scripted_run(sandbox, tmp_path, "two", seed=1)
    done = sandbox("tag", "one", "two", "--add", "baseline,x", "--add", "y", "--note", "first\nError: no \x1b[2J")
    assert (done.code, done.err) == (0, "")
    said = r"  first\nError: no \x1b[2J"
    assert done.out == f"one: baseline, x, y\n{said}\ntwo: baseline, x, y\n{said}\n"
    assert sandbox("tag", "one").out == f"one: baseline, x, y\n{said}\n"
    assert sandbox("tag", "one", "--remove", "x", "--add", "z").out.startswith("one: baseline, y, z\n")
    (told,) = json.loads(sandbox("tag", "one", "--json").out)
    assert (told["tags"], told["note"]) == (["baseline", "y", "z"], "first\nError: no \x1b[2J")
    assert contents(made_run) == before
    assert read_tags(made_run).model_dump() == read_tags(tmp_path / "runs" / "." / "one").model_dump()
    text = sandbox("inspect", "one").out
    assert "\ntags: baseline, y, z\nnote: first\\nError: no \\x1b[2J\n" in text
    assert json.loads(sandbox("inspect", "one", "--json").out)["tags"] == ["baseline", "y", "z"]
    assert sandbox("tag", "one", "--remove", "baseline,y,z", "--no-note").out == "one: no tags\n"
    assert not path_of(made_run).exists()


def test_no_tag_is_lost_where_several_give_some_at_once(made_run: Path, tmp_path: Path) -> None:
    tags = [f"t{number}" for number in range(6)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = [subprocess.Popen([*COMMAND, "tag", "one", "--add", tag], cwd=tmp_path, env=environment) for tag in tags]
    assert [each.wait() for each in told] == [0] * len(tags)
    assert sorted(read_tags(made_run).tags) == tags
    assert {path.name for path in made_run.parent.iterdir()} == {"one", "one.tags.json"}


def test_the_list_shows_tags_and_is_filtered_by_them(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "two", seed=1)
    assert "tags" not in sandbox("inspect").out
    sandbox("tag", "one", "--add", "baseline,x", "--note", "why")
    sandbox("tag", "two", "--add", "x")
    assert "baseline, x" in sandbox("inspect").out
    assert names(sandbox, "--tag", "baseline") == ["one"]
    assert set(names(sandbox, "--tag", "x")) == {"one", "two"}
    assert names(sandbox, "--tag", "x", "--tag", "baseline") == ["one"]
    (item,) = json.loads(sandbox("inspect", "--json", "--tag", "baseline").out)
    assert (item["tags"], item["note"]) == (["baseline", "x"], "why")
    assert "None of the 2 runs in runs fits.\n" in sandbox("inspect", "--tag", "none").out
    assert "fits. Did you mean 'baseline'?\n" in sandbox("inspect", "--tag", "x,basline").out
    refused = sandbox("inspect", "one", "--tag", "x")
    assert (refused.code, "--tag chooses from the list of runs" in refused.err) == (2, True)


def test_cells_and_studies_have_tags_of_their_own(sandbox: Sandbox, tmp_path: Path) -> None:
    study = study_of_four(sandbox, tmp_path)
    cell = min(path.name for path in (study / "runs").iterdir())
    assert sandbox("tag", f"{study.name}/{cell}", "--add", "odd").code == 0
    assert sandbox("tag", study.name, "--add", "paper").code == 0
    assert (study / "runs" / f"{cell}.tags.json").is_file()
    assert names(sandbox, study.name, "--tag", "odd") == [cell]
    assert names(sandbox, "--tag", "paper") == [study.name]
    assert sandbox("study", "show", study.name).code == 0


def test_evaluations_and_ratings_have_tags_and_settings_to_go_by(
    sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox("rate", "one", "--texts", 4, "--seed", 3).code == 0
    words = ("--suite", "starter", "--limit", 1, "--model", "scripted", "--seed", 4, "--run-id", "asked")
    assert sandbox("evaluate", *words).code == 0
    assert sandbox("tag", "one.scripted", "asked", "--add", "checked", "--note", "by hand").code == 0
    for name in ("one.scripted", "asked"):
        assert "\ntags: checked\nnote: by hand\n" in sandbox("inspect", name).out
    listed = {
        ("--tag", "checked"): ["asked", "one.scripted"],
        ("--where", "seed=4"): ["asked"],
        ("--where", "seed=3"): ["one.scripted"],
        ("--where", "judge=scripted"): ["asked"],
        ("--where", "suite=starter", "--tag", "checked"): ["asked"],
        ("--where", "labels=mixed"): ["one"],
    }
    for asked, wanted in listed.items():
        found = json.loads(sandbox("inspect", "--json", *asked).out)
        assert sorted(item.get("run_id") or item["name"] for item in found) == wanted, asked
    monkeypatch.setenv("_SANDBOX_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "sandbox\ninspect\n--tag\nch")
    monkeypatch.setenv("COMP_CWORD", "3")
    (made_run.parent / "odd.tags.json").write_text('{"tags": ["chilly\\u001b", 3, "chosen"]}')
    (made_run.parent / "worse.tags.json").write_text("[" * 10_000)
    studies = made_run.parent.with_name("studies")
    studies.mkdir()
    (studies / "small.tags.json").write_text('{"tags": ["chart", "checked"]}')
    assert sandbox().out.split() == ["chart", "checked", "chosen"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("one", "--add", "a b"), "--add 'a b': wanted is up to 40 letters, digits"),
        (("one", "--add", "x" * 41), "wanted is up to 40 letters, digits"),
        (("one", "--note", "x" * 2001), "wanted is a text of up to 2,000 characters."),
        (("one", "--note", "\udcff"), "wanted is a text of up to 2,000 characters."),
        (("one", "--remove", "bse"), "--remove bse: nothing named here has it. Did you mean 'base'?"),
        (("one", "--add", "x", "--remove", "x"), "x is to be given and to be taken away"),
        (("one", "--note", "x", "--no-note"), "--note and --no-note contradict each other"),
        (("one", "--note", "two", "words"), "words: no such run, as a path or in runs.\nWords that belong together"),
        (("ona", "--add", "x"), "ona: no such run, as a path or in runs. Did you mean 'one'?\nList them: sandbox"),
        (
            ("one", "--add", ",".join(f"t{number}" for number in range(101))),
            "would have 102 tags, and 100 are the most",
        ),
        ((), "RUN is missing: sandbox tag RUN."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    sandbox: Sandbox, made_run: Path, words: tuple[str, ...], said: str
) -> None:
    sandbox("tag", "one", "--add", "base")
    before = path_of(made_run).read_bytes()
    done = sandbox("tag", *words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert path_of(made_run).read_bytes() == before


def _link(file: Path) -> None:
    file.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_text("{"),
        lambda file: file.write_text('{"schema": 1, "tags": ["\\u001b[2J"]}'),
        lambda file: file.write_text(json.dumps({"schema": 1, "note": "x" * 2001})),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_bytes(b" " * ((1 << 20) + 1)),
        os.mkfifo,
        _link,
        Path.mkdir,
    ],
)
def test_a_file_of_somebody_else_is_told_and_hides_no_run(sandbox: Sandbox, made_run: Path, spoil: Any) -> None:
    spoil(path_of(made_run))
    for words in (("inspect",), ("inspect", "one")):
        done = sandbox(*words)
        assert (done.code, "complete" in done.out) == (0, True)
        assert "one.tags.json: " in done.out + done.err
        assert "\x1b" not in done.out + done.err
    refused = sandbox("tag", "one", "--add", "x")
    assert (refused.code, "one.tags.json: " in refused.err) == (1, True)


def test_a_newer_record_says_so(sandbox: Sandbox, made_run: Path) -> None:
    path_of(made_run).write_text('{"schema": 2, "stars": 5}')
    assert "newer" in sandbox("tag", "one").err
    assert Tags().model_dump() == {"schema": 1, "tags": (), "note": None, "changed": None}
