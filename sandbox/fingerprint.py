"""What a run is called and what identifies its results. Knows no file."""

import dataclasses
import hashlib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from random import Random
from typing import Any, Final

import orjson

from sandbox.config import options
from sandbox.plan import Plan

_BY_CONTENT: Final = frozenset(
    {"questions", "question_mark", "min_length", "max_length", "prior", "prompts", "embedder"}
)
_GROWING: Final = frozenset({"rounds"})
_PACKAGES: Final = (
    "openai",
    "faiss-cpu",
    "sentence-transformers",
    "torch",
    "xllamacpp",
    "numpy",
    "pydantic",
    "jinja2",
)


def fingerprint(plan: Plan, embedder_digest: str) -> str:
    """Sha256 of what changes results: options, templates, question texts, prior pairs and embedder, by content.

    `rounds` is left out: a longer run begins with the same interactions.
    """
    known = options()
    result: dict[str, Any] = {
        name: getattr(plan.config, name)
        for name, option in known.items()
        if not option.operational and name not in _BY_CONTENT | _GROWING
    }
    result["radius"] = plan.config.effective_radius
    result["society"] = [[model.name, model.share] for model in plan.config.society]
    result["observer_model"] = plan.observer.name
    result["prompt_digests"] = dict(plan.prompts.digests)
    result["question_digest"] = plan.questions.sha256
    result["prior_digest"] = plan.prior.sha256 if plan.prior else None
    result["embedder_digest"] = embedder_digest
    return hashlib.sha256(orjson.dumps(result, option=orjson.OPT_SORT_KEYS)).hexdigest()


def fresh_run_id(now: datetime) -> str:
    """Date, time and four letters, such as `20260131-174501-kfqz`: sorts by age, and two at once do not collide."""
    letters = "".join(Random().choices("abcdefghijklmnopqrstuvwxyz", k=4))
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{letters}"


def timestamp(now: datetime | None = None) -> str:
    """UTC to the millisecond, such as `2026-01-31T17:45:01.250Z`."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def packages() -> dict[str, str]:
    """Versions of the packages that results can depend on."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def config_as_dict(plan: Plan) -> dict[str, Any]:
    """The configuration for the manifest. It holds names of key variables, never a key."""
    return dataclasses.asdict(plan.config)
