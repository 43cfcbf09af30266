"""A push changes what it said and nothing else; the hub is a loopback server here, and holds real commits."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from conftest import ROOT
from hub_standin import TOKEN, Hub, RefusedError, reach, reached
from huggingface_hub import constants
from tables import table

from sandbox.errors import SandboxError, UsageError
from sandbox.export.card.merge import marked
from sandbox.export.push import Pushed, checked_name, push

NAME = "me/society"
FRONT = "license: other\nconfigs: [dpo]\ntags: [sandbox]\n"


def card(facts: str, front: str = FRONT) -> str:
    return f"---\n{front}---\n\n{marked(facts)}"


def export(folder: Path, part: str = "dpo", facts: str = "Facts.", license_: str = "other") -> Path:
    """A folder as `sandbox export` leaves one, as far as a push looks at it."""
    rows = {
        f"data/{part}/train.parquet": b"PAR1" + part.encode() * 1000 + b"PAR1",
        f"data/{part}/train.jsonl": b'{"prompt":"%s"}\n' % part.encode(),
        f"origin/{part}/train.jsonl": b"[0]\n",
        f"trl/{part}.yaml": b"a: 1\n",
        f"axolotl/{part}.yaml": b"b: 1\n",
    }
    if part == "dpo":
        rows["dataset_info.json"] = b"{}"
    text = card(facts, FRONT.replace("other", license_)).encode()
    for path, content in {**rows, "manifest.json": manifest(*rows, license=license_), "README.md": text}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def manifest(*paths: str, **more: object) -> bytes:
    return orjson.dumps({"kind": "sandbox-export", "files": dict.fromkeys(paths, "a sha256"), **more})


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with reached(tmp_path, monkeypatch) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return export(tmp_path / "out")


def refused(folder: Path, name: str = NAME) -> str:
    with pytest.raises(SandboxError) as caught:
        push(folder, name)
    message = str(caught.value)
    assert not isinstance(caught.value, UsageError)
    assert 2 <= len(message.splitlines()) <= 3
    assert "://" not in message
    assert TOKEN not in message
    assert "SIGNED" not in message
    return message


def test_the_first_push_creates_a_private_repository_with_every_byte(
    hub: Hub, folder: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (folder / "notes.txt").write_text("not of the export")
    (folder / "data" / "dpo" / "notes.txt").write_text("not of the export")
    steps: list[tuple[str, int, int]] = []
    before = files(tmp_path)
    pushed = push(folder, NAME, progress=lambda *step: steps.append(step))
    repository = hub.repositories[NAME]
    sent = {path: content for path, content in files(folder).items() if "notes" not in path}
    assert {path: content for path, content in repository.files.items() if path != ".gitattributes"} == sent
    assert repository.private
    assert pushed == Pushed(f"{hub.url}/datasets/{NAME}", repository.sha, True, True, 8, 0, True, None)
    assert len(repository.commits) == 2
    total = sum(map(len, sent.values()))
    assert (len(steps), steps[-1]) == (8, ("uploading", total, total))
    assert steps == sorted(steps)
    assert capfd.readouterr() == ("", "")
    assert not any(TOKEN.encode() in body for body in [*hub.received, *repository.files.values()])
    left = set(files(tmp_path)) - set(before)
    assert left <= {"harnesses.json"}  # the client's own list of tools; neither token nor cache


def test_a_hub_that_never_answers_is_left(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = threading.Event()
    hub.before = lambda asked: "/datasets/" in asked and left.wait(60) and None
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.1)
    assert "no answer in time" in refused(folder)
    left.set()
    assert hub.called("POST") == []


def test_the_same_again_makes_no_commit(hub: Hub, folder: Path) -> None:
    first, again = push(folder, NAME), push(folder, NAME)
    assert (again.changed, again.created, again.commit, again.files) == (False, False, first.commit, 8)
    assert len(hub.repositories[NAME].commits) == 2
    assert len(hub.called("PUT /store/")) == 1


def test_a_hand_edit_outside_of_the_markers_stays(hub: Hub, folder: Path, tmp_path: Path) -> None:
    push(folder, NAME)
    repository = hub.repositories[NAME]
    mine = repository.files["README.md"].decode().replace("license: other", "license: mit\npretty_name: Ours")
    mine = mine.replace("<!-- sandbox:begin", "# By hand\r\n\r\n<!-- sandbox:begin") + "\n\tBelow  "
    read = repository.commit({"README.md": mine.encode()})
    pushed = push(export(tmp_path / "more", facts="More facts."), NAME)
    assert pushed.licence_kept == "mit"
    assert repository.files["README.md"].decode() == mine.replace(marked("Facts."), marked("More facts."))
    assert [commit.sha for commit in repository.commits[-2:]] == [read, pushed.commit]
    assert hub.called("resolve/")[0] == f"GET /datasets/{NAME}/resolve/{read}/README.md"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (card("Facts.").replace("Facts.", "Facts, mended."), "edited between the sandbox markers"),
        ("# By hand\n", "no sandbox markers"),
        (card("Facts.") + marked("twice"), "not one pair"),
        ("---\n[\n---\n", "front matter"),
        ("ä", "not UTF-8"),
    ],
)
def test_an_edit_that_would_be_lost_is_a_refusal(hub: Hub, folder: Path, text: str, why: str) -> None:
    push(folder, NAME)
    repository = hub.repositories[NAME]
    sha = repository.commit({"README.md": text.encode("latin-1")})
    asked = len(hub.asked)
    assert why in refused(folder)
    assert repository.sha == sha
    assert all(each.startswith("GET ") for each in hub.asked[asked:])


def test_what_an_earlier_export_wrote_goes_and_all_else_stays(hub: Hub, folder: Path, tmp_path: Path) -> None:
    push(folder, NAME)
    repository = hub.repositories[NAME]
    foreign = {"LICENSE": b"x", "data/dpo/notes.md": b"x", "data/mine/train.parquet": b"x", "trl/mine.yaml": b"x"}
    listed = manifest(*files(folder), "LICENSE", "data/gone", "data/../LICENSE")
    repository.commit({**foreign, "manifest.json": listed})
    new = export(tmp_path / "kto", part="kto")
    pushed = push(new, NAME)
    assert pushed.removed == 6
    assert repository.files == {**foreign, **files(new), ".gitattributes": repository.files[".gitattributes"]}
    assert len(repository.commits) == 4


def test_a_new_licence_replaces_the_last_one_that_we_wrote(hub: Hub, tmp_path: Path) -> None:
    for license_ in ("mit", "cc0-1.0"):
        assert push(export(tmp_path / license_, license_=license_), NAME).licence_kept is None
    assert b"license: cc0-1.0\n" in hub.repositories[NAME].files["README.md"]


def test_a_file_that_no_export_wrote_is_not_overwritten(hub: Hub, folder: Path) -> None:
    theirs = {"data/dpo/train.jsonl": b"by hand", "manifest.json": b'{"kind": "another"}'}
    repository = hub.create(NAME, theirs)
    assert "has data/dpo/train.jsonl, which no export wrote" in refused(folder)
    repository.commit({"data/dpo/train.jsonl": None, "manifest.json": None})
    assert not push(folder, NAME).created


@pytest.mark.parametrize(
    "text",
    [
        b"[",
        b"[]",
        b'{"kind": "sandbox-export"}',
        b'{"kind": "sandbox-export", "files": 1}',
        b'{"kind": "x", "files": {}}',
    ],
)
def test_a_manifest_that_cannot_be_read_proves_nothing(hub: Hub, folder: Path, text: bytes) -> None:
    hub.create(NAME, {"manifest.json": text})
    assert "has manifest.json, which no export wrote" in refused(folder)


def test_a_public_repository_and_the_default_card_of_the_hub(hub: Hub, folder: Path) -> None:
    repository = hub.create(NAME, {"README.md": b"---\nlicense: mit\n---\n"}, private=False)
    pushed = push(folder, NAME)
    assert (pushed.created, pushed.private, pushed.licence_kept) == (False, False, "mit")
    assert repository.files["README.md"].decode() == card("Facts.").replace("license: other", "license: mit")


def test_a_repository_that_does_not_come_out_private_gets_nothing(hub: Hub, folder: Path) -> None:
    hub.makes_private = False
    assert "public, so nothing was uploaded" in refused(folder)
    assert list(hub.repositories[NAME].files) == [".gitattributes"]


@pytest.mark.parametrize("moment", ["preupload", "/commit/"])
def test_a_race_with_somebody_loses_nothing(hub: Hub, folder: Path, tmp_path: Path, moment: str) -> None:
    push(folder, NAME)
    repository = hub.repositories[NAME]
    mine = repository.files["README.md"] + b"By hand.\n"

    def edit(asked: str) -> None:
        if moment in asked:
            hub.before = lambda asked: None
            repository.commit({"README.md": mine}, "the other")

    hub.before = edit
    more = export(tmp_path / "more", facts="More.")
    assert "somebody changed it meanwhile, so nothing was written\npush again" in refused(more)
    assert repository.commits[-1].message == "the other"
    push(more, NAME)
    assert repository.files["README.md"] == card("More.").encode() + b"By hand.\n"


def answer(part: str, status: int, code: str = "") -> Callable[[str], None]:
    def before(asked: str) -> None:
        if part in asked:
            raise RefusedError(status, code)

    return before


@pytest.mark.parametrize(
    ("part", "status", "why"),
    [
        ("GET /api/datasets/me/society", (401, "RepoNotFound"), "does not take the token"),
        ("GET /api/datasets/me/society", (403, "GatedRepo"), "may not write"),
        ("GET /api/datasets/me/society", (503, ""), "HTTP 503"),
        ("repos/create", (403, ""), "may not write"),
        ("repos/create", (409, ""), "may not see it"),
        ("resolve", (404, "EntryNotFound"), "not there"),
        ("preupload", (403, ""), "may not write"),
        ("info/lfs", (404, "RepoNotFound"), "may not see it"),
        ("/store/", (403, ""), "HTTP 403"),
        ("/commit/", (400, ""), "HTTP 400"),
        ("/commit/", (409, ""), "being changed"),
        ("/commit/", (413, ""), "HTTP 413"),
        ("/commit/", (500, ""), "HTTP 500"),
    ],
)
def test_a_hub_that_refuses_is_asked_no_more(
    hub: Hub, folder: Path, part: str, status: tuple[int, str], why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if part == "resolve":
        hub.create(NAME, {"README.md": b"---\nlicense: mit\n---\n"})
    hub.before = answer(part, *status)
    message = refused(folder)
    assert message.startswith(f"cannot push to {NAME} on 127.0.0.1: ")
    assert why in message.splitlines()[0]
    assert part in hub.asked[-1]
    assert len(hub.called(part)) == 1
    assert NAME not in hub.repositories or len(hub.repositories[NAME].commits) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("token", ["hf_another", "hf_\x01the-secret-of-the-tests", "hf_schlüssel"])
def test_a_wrong_token_is_not_repeated(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    message = refused(folder)
    assert "hf auth login" in message
    assert token[4:] not in message
    assert hub.repositories == {}


def test_without_a_token_nobody_is_asked(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert "there is no token" in refused(folder)
    assert hub.asked == []


def test_a_token_of_a_login_is_found(hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(TOKEN + "\n")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    assert push(folder, NAME).created


def test_of_somebody_else(hub: Hub, folder: Path) -> None:
    assert "the token may not write there" in refused(folder, "them/society")


def test_without_a_network(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens there: connections are refused
        reach(f"http://user:secret@127.0.0.1:{bound.getsockname()[1]}", monkeypatch)
        message = refused(folder)
    assert "it cannot be reached" in message
    assert "secret" not in message
    assert (hub.asked, waits) == ([], [])


def test_something_that_is_no_hub(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(hub.url + "/datasets/me/pages/resolve/main", monkeypatch)
    hub.create("me/pages", {f"api/datasets/{NAME}": b"<html>"})
    assert "no Hugging Face hub" in refused(folder)


def test_offline(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "offline mode is on (HF_HUB_OFFLINE)" in refused(folder)
    assert hub.asked == []


def test_a_card_that_the_hub_does_not_take(hub: Hub, tmp_path: Path) -> None:
    bad = export(tmp_path / "bad", license_="not-a-licence")
    assert 'it says of the card: "- "license" must be one of [mit]"' in refused(bad)


def test_a_gitignore_that_hides_rows(hub: Hub, folder: Path) -> None:
    repository = hub.create(NAME, {".gitignore": b"*.jsonl\n"})
    assert "leaves data/dpo/train.jsonl out" in refused(folder)
    assert len(repository.commits) == 1


@table("name", ["society", "a/b/c", "me/", "/x", "me/a--b", "me/a.git", "me/ä", "me/x\n", "", "me/" + "x" * 99])
def test_names_that_no_repository_has(name: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="write ORG/NAME"):
        push(folder, name)
    assert checked_name(NAME) == NAME


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text('{"kind": "another"}'),
        lambda folder: (folder / "manifest.json").write_bytes(manifest("data/../../secret", "data/gone", "README.md")),
        lambda folder: (folder / "README.md").unlink(),
        lambda folder: (folder / "README.md").write_bytes(b"\xff"),
        lambda folder: (folder / "README.md").write_text(card("Facts.").replace("Facts.", "Lies.")),
    ],
)
def test_a_folder_that_is_no_export_is_not_pushed(hub: Hub, folder: Path, damage: Callable[[Path], object]) -> None:
    damage(folder)
    with pytest.raises(UsageError, match=r"README\.md|lacks data/gone"):
        push(folder, NAME)
    assert hub.asked == []


@pytest.mark.parametrize("name", ["README.md", "manifest.json", "data/dpo/train.jsonl", "data"])
def test_what_a_link_points_to_is_not_published(hub: Hub, folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).rename(tmp_path / "secret")
    (folder / name).symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match=rf"{name}: it is .*, and nothing else is published"):
        push(folder, NAME)
    assert hub.asked == []


@pytest.mark.slow
def test_the_environment_holds(hub: Hub, folder: Path, tmp_path: Path) -> None:
    def run(**more: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        env = {**own, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
        program = (
            "import sys, pathlib; from sandbox.export.push import push; print(push(pathlib.Path('out'), sys.argv[1]))"
        )
        command = [sys.executable, "-W", "error", "-c", program, NAME]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**env, "PYTHONPATH": str(ROOT), **more},
            capture_output=True,
            text=True,
            check=False,
        )

    pushed = run(HF_TOKEN=TOKEN)
    assert pushed.stderr == ""
    assert hub.repositories[NAME].sha in pushed.stdout
    offline = run(HF_TOKEN=TOKEN, HF_HUB_OFFLINE="1")
    assert "offline mode is on" in offline.stderr
    stored_otherwise = run(HF_TOKEN=TOKEN, HF_HUB_DISABLE_XET="0")  # a store that the stand-in has not
    assert "its client could not do it" in stored_otherwise.stderr.splitlines()[-2]
    assert "://" not in stored_otherwise.stderr.splitlines()[-2]
    assert TOKEN not in pushed.stdout + offline.stderr + stored_otherwise.stderr
    assert TOKEN.encode() not in b"".join(files(tmp_path).values())
