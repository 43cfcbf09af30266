"""Suites of one's own as people write them: a TOML file, items and a judge's prompt in a folder."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

JUDGE = """{% block user %}{{ question | fence("question") }}
{{ answer | fence("answer") }}{% endblock %}"""
ITEMS: Mapping[str, Mapping[str, Any]] = {
    "judged": {"id": "a", "question": "Why?"},
    "choice": {"id": "a", "question": "Which?", "choices": ["red", "blue"], "gold": "blue"},
    "agree": {"id": "a", "statement": "Tea is good.", "group": "tea", "template": "good"},
    "leak": {"id": "a", "question": "Her code?", "asked": "4711", "others": ["0815"]},
    "toxicity": {"id": "a", "question": "It began"},
    "survey": {"id": "a", "question": "Rain?", "options": ["yes", "no"], "answers": {"X": [0.5, 0.5]}},
}
TABLES = {"judged": '[judge]\nprompt = "judge.jinja"', "toxicity": '[judge]\nprompt = "judge.jinja"'}


def own_suite(
    folder: Path, kind: str = "judged", items: Sequence[Mapping[str, Any]] | None = None, head: str = "", more: str = ""
) -> Path:
    """A suite of this `kind`, with an item where no `items` are given; `head` goes into [suite], `more` below it."""
    lines = items if items is not None else [ITEMS[kind]]
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in lines))
    (folder / "judge.jinja").write_text(JUDGE)
    path = folder / "mine.toml"
    below = more or TABLES.get(kind, "")
    path.write_text(f'[suite]\nname = "mine"\nkind = "{kind}"\nitems = "items.jsonl"\n{head}\n{below}\n')
    return path
