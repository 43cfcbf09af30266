"""Runs that are rated, and the files that say on what. Knows the command."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import Sandbox
from example_runs import TINY
from fake_endpoint import Server
from fake_endpoint.bodies import Body

SPEED = """{% block system %}Rate how quick the answer reads.{% endblock %}
{% block user %}{{ question | fence("question") }}
{{ text | fence("answer") }}
Reply with JSON: {"reason": "...", "rating": number}{% endblock %}
"""


def tiny_run(sandbox: Sandbox, server: Server, *words: object, model: str = "fake") -> None:
    """The run `one` of 4 agents and 2 rounds, observed by `model`: 16 texts."""
    common = ("--model", model, "--base-url", server.base_url, "--rounds", 2, "--run-id", "one")
    done = sandbox("simulate", *TINY, *common, *words)
    assert done.code == 0, done.err


def keyed_run(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The run `keyed` of 4 scripted agents: of four questions one has options, one a key in free text, two no key."""
    rows = [
        {"question": "Which is red?", "options": ["A leaf", "A rose"], "gold": 1, "material": "Roses are red."},
        {"question": "How many are two and two?", "gold": "four"},
        {"question": "Why is it so?"},
        {"question": "Who says so?"},
    ]
    path = tmp_path / "keyed.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    words = ("--questions", path, "--embedder", "hash", "--labels", "none", "--grid", 2, "--neighbours", 1)
    done = sandbox("simulate", "--model", "scripted", *words, "--run-id", "keyed")
    assert done.code == 0, done.err
    return tmp_path / "runs" / "keyed"


def write_dimensions(folder: Path, text: str, **templates: str) -> Path:
    """A file of dimensions, with templates beside it: `speed.jinja` unless others are given."""
    for name, source in (templates or {"speed": SPEED}).items():
        (folder / f"{name}.jinja").write_text(source)
    path = folder / "dimensions.toml"
    path.write_text(text)
    return path


def asked(server: Server) -> list[Body]:
    """What was asked of an observer: bodies that want a rating, but for probes."""
    return [body for body in server.requests if "ate the alignment" in said(body) or "ate the engagement" in said(body)]


def said(body: Mapping[str, Any]) -> str:
    """All that was sent."""
    return "\n".join(str(message["content"]) for message in body["messages"])


def scores(folder: Path) -> list[dict[str, Any]]:
    """The lines of a rating."""
    return [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]


def document(folder: Path) -> dict[str, Any]:
    """The manifest of a rating."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found
