"""Runs whose answers are right or wrong, and approved or not, as a test says. Knows the command and the log."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from conftest import Sandbox
from example_runs import log, manifest, scripted_run

from sandbox.runs.records import Interaction

AGENTS: Final = 9
OPTIONS: Final = ("yes", "no", "perhaps")  # of which the first is right


class Row(NamedTuple):
    """One interaction: whether draft and revision are right, their ratings by the observer, and by neighbours."""

    question: int
    right: tuple[bool | None, bool | None]
    ratings: tuple[int | None, int | None]
    peers: tuple[Sequence[int | None], Sequence[int | None]] = ((), ())
    persuader: bool = False


def times(count: int, right: str, ratings: tuple[int | None, int | None], first: int = 0) -> list[Row]:
    """So many interactions about different questions; `right` has a letter a text: r is right, w wrong, - unread."""
    known = {"r": True, "w": False, "-": None}
    both = (known[right[0]], known[right[1]])
    return [Row(first + number, both, ratings) for number in range(count)]


def keyed_run(sandbox: Sandbox, tmp_path: Path, rows: Iterable[Row], name: str = "one", **config: object) -> Path:
    """A run whose log is `rows`, in order; its folder."""
    folder = scripted_run(sandbox, tmp_path, name)
    known = log(folder)[0]
    items = [_item(known, place, row) for place, row in enumerate(rows)]
    for item in items:
        Interaction.model_validate(item)
    write(folder, items)
    told = manifest(folder)
    told["config"] |= {"rounds": -(-len(items) // AGENTS), **config}
    told["totals"] |= {"planned": len(items), "complete": len(items)}
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def write(folder: Path, items: Iterable[dict[str, Any]]) -> None:
    """Make the log of these interactions."""
    (folder / "interactions.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items))


def _item(known: dict[str, Any], place: int, row: Row) -> dict[str, Any]:
    round_, agent = divmod(place, AGENTS)
    texts = [_text(right) for right in row.right]
    feedback = known["feedback"][0]
    more = {"persuader": 1} if row.persuader else {}
    return known | {
        "id": f"r{round_:03d}-a{agent:03d}",
        "round": round_,
        "agent": agent,
        "position": [agent // 3, agent % 3],
        "question_id": f"{row.question:016x}",
        "draft": texts[0],
        "revision": texts[1],
        "feedback": [feedback | _rated(rating) | {"agent": number} for number, rating in _others(agent, row.peers[0])],
        "scores": {
            text: {"alignment": _rated(rating), "engagement": None}
            for text, rating in zip(("draft", "revision"), row.ratings, strict=True)
        },
        "options": OPTIONS,
        "gold": 0,
        "choice": {text: _choice(right) for text, right in zip(("draft", "revision"), row.right, strict=True)},
        **more,
        "revision_feedback": [_rated(rating) | {"agent": number} for number, rating in _others(agent, row.peers[1])],
    }


def _choice(right: bool | None) -> int | None:
    return None if right is None else int(not right)


def _text(right: bool | None) -> str:
    return {True: "I thought about it.\nAnswer: A", False: "No.", None: "Who knows?"}[right]


def _rated(rating: int | None) -> dict[str, Any]:
    return {"rating": rating, "missing": None if rating else "unparsable", "reason": None, "raw": None}


def _others(agent: int, ratings: Sequence[int | None]) -> Iterable[tuple[int, int | None]]:
    others = [number for number in range(AGENTS) if number != agent]
    return zip(others[: len(ratings)], ratings, strict=True)
