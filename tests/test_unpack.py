"""Archives of others: whatever one says or holds, nothing lands outside of its folder, and half a folder nowhere."""

import gzip
import hashlib
import json
import lzma
import os
import signal
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox

from sandbox.commands import packing as commands
from sandbox.packing.tar import END, head, padding

Member = tuple[bytes, bytes]  # a head, and what follows it without its padding
Parts = tuple[dict[str, Any], list[Member]]
MANIFEST = b'{"kind": "simulation"}\n'


def parts(kind: str = "simulation", **more: bytes) -> Parts:
    """A list and its members, as `sandbox pack` would write them, of a folder that is hardly more than a manifest."""
    contents = {"manifest.json": MANIFEST, **more}
    listed = [
        {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(contents.items())
    ]
    members = [(head(f"one/{path}", len(content)), content) for path, content in sorted(contents.items())]
    return {"schema": 1, "kind": kind, "name": "one", "sandbox": "0.1.0", "files": listed}, members


def tarred(listed: dict[str, Any], members: Sequence[Member], end: bytes = END) -> bytes:
    told = json.dumps(listed).encode()
    every = [(head("one/pack.json", len(told)), told), *members]
    return b"".join(first + content + padding(len(content)) for first, content in every) + end


def foreign(name: str, kind: bytes, link: str = "") -> Member:
    """A member such as other tools write: a link, a folder, a device."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii"), b""


def listing(change: Callable[[dict[str, Any]], object]) -> bytes:
    listed, members = parts()
    change(listed)
    return tarred(listed, members)


def renamed(path: str) -> bytes:
    """The list and a head say `path`."""
    listed, members = parts()
    listed["files"].append({"path": path, "bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()})
    return tarred(listed, [*members, (head(f"one/{path}", 1), b"x")])


def beside(*members: Member) -> bytes:
    """Members that the list does not know, in the place of its own."""
    listed, _ = parts()
    return tarred(listed, members)


def longer() -> bytes:
    """A member of more blocks than its list and its head say."""
    listed, ((first, content),) = parts()
    return tarred(listed, [(first, content.ljust(512, b"\0") + b"x" * 512)])


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "parent": (lambda: renamed("../x"), "../x, which could lead out of the folder"),
    "parent inside": (lambda: renamed("prompts/../../x"), "prompts/../../x, which could lead out of the folder"),
    "absolute": (lambda: renamed("/x"), "/x, which could lead out of the folder"),
    "drive": (lambda: renamed("c:x"), "c:x, which could lead out of the folder"),
    "backslash": (lambda: renamed("..\\x"), r"..\\x, which could lead out of the folder"),
    "control": (lambda: renamed("a\x1b[2Jb"), r"a\x1b[2Jb, which could lead out of the folder"),
    "hidden": (lambda: renamed(".lock"), ".lock, which no simulation has"),
    "unknown": (lambda: renamed("notes.txt"), "notes.txt, which no simulation has"),
    "device name": (lambda: renamed("prompts/nul.jinja"), "prompts/nul.jinja, which no simulation has"),
    "twice": (lambda: listing(lambda each: each["files"].extend(each["files"])), "manifest.json stands twice"),
    "capitals": (
        lambda: tarred(*parts(**{"prompts/A.jinja": b"", "prompts/a.jinja": b""})),
        "two files differ from prompts/a.jinja only in capitals",
    ),
    "no manifest": (lambda: listing(lambda each: each["files"].clear()), "it has no manifest.json"),
    "another kind": (lambda: tarred(*parts("rating")), "it is of kind simulation by its manifest, and rating"),
    "no kind": (lambda: listing(lambda each: each.update(kind="x")), "kind is none of 'simulation'"),
    "newer": (lambda: listing(lambda each: each.update(schema=2)), "pack.json is no list of schema 1: schema"),
    "no name": (lambda: listing(lambda each: each.update(name="../one")), "name is not of the form"),
    "another name": (
        lambda: listing(lambda each: each.update(name="two")),
        "pack.json says that it is two, and lies in one",
    ),
    "far more": (lambda: listing(lambda each: each["files"][0].update(bytes=1 << 40)), "it would unpack to 1099.5 GB"),
    "link": (
        lambda: beside(foreign("one/manifest.json", tarfile.SYMTYPE, "/etc/x")),
        "one/manifest.json is no regular",
    ),
    "hard link": (
        lambda: beside(foreign("one/manifest.json", tarfile.LNKTYPE, "x")),
        "one/manifest.json is no regular",
    ),
    "folder": (lambda: beside(foreign("one/prompts", tarfile.DIRTYPE)), "one/prompts is no regular file"),
    "pipe": (lambda: beside(foreign("one/manifest.json", tarfile.FIFOTYPE)), "one/manifest.json is no regular file"),
    "elsewhere": (lambda: beside((head("../x", 1), b"x")), "../x stands where one/manifest.json belongs"),
    "size": (lambda: beside((head("one/manifest.json", 1), b"x")), "has 1 bytes, and 23 by its list"),
    "digest": (lambda: beside((parts()[1][0][0], MANIFEST[::-1])), "manifest.json is not what its list says"),
    "padding": (
        lambda: beside((parts()[1][0][0], MANIFEST.ljust(512, b"x"))),
        "manifest.json is longer than its list says",
    ),
    "longer": (longer, "something follows that is not in its list"),
    "one more": (
        lambda: tarred(parts()[0], [*parts()[1], (head("one/x", 1), b"x")]),
        "something follows that is not in",
    ),
    "no end": (lambda: tarred(*parts(), end=b""), "it ends too early"),
    "more behind": (lambda: tarred(*parts(), end=END * 2), "something follows that is not in its list"),
    "list too long": (lambda: head("one/pack.json", 1 << 40), "it is no archive of sandbox pack"),
    "no list": (lambda: beside()[1024:], "it is no archive of sandbox pack"),
    "no tar": (lambda: b"x" * 2048, "it is no archive of sandbox pack"),
    "no JSON": (
        lambda: head("one/pack.json", 3) + b"[1,".ljust(512, b"\0"),
        "pack.json is no list of schema 1: not JSON",
    ),
}


def refused(sandbox: Sandbox, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.tar.xz").write_bytes(content)
    before = set(tmp_path.rglob("*"))
    done = sandbox("unpack", "x.tar.xz", "-o", "deep/er/out")
    assert (done.code, done.out) == (2, ""), said
    assert said in done.err.splitlines()[0], done.err
    assert done.err.isascii()
    assert set(tmp_path.rglob("*")) == before, said


def test_an_archive_made_here_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.tar.xz").write_bytes(lzma.compress(tarred(*parts())))
    done = sandbox("unpack", "x.tar.xz")
    assert done.code == 0, done.err
    assert (tmp_path / "runs" / "one" / "manifest.json").read_bytes() == MANIFEST
    assert (
        "x.tar.xz is a file, and a run is a folder. Unpack it: sandbox unpack x.tar.xz"
        in sandbox("inspect", "x.tar.xz").err
    )


def test_what_an_archive_is_not_to_hold_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    for made, said in CASES.values():
        refused(sandbox, tmp_path, lzma.compress(made()), said)


def test_what_is_no_whole_archive_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    whole = lzma.compress(tarred(*parts()))
    wide = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 64 << 20}]
    cases = {
        "cut": (whole[:-30], "it ends too early"),
        "cut at once": (whole[:3], "it ends too early"),
        "empty": (b"", "it ends too early"),
        "flipped": (whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:], "it is no xz file, or damaged"),
        "text": (b"first: a run\n" * 9, "it is no xz file, or damaged"),
        "two": (whole * 2, "something follows"),
        "padded": (whole + b"\0" * 4, "something follows"),
        "another packing": (gzip.compress(tarred(*parts())), "it is no xz file, or damaged"),
        "wants memory": (lzma.compress(tarred(*parts()), filters=wide), "it is no xz file, or damaged"),
    }
    for name, (content, said) in cases.items():
        refused(sandbox, tmp_path, content, said)
        assert len(content) < 10_000, name


def test_nothing_is_overwritten_and_what_is_no_file_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.tar.xz").write_bytes(lzma.compress(tarred(*parts())))
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "one").symlink_to("nowhere")
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    cases = (
        (("x.tar.xz",), "runs/one is there already, and nothing is ever overwritten."),
        (("x.tar.xz", "-o", "."), ". is there already"),
        (("x.tar.xz", "-o", "file/one"), "file/one cannot be made: file is no folder."),
        (("y.tar.xz",), "y.tar.xz: cannot be read: No such file or directory."),
        (("runs",), "runs: cannot be read: it is a folder where a regular file belongs."),
        (("pipe",), "pipe: cannot be read: it is a pipe where a regular file belongs."),
        ((), "FILE is missing: sandbox unpack FILE."),
    )
    before = set(tmp_path.rglob("*"))
    for words, said in cases:
        done = sandbox("unpack", *words)
        assert (done.code in (1, 2), said in done.err) == (True, True), done.err
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_nothing(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    (tmp_path / "x.tar.xz").write_bytes(lzma.compress(tarred(*parts())))
    before = set(tmp_path.rglob("*"))

    def interrupt(*_: object) -> None:
        assert list((tmp_path / "new").iterdir())
        os.kill(os.getpid(), number)

    monkeypatch.setattr(commands, "_told", lambda *_: interrupt)
    assert sandbox("unpack", "x.tar.xz", "--runs", "new").code == 130
    assert set(tmp_path.rglob("*")) == before
