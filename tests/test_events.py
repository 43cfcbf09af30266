"""The page of events has every event that commands write, with each of its fields, and no other."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conftest import ROOT, Sandbox

from sandbox.progress.training import Measured, Stepped, TrainingStarted
from sandbox.runs.training.records import StepLine
from sandbox.suites.fetch import Fetched

PAGE = ROOT / "docs" / "reference" / "events.md"
FORMAT = ROOT / "docs" / "format.md"
OF_STUDIES = {"cell", "index"}
SMALL = "--model scripted --questions starter --embedder hash --grid 2 --prior-size 3 --neighbours 2"
STUDY = """
name = "pair"
[base]
model = "scripted"
questions = "starter"
embedder = "hash"
grid = 2
prior_size = 3
neighbours = 2
[matrix]
seed = [0, 1]
"""


def literals() -> Iterator[tuple[str, set[str]]]:
    """Every dictionary of the code that is an event: its name and its keys, as far as they are written there."""
    for path in (ROOT / "sandbox").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if '"event": "' in text else ():
            pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
            items = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
            if isinstance(name := items.get("event"), ast.Constant):
                yield name.value, set(items)


def documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, place = json.JSONDecoder(), 0
    while text[place:].strip():
        document, place = decoder.raw_decode(text, place + len(text[place:]) - len(text[place:].lstrip()))
        yield document


def heard(sandbox: Sandbox, folder: Path) -> Iterator[dict[str, Any]]:
    """What commands write with `--json`; of a training, what its events say of themselves."""
    (folder / "pair.toml").write_text(STUDY)
    asked = "--suite starter-choice --model scripted"
    for line in (
        f"simulate {SMALL} --run-id one", f"simulate {SMALL} --dry-run", "simulate --replay one",
        "rate one --observer-model scripted --name again", "rate one --observer-model scripted --dry-run",
        "rate --replay one.again", f"evaluate {asked} --run-id asked", f"evaluate {asked} --dry-run",
        "evaluate --replay asked", "evaluate --export lm-eval --out files asked",
        "study run pair.toml --dry-run", "study run pair.toml",
    ):  # fmt: skip
        done = sandbox(*line.split(), "--json")
        assert done.code == 0, (line, done.err)
        yield from documents(done.out)
    step = StepLine(step=1, loss=0.5, parts={}, rate=0.1, gradient_norm=1.0, tokens=9)
    yield from (
        each.document() for each in (TrainingStarted("a", folder, 1, 1), Stepped(step), Measured("test", "before", {}))
    )
    yield {"event": "fetched", **dict.fromkeys(Fetched._fields)}


def sections(page: Path) -> dict[str, str]:
    """What stands below each heading of a page."""
    _, *parts = re.split(r"^#{2,} (.+)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def named(section: str) -> set[str]:
    """What stands as code in the first column of its tables."""
    rows = re.findall(r"^\| (`.+?) \|", section, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_page_of_events_has_each_with_its_fields_and_no_other(sandbox: Sandbox, tmp_path: Path) -> None:
    explained = {heading.lower().replace(" ", "-"): text for heading, text in sections(FORMAT).items()}
    said: dict[str, set[str]] = defaultdict(set)
    for document in heard(sandbox, tmp_path):
        said[document["event"]] |= document.keys() - {"event"}
    for event, keys in literals():
        said[event] |= keys - {"event"}
    shown = {event: named(section) for event, section in sections(PAGE).items()}
    assert {event: fields for event, fields in shown.items() if not fields <= said[event]} == {}
    for event, section in sections(PAGE).items():
        prose = "\n".join(line for line in section.splitlines() if not line.startswith("|"))
        for anchor in re.findall(r"format\.md#([\w-]+)", prose):
            shown[event] |= named(explained[anchor])
    shown["finished"].add("path")  # in the sentence that names the manifests
    assert shown.keys() == said.keys()
    assert {event for event, fields in said.items() if fields - shown[event] - OF_STUDIES} == set()
