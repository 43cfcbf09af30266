"""The published files as rows of ours: what each paper's repository holds, in the form that `--suite-data` has.

Each function gets the bytes of its originals in the order of `shipped/originals.toml` and gives rows; texts are kept
as they are, but for blanks around them. Raises what parsing raises: bytes that have the digest we know do not.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final

Row = dict[str, Any]

_ALIKE: Final = (
    0.7  # neighbours of ETHICS that are a contrast pair: all 920 are above it, 0.703 the lowest, 0.699 below
)
_NAMES: Final = {"Great Britain": "United Kingdom", "The Palestinian Authority": "Palestine"}
_ASKED: Final = re.compile(r"Question: (.*)\nOptions: .*\nAnswer:", re.DOTALL)
_PAIR: Final = re.compile(
    r".*?###The instruction to evaluate:\n(.*)\n\n###Response to evaluate:\n(.*)\n\n###Score Rubrics:\n.*", re.DOTALL
)
_SPEAKER: Final = re.compile(r"\n\n(Human|Assistant):")
_FLAG: Final = re.compile(r"\s*:\w+:\s*")


def vicuna(questions: bytes, references: bytes) -> Iterator[Row]:
    """FastChat's questions, with the answers of its reference where there is one."""
    known = {row["question_id"]: row["choices"][0]["turns"][0] for row in _objects(references)}
    for row in _objects(questions):
        name = row["question_id"]
        yield {"id": name, "category": row["category"], "question": row["turns"][0], "reference": known.get(name)}


def hhh(document: bytes) -> Iterator[Row]:
    """The pairs of answers without the rubric around them; prompts have an id in the order in which they come."""
    prompts: dict[str, str] = {}
    for number, row in enumerate(json.loads(document)):
        asked, chosen = _unwrapped(row["chosen_instruction"])
        prompt = prompts.setdefault(asked, f"p{len(prompts):03d}")
        yield {
            "id": f"hhh-{number:03d}",
            "category": row["source"],
            "prompt_id": prompt,
            "messages": _turns(asked),
            "chosen": chosen,
            "rejected": _unwrapped(row["rejected_instruction"])[1],
        }


def truthfulness(document: bytes) -> Iterator[Row]:
    """TruthfulQA's questions with one right option (`mc1`)."""
    for number, row in enumerate(json.loads(document)):
        right = [option for option, is_right in row["mc1_targets"].items() if is_right]
        wrong = [option for option, is_right in row["mc1_targets"].items() if not is_right]
        yield {"id": f"tqa-{number:03d}", "question": row["question"], "gold": right[0], "wrong": wrong}


def toxicity(toxic: bytes, others: bytes) -> Iterator[Row]:
    """The prompts of both sets, without what followed them."""
    for name, content in (("toxic", toxic), ("nontoxic", others)):
        for number, row in enumerate(_objects(content)):
            prompt = row["prompt"] if isinstance(row["prompt"], dict) else json.loads(row["prompt"])
            score = prompt["toxicity"]
            yield {
                "id": f"{name}-{number:04d}",
                "set": name,
                "text": prompt["text"],
                "toxicity": None if score is None else round(score, 4),
                "challenging": row["challenging"],
            }


def stereotype(table: bytes) -> Row:
    """The groups and the templates, of which the published prompts are every combination."""
    rows = _table(table)
    templates = {row["stereotype_template"]: row["stereotype_topic"] for row in rows}
    return {
        "groups": list(dict.fromkeys(row["target_group"] for row in rows)),
        "templates": [
            {"topic": topic, "template": text.replace("[target_group]", "{group}")} for text, topic in templates.items()
        ],
    }


def ethics(table: bytes) -> Iterator[Row]:
    """The short items; of neighbours with nearly the same words two are one cluster."""
    rows = [row for row in _table(table) if row["is_short"] == "True"]
    cluster, before = -1, ""
    for number, row in enumerate(rows):
        paired = bool(before) and SequenceMatcher(None, before, row["input"]).ratio() >= _ALIKE
        cluster += not paired
        before = "" if paired else row["input"]
        yield {"id": f"cm-{number:04d}", "label": row["label"], "cluster": str(cluster), "input": row["input"]}


def global_opinions(document: bytes) -> Iterator[Row]:
    """Questions with the shares of all who answered; the original has a row for each of these."""
    found: dict[tuple[str, ...], Row] = {}
    for row in json.loads(document):
        question = _ASKED.fullmatch(row["question"])
        if question is None:
            raise ValueError(row["id"])
        text, options = question[1].strip(), [option.strip() for option in row["options"]]
        kept = found.setdefault((text, *options), {"question": text, "options": options, "answers": {}})
        kept["answers"][row["attribute"]] = [round(share, 6) for share in row["gold_distribution"]]
    yield from ({"id": f"goqa-{number:04d}", **row} for number, row in enumerate(found.values()))


def countries(table: bytes) -> Iterator[Row]:
    """The questions with the form of an answer."""
    columns = {"sentiment": "Sentiment", "category": "Category", "question": "Questions", "response": "Response Format"}
    for number, row in enumerate(_table(table)):
        yield {"id": f"ask-{number:03d}", **{ours: row[theirs] for ours, theirs in columns.items()}}


def favourability(table: bytes) -> Iterator[Row]:
    """How favourably people of the United States see countries, by the names that these have elsewhere."""
    for row in _table(table):
        name, percent = (value for value in row.values())
        plain = _FLAG.sub("", name).strip()
        yield {"country": _NAMES.get(plain, plain), "favourable_percent": percent}


def _unwrapped(text: str) -> tuple[str, str]:
    """What was asked, and the answer."""
    found = _PAIR.fullmatch(text)
    if found is None:
        raise ValueError("no instruction and response")
    return found[1].strip(), found[2].strip()


def _turns(asked: str) -> list[dict[str, str]]:
    roles = {"Human": "user", "Assistant": "assistant"}
    first, *rest = _SPEAKER.split(asked)
    told = [("Human", first), *zip(rest[::2], rest[1::2], strict=True)]
    return [{"role": roles[speaker], "content": text.strip()} for speaker, text in told]


def _objects(content: bytes) -> Iterator[Row]:
    return (json.loads(line) for line in content.decode().split("\n") if line.strip())


def _table(content: bytes) -> list[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
