"""What ties a fault that a trainer was given to what `sandbox export --check` says of it: the same files go to both.

Knows no trainer; the modules that run one give `Proof`s, and `test_claims.py` compares them with the table of claims.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sandbox.checking.names import Code, Verdict
from sandbox.export.names import TRAINERS

Row = dict[str, Any]
AT_LEAST: Final = 120_000  # characters of a row of which a hundred are more than `datasets` looks at


class Proof(NamedTuple):
    """A folder with one fault, and what the trainer did with it when a slow test gave it that folder.

    `code` is what the check has to find, None where it is the rows themselves, with nothing else wrong, that count.
    """

    what: str
    files: Mapping[str, bytes]
    verdict: Verdict
    code: Code | None
    max_length: int = 1024


def lines(rows: Iterable[Row]) -> bytes:
    """Rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def shown(error: object, given: int, kept: int) -> frozenset[Verdict]:
    """The verdicts that go with what happened; whether what was trained on is right is for a test to say."""
    if error:
        return frozenset({"fails"})
    return frozenset({"drops rows"}) if kept < given else frozenset({"fine", "note", "trains wrongly"})


def late(rows: list[Row], last: Row) -> list[Row]:
    """The first row again and again, ten megabytes long, and then one more."""
    return [{**rows[0], "pad": "x" * AT_LEAST}] * 100 + [{**rows[0], "pad": "x", **last}]


def damaged(rows: list[Row]) -> Mapping[Code, bytes]:
    """JSON lines with one that is broken, by what is wrong with it."""
    last: Mapping[Code, bytes] = {
        "broken_line": b'{"prompt": "x\n',
        "not_an_object": b"[1]\n",
        "not_utf8": b'{"prompt": "\xff"}\n',
        "lone_surrogate": b'{"prompt": "\\ud800"}\n',
    }
    return {code: lines(rows) + line for code, line in last.items()}


def cards(path: str) -> Mapping[Code, bytes]:
    """Cards that do not fit a folder with rows in the file at `path`, by what is wrong with them."""
    config = f"configs:\n- config_name: set\n  data_files:\n  - split: train\n    path: {path}\n"
    info = "dataset_info:\n- config_name: set\n"
    rows = "  splits:\n  - name: train\n    num_bytes: 1\n    num_examples: 999\n"
    features = "  features:\n  - name: other\n    dtype: string\n"
    heads: Mapping[Code, str] = {
        "card_broken": "configs: [\n",
        "card_file_missing": config.replace(path, "none.jsonl"),
        "card_features_differ": config + info + features,
        "card_rows_differ": config + info + rows,
    }
    return {code: f"---\n{head}---\n# Set\n".encode() for code, head in heads.items()}


def of_ours(format: str) -> bytes:  # noqa: A002
    """What the manifest of a folder of ours says, as far as its check needs it."""
    return json.dumps({"kind": "sandbox-export", "format": format, "trainers": list(TRAINERS), "files": {}}).encode()
