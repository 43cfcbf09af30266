"""Questions with keys, options and material, a population, and the words that make societies of them."""

import json
from pathlib import Path

QUESTIONS = [
    {"question": "What is two and two?", "options": ["3", "4", "5"], "gold": 1, "material": "Numbers can be added."},
    {"question": "What is three and three?", "options": ["6", "7"], "gold": 0, "material": "Numbers can be added."},
    {"question": "What colour is grass?", "options": ["red", "green", "blue"], "gold": "green", "material": "Meadows."},
    {"question": "Which is the largest?", "options": ["a mouse", "a whale", "a dog"], "gold": "B", "material": "Zoos."},
    {"question": "Which comes first?", "options": ["Monday", "Friday"], "gold": 0, "material": "A week is seven days."},
]
POPULATION = """
placement = "blocks"
[[groups]]
name = "farmers"
persona = "a farmer of seventy"
[[groups]]
name = "nurses"
persona = "a nurse of thirty"
share = 2
"""


def question_file(folder: Path) -> Path:
    """The questions as a file in `folder`."""
    path = folder / "keyed.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in QUESTIONS), encoding="utf-8")
    return path


def population_file(folder: Path) -> Path:
    """The population as a file in `folder`."""
    path = folder / "population.toml"
    path.write_text(POPULATION, encoding="utf-8")
    return path


def society(folder: Path) -> tuple[object, ...]:
    """The words of a small society that discusses them, but for its model."""
    return (
        *("--embedder", "hash", "--labels", "none", "--grid", 3, "--rounds", 3),
        *("--neighbours", 2, "--threshold", 0.2, "--questions", question_file(folder)),
    )
