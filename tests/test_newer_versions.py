"""Manifests of newer versions say so in every command, and what is merely damaged does not."""

import json
from pathlib import Path

from conftest import Sandbox
from tables import table

from sandbox import __version__


def newer(**changes: object) -> dict[str, object]:
    return {"sandbox": "12.3.4", **changes}


COMMANDS = (("inspect", "one"), ("export", "one", "--format", "dpo", "--out", "set"), ("simulate", "--resume", "one"),
            ("simulate", "--replay", "one"), ("inspect", "one", "one"))  # fmt: skip


@table(
    ("changes", "named"),
    [
        (
            newer(schema=2),
            f"A newer sandbox, 12.3.4, wrote it, and this one is {__version__}: update sandbox to read it.",
        ),
        ({"schema": 2}, f"A newer sandbox, of schema 2, wrote it, and this one is {__version__}: update"),
        (newer(schema=2, sandbox=None), "A newer sandbox, of schema 2, wrote it"),
        (newer(schema=2, sandbox="\x1b[2J"), "A newer sandbox, of schema 2, wrote it"),
        (newer(weather="fine"), "A newer sandbox, 12.3.4, wrote it"),
        (newer(status="paused"), "A newer sandbox, 12.3.4, wrote it"),
        (newer(sandbox="9.2", weather="fine"), "A newer sandbox, 9.2, wrote it"),
        (newer(kind="interview"), "A newer sandbox, 12.3.4, wrote it"),
    ],
)
def test_a_manifest_of_a_newer_version_says_so(
    sandbox: Sandbox, made_run: Path, changes: dict[str, object], named: str
) -> None:
    text = (made_run / "manifest.json").read_text()
    (made_run / "manifest.json").write_text(json.dumps(json.loads(text) | changes))
    for words in COMMANDS:
        done = sandbox(*words)
        assert done.code in (1, 2), words
        assert named in done.err, words
        assert len(done.err.splitlines()) <= 3
    assert ("kind" in changes) == (named not in sandbox("inspect").err)
    (made_run / "manifest.json").write_text(text)


def test_damage_is_not_blamed_on_a_newer_version(sandbox: Sandbox, made_run: Path) -> None:
    document = json.loads((made_run / "manifest.json").read_text())
    for changes in ({"weather": "fine"}, {"sandbox": "0.0.9", "weather": "fine"}, {"sandbox": 7}):
        (made_run / "manifest.json").write_text(json.dumps(document | changes))
        done = sandbox("inspect", "one")
        assert (done.code, "newer" in done.err) == (1, False)
