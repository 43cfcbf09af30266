"""Runs of an older schema, read as far as they go: what they lack is null, none or nought, and that is said.

Knows JSON documents and the schemas of today. It only reads: such a run is neither resumed nor changed.
"""

from typing import Any, Final

import orjson
from pydantic import ValidationError
from pydantic_core import from_json

from sandbox.options.config import Config
from sandbox.questions.sets import question_id
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest
from sandbox.runs.newer import SCHEMA
from sandbox.runs.records import Interaction

UNKNOWN: Final = "unknown"
_NOTHING_LOST: Final = {"calls": 0, "tokens": 0, "cost_usd": None}
_LACKING: Final[dict[str, Any]] = {
    "schema": SCHEMA, "status": "complete", "stopped_by": None, "created": "1970-01-01T00:00:00Z", "finished": None,
    "sandbox": UNKNOWN, "config": {}, "origins": {}, "fingerprint": "", "seed": 0, "prompts": {}, "prior": None,
    "packages": {}, "attempts": [],
    "models": {"agents": [], "observer": UNKNOWN, "reported": [], "structured": {}},
    "questions": {"name": UNKNOWN, "sha256": "", "count": 0, "dropped": {}},
    "embedder": {"name": UNKNOWN, "digest": "", "dimension": 0},
    "forecast": {"calls": 0, "prompt_tokens": [0, 0], "completion_tokens": [0, 0], "cost_usd": None},
    "totals": {
        "planned": 0, "complete": 0, "failed": 0, "calls": 0, "tries": 0, "prompt_tokens": 0, "completion_tokens": 0,
        "calls_without_usage": 0, "cost_usd": None, "missing_ratings": 0, "wall_seconds": 0.0,
    },
}  # fmt: skip
_ATTEMPT: Final = {
    "started": "", "finished": None, "calls": 0, "tries": 0, "wall_seconds": 0.0, "lost": _NOTHING_LOST, "unknown": 0,
}  # fmt: skip


def old_manifest(directory: RunDirectory) -> tuple[Manifest, int] | None:
    """The manifest of a run of an older schema, completed, and the number of that; None for any other.

    One that does not say what was asked for is none: nothing would be left of it but what was made up.
    """
    try:
        document = orjson.loads(directory.manifest_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    config = document.get("config") if isinstance(document, dict) else None
    if not config or not isinstance(config, dict):
        return None
    schema = document.get("schema", 0)
    if type(schema) is not int or not 0 <= schema < SCHEMA:
        return None
    whole = _completed(document, _LACKING) | {"run_id": directory.name, "schema": SCHEMA}
    whole["config"] = {name: value for name, value in config.items() if name in Config.__dataclass_fields__}
    attempts = whole["attempts"] if isinstance(whole["attempts"], list) else []
    whole["attempts"] = [_completed(each, _ATTEMPT) for each in attempts if isinstance(each, dict)]
    try:
        return Manifest.model_validate_json(orjson.dumps(whole)), schema
    except ValidationError:
        return None


def old_interaction(line: bytes) -> Interaction:
    """An interaction of an older schema; fields that it lacks are None. Raises `ValidationError`."""
    document = from_json(line)
    lacking = dict.fromkeys(Interaction.model_fields) | {
        "feedback": [],
        "finish": {"draft": None, "revision": None},
        "scores": {text: {"alignment": None, "engagement": None} for text in ("draft", "revision")},
    }
    if not isinstance(document, dict):
        document = {}
    if isinstance(question := document.get("question"), str):
        lacking |= {"model": UNKNOWN, "question_id": question_id(question)}
    known = {name: value for name, value in document.items() if name in lacking}
    return Interaction.model_validate_json(orjson.dumps(lacking | known))


def _completed(document: dict[str, Any], lacking: dict[str, Any]) -> dict[str, Any]:
    """`document` with the keys that it lacks, also in its parts; keys that are not known any more are left out."""
    whole: dict[str, Any] = {}
    for name, default in lacking.items():
        value = document.get(name, default)
        nested = isinstance(default, dict) and default and isinstance(value, dict)
        whole[name] = _completed(value, default) if nested else value
    return whole
