"""`sandbox export --push`: only what was asked for and checked reaches the hub, which is a loopback server here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from exported import export
from hub_standin import TOKEN, Hub, RefusedError, reached

NAME = "me/society"


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with reached(tmp_path_factory.mktemp("hub"), monkeypatch) as server:
        yield server


def test_nothing_is_pushed_unasked(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = export(sandbox, tmp_path, scripted_run(sandbox, tmp_path), "--format", "dpo")
    assert sandbox("export", "--check", folder.path).code == 0
    assert not hub.repositories


def test_an_export_is_checked_and_pushed_whole(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = export(sandbox, tmp_path, scripted_run(sandbox, tmp_path), "--format", "dpo", "--push", NAME)
    assert "(private) was made" in folder.done.out
    there = hub.repositories[NAME].files
    assert {path: content for path, content in there.items() if path != ".gitattributes"} == folder.files()
    again = sandbox("export", "--check", folder.path, "--push", NAME)
    assert again.code == 0
    assert "nothing was pushed" in again.out
    assert TOKEN not in folder.done.out + folder.done.err + again.out + again.err


def test_what_a_trainer_would_stumble_over_is_not_pushed(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = export(sandbox, tmp_path, scripted_run(sandbox, tmp_path), "--format", "kto")
    rows = folder.path / "data" / "kto" / "train.jsonl"
    rows.write_text(rows.read_text().replace("true", "1"))
    refused = sandbox("export", "--check", folder.path, "--push", NAME)
    assert refused.code == 1
    assert not hub.repositories


def test_a_push_is_for_the_trainers_of_the_folder(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = export(sandbox, tmp_path, scripted_run(sandbox, tmp_path), "--format", "dpo")
    refused = sandbox("export", "--check", folder.path, "--for", "axolotl", "--push", NAME)
    assert refused.code == 2
    assert "leave out --for" in refused.err
    assert not hub.repositories


def test_nothing_is_pushed_from_beside_a_received_folder(
    hub: Hub, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    made = export(sandbox, tmp_path, scripted_run(sandbox, tmp_path), "--format", "dpo").path
    for path in ("README.md", "manifest.json", "trl/dpo.yaml", "trl"):
        there = (made / path).rename(tmp_path_factory.mktemp("private") / "notes")
        (made / path).symlink_to(there)
        refused = sandbox("export", "--check", made, "--push", NAME)
        shown = " ".join((refused.out + refused.err).split())
        assert (refused.code, "it is a link that leads out of the folder" in shown) == (1, True), shown
        (made / path).unlink()
        there.rename(made / path)
    assert not hub.repositories


def test_json_stays_one_document(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    folder = export(sandbox, tmp_path, run, "--format", "sft", "--push", NAME, "--json")
    assert json.loads(folder.done.out)["parts"] == folder.manifest["parts"]
    assert "was made" in folder.done.err
    assert NAME in hub.repositories


def test_what_cannot_be_pushed_costs_no_export(
    hub: Hub, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scripted_run(sandbox, tmp_path)

    def refused(name: str) -> tuple[int, str]:
        done = sandbox("export", run, "--format", "sft", "--out", "out", "--push", name)
        assert not (tmp_path / "out").exists()
        assert not hub.repositories
        assert TOKEN not in done.err
        return done.code, done.err

    code, said = refused("no-slash")
    assert (code, "ORG/NAME" in said, hub.asked) == (2, True, [])
    code, said = refused("somebody/society")
    assert (code, "somebody is neither you nor an organisation of yours" in said) == (1, True)
    assert f"push to {NAME}" in said
    hub.role = "read"
    code, said = refused(NAME)
    assert (code, "may only read" in said) == (1, True)
    monkeypatch.setenv("HF_TOKEN", "hf_a-wrong-one")
    code, said = refused(NAME)
    assert (code, "does not take the token" in said) == (1, True)
    monkeypatch.delenv("HF_TOKEN")
    asked = len(hub.asked)
    code, said = refused(NAME)
    assert (code, "there is no token" in said, len(hub.asked)) == (1, True, asked)


@pytest.mark.parametrize("status", [403, 200])
def test_a_hub_that_does_not_say_who_we_are_is_pushed_to(
    hub: Hub, sandbox: Sandbox, tmp_path: Path, status: int
) -> None:
    def quiet(asked: str) -> None:
        if "whoami" in asked and status != 200:
            raise RefusedError(status)

    hub.before, hub.role = quiet, "fineGrained"
    folder = export(sandbox, tmp_path, scripted_run(sandbox, tmp_path), "--format", "sft", "--push", NAME)
    assert "(private) was made" in folder.done.out
