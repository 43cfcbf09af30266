"""What identifies the results of a run: options and contents. Knows no file."""

import hashlib
from dataclasses import asdict, replace
from typing import Any, Final

import orjson

from sandbox.options.config import Config
from sandbox.options.option import options, unused
from sandbox.options.speakers import speakers
from sandbox.society.plan import Plan

_BY_CONTENT: Final = frozenset(
    {"questions", "column", "question_mark", "min_length", "max_length", "prior", "prompts", "embedder", "population"}
)
_GROWING: Final = frozenset({"rounds"})


def fingerprint(plan: Plan, embedder_digest: str) -> str:
    """Sha256 of what changes results: options, templates, question texts, prior pairs and embedder, by content.

    `rounds` is left out: a longer run begins with the same interactions.
    """
    left_out = _BY_CONTENT | _GROWING | unused(plan.config)
    result: dict[str, Any] = {
        name: getattr(plan.config, name)
        for name, option in options(Config).items()
        if not option.operational and name not in left_out
    }
    result["radius"] = plan.config.effective_radius
    result["society"] = [[model.name, model.share] for model in plan.config.society]
    result["observer_model"] = plan.observer.name
    result["prompt_digests"] = dict(plan.prompts.digests)
    result["question_digest"] = plan.questions.sha256
    result["prior_digest"] = plan.prior.sha256 if plan.prior else None
    result["embedder_digest"] = embedder_digest
    if plan.adapters:
        by_speaker = (plan.adapters.get(each.adapter or "") for each in speakers(plan.config))
        result["adapters"] = [each.sha256 if each else None for each in by_speaker]
    if plan.population:
        result["population_digest"] = plan.population.digest()
    return hashlib.sha256(orjson.dumps(result, option=orjson.OPT_SORT_KEYS)).hexdigest()


def recordable(config: Config) -> Config:
    """`config` for the manifest: file names that are no Unicode are shown as far as they can be.

    It holds names of key variables, never a key.
    """
    values: dict[str, Any] = asdict(config)
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    shown: dict[str, Any] = {name: text.encode(errors="replace").decode() for name, text in texts.items()}
    return replace(config, **shown)
