"""Exported folders as plain documents, and the logs that they come from. Knows the command and the layout."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from conftest import Finished, Sandbox
from example_runs import log

Rows = list[dict[str, Any]]
TEXTS = ("draft", "revision")
RARE = ("group", "options", "gold", "gold_text", "persuader", "revision_feedback")


class Folder(NamedTuple):
    """An exported folder and what the command said."""

    path: Path
    done: Finished

    @property
    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        document: dict[str, Any] = json.loads((self.path / "manifest.json").read_text())
        return document

    def rows(self, part: str, split: str = "train") -> Rows:
        """The rows of a split."""
        return lines(self.path / "data" / part / f"{split}.jsonl")

    def origins(self, part: str, split: str = "train") -> Rows:
        """What the side file says of them."""
        return lines(self.path / "origin" / part / f"{split}.jsonl")

    def files(self) -> dict[str, bytes]:
        """Every file by its path."""
        paths = (path for path in self.path.rglob("*") if path.is_file())
        return {path.relative_to(self.path).as_posix(): path.read_bytes() for path in paths}


def lines(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def export(sandbox: Sandbox, tmp_path: Path, *words: object, out: str = "out") -> Folder:
    """Export runs into the folder `out`; it must work."""
    done = sandbox("export", *words, "--out", out)
    assert done.code == 0, done.err
    return Folder(tmp_path / out, done)


def edit(run: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Write the log of a run anew, with what `change` does to its interactions."""
    items = log(run)
    change(items)
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))


def amend(run: Path, **changes: Any) -> None:
    """Write the manifest of a run anew, with other values of some keys."""
    document = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(document | changes))


def rate(item: dict[str, Any], text: str, rating: int, dimension: str = "alignment") -> None:
    """Let the observer have rated a text so."""
    item["scores"][text][dimension] = {"rating": rating, "missing": None, "reason": "So it is.", "raw": "{}"}


def answers(run: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Each draft and revision of a run: its interaction, and which of them it is."""
    return ((item, text) for item in log(run) for text in ("draft", "revision") if item[text] is not None)


def interactions(*runs: Path) -> dict[str, dict[str, Any]]:
    """All interactions of runs by the name that rows have for them."""
    return {f"{run.name}/{item['id']}": item for run in runs for item in log(run)}


def said(style: str, role: str, text: str) -> Any:
    """What a column holds: plain prompts end with a line break, because trainers join texts as they are."""
    if style == "conversational":
        return [{"role": role, "content": text}]
    return f"{text}\n" if role == "user" else text


def score(item: dict[str, Any], text: str, dimension: str = "alignment") -> int | None:
    judgement = item["scores"][text][dimension]
    return judgement and judgement["rating"]


def rebuilt(row: dict[str, Any]) -> dict[str, Any]:
    """The interaction that a flat row stands for."""

    def recall(of: dict[str, Any]) -> dict[str, Any] | None:
        found = {name: of[f"recall_{name}"] for name in ("question", "answer", "similarity", "round")}
        return None if found["question"] is None else found

    def judgement(text: str, dimension: str) -> dict[str, Any] | None:
        name = f"{text}_{dimension}"
        found = {"rating": row[name], **{part: row[f"{name}_{part}"] for part in ("missing", "reason", "raw")}}
        return None if found["rating"] is found["missing"] else found

    feedback = [
        {key: value for key, value in each.items() if not key.startswith("recall_")} | {"recall": recall(each)}
        for each in row["feedback"]
    ]
    plain = ("id", "round", "agent", "label", "model", "question_id", "question", "draft", "revision")
    failed = {name: row[f"failed_{name}"] for name in ("stage", "neighbour", "error")}
    return {
        **{name: row[name] for name in plain},
        "position": [row["row"], row["column"]],
        "recall": recall(row),
        "feedback": feedback,
        "finish": {text: row[f"{text}_finish"] for text in TEXTS},
        "scores": {text: {name: judgement(text, name) for name in ("alignment", "engagement")} for text in TEXTS},
        "failed": failed if failed["stage"] else None,
        **{name: row[name] for name in RARE if row.get(name) is not None},
        **({"choice": {text: row[f"{text}_choice"] for text in TEXTS}} if row.get("options") else {}),
    }
