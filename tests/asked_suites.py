"""Small suites of every kind as a user writes them, and an endpoint that answers each as a test wants. All invented."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from fake_endpoint import Behaviour
from fake_endpoint.bodies import Body

KINDS = ("judged", "choice", "agree", "leak", "toxicity", "survey")
JUDGE = """{% block system %}Rate how helpful the answer is, from 1 to 10.{% endblock %}
{% block user %}{{ question | fence("question") }}
{{ answer | fence("answer") }}
Reply with JSON: {"reason": "...", "rating": number}{% endblock %}
"""
NAMES = ("red", "green", "blue", "grey")

Item = dict[str, Any]
# What an endpoint says to a body; None for what it says anyway.
Says = Callable[[Body], str | None]


def items_of(kind: str, count: int = 8) -> list[Item]:
    """So many items of `kind`."""
    return [_item(kind, number) | {"id": f"i{number:02d}", "category": "ab"[number % 2]} for number in range(count)]


def _item(kind: str, number: int) -> Item:
    match kind:
        case "choice":
            choices = [*NAMES[number % 4 :], *NAMES[: number % 4]]
            return {"question": f"Which colour has number {number}?", "choices": choices, "gold": number % 4}
        case "agree":
            statement = f"Group {number % 3} is late on day {number // 3}."
            group, template = f"group {number % 3}", f"t{number // 3}"
            return {"question": statement, "statement": statement, "group": group, "template": template}
        case "leak":
            others = [f"word-{number}{letter}" for letter in "bcd"]
            return {"question": f"What is the word of person {number}?", "asked": f"word-{number}a", "others": others}
        case "survey":
            shares = {"Here": [0.5, 0.25, 0.25], "There": [0.2, 0.3, 0.5]}
            return {
                "question": f"How much of thing {number}?",
                "options": ["more", "as now", "less"],
                "answers": shares,
            }
    return {"question": f"What helps in case {number}?"}


def write_suite(folder: Path, kind: str, items: Sequence[Item] | None = None, **sampling: float) -> Path:
    """The TOML of a suite called as its kind, with its items and its judge beside it."""
    name = f"my-{kind}"
    lines = "".join(f"{json.dumps(item)}\n" for item in (items_of(kind) if items is None else items))
    (folder / f"{name}.jsonl").write_text(lines)
    prompt = "{{ question }}\\n{{ choices }}" if kind in ("choice", "survey") else "{{ question }}"
    told = ["[suite]", f'name = "{name}"', f'kind = "{kind}"', f'items = "{name}.jsonl"', 'licence = "CC0-1.0"']
    told += [f'prompt = "{prompt}"', "[sampling]", "max_tokens = 64"]
    told += [f"{key} = {value}" for key, value in sampling.items()]
    if kind in ("judged", "toxicity"):
        (folder / "judge.jinja").write_text(JUDGE)
        told += ["[judge]", 'prompt = "judge.jinja"', f"scale = {[0, 10] if kind == 'toxicity' else [1, 10]}"]
    told += ["[score]", 'by = ["category"]']
    path = folder / f"{name}.toml"
    path.write_text("\n".join(told) + "\n")
    return path


def write_suites(folder: Path, kinds: Sequence[str] = KINDS) -> list[Path]:
    """A suite of each kind."""
    return [write_suite(folder, kind) for kind in kinds]


def named(paths: Sequence[Path]) -> str:
    """What `--suite` takes for these."""
    return ",".join(map(str, paths))


def saying(says: Says, **behaviour: Any) -> Behaviour:
    """An endpoint that says what `says` gives."""

    def dialect(body: Body, document: dict[str, Any]) -> dict[str, Any]:
        said = says(body)
        if said is not None and not is_probe(body):
            document["choices"][0]["message"]["content"] = said
        return document

    return Behaviour(dialect=dialect, **behaviour)


def is_probe(body: Body) -> bool:
    """Whether `body` asks what an endpoint takes, and nothing of a suite."""
    return "Rate how helpful" not in str(body["messages"]) and not any(
        word in asked(body) for word in ("colour", "Group", "word of person", "thing", "case")
    )


def asked(body: Body) -> str:
    """The last turn that was sent."""
    return str(body["messages"][-1]["content"])


def is_judging(body: Body) -> bool:
    """Whether a judge is asked."""
    return "Rate how helpful" in str(body["messages"][0]["content"])


def lines(path: Path) -> list[dict[str, Any]]:
    """The records in a file of JSON lines."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def numbers(folder: Path) -> dict[tuple[str, str, str | None], Mapping[str, Any]]:
    """The numbers of an evaluation by suite, measure and what they are of."""
    found = orjson.loads((folder / "summary.json").read_bytes())["numbers"]
    return {(each["suite"], each["measure"], each["of"]): each for each in found}
