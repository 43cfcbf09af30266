"""An evaluation that `evaluate --resume` takes up again: which options hold, and who says so."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError, UsageError
from sandbox.options.consistency import NOT_SERVED
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import options
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.own_word import is_own_word


def resolve_again(flags: Mapping[str, Any], file: Path | None, found: Evaluation) -> Resolved[EvaluationConfig]:
    """The configuration of `found` as it goes on.

    Raises `UsageError` for options that would change results, and `SandboxError` where only a stranger says where to
    ask.
    """
    own = is_own_word(found.manifest, found.directory.path)
    before = _what_counts(found, own=own)
    resolved = resolve(EvaluationConfig, flags, file, before=before)
    with naming_places(resolved):
        _check_options(before.config, resolved.config, found.name)
    if not own:
        _check_said(resolved, found)
    return replace(resolved, config=_without_lost_prices(resolved.config))


def _what_counts(found: Evaluation, *, own: bool) -> Resolved[EvaluationConfig]:
    """The options that hold: of a stranger's, those that change results."""
    known = Resolved(found.manifest.config, found.manifest.origins)
    if own:
        return known
    theirs = {name for name, option in options(EvaluationConfig).items() if option.operational}
    origins = {name: origin for name, origin in known.origins.items() if name not in theirs}
    return Resolved(known.without(theirs), origins)


def _check_options(before: EvaluationConfig, now: EvaluationConfig, name: str) -> None:
    changed = [
        f"{option.flag} {getattr(before, each)!r} -> {getattr(now, each)!r}"
        for each, option in options(EvaluationConfig).items()
        if not option.operational and getattr(before, each) != getattr(now, each)
    ]
    if before.retry_failed and not now.retry_failed:
        changed.append("--retry-failed True -> False (it is under way)")
    if changed:
        raise UsageError(
            f"Evaluation {name} cannot be continued with other options that change results: {'; '.join(changed)}.\n"
            "Leave them out, or start a new one."
        )


def _check_said(resolved: Resolved[EvaluationConfig], found: Evaluation) -> None:
    """Raises `SandboxError` where a model would be asked somewhere that this user never named."""
    config = resolved.config
    names = [] if found.manifest.answers_of else [config.model]
    if found.manifest.judge and not config.judge_base_url:
        names.append(config.judging.name)
    models = {*names} - NOT_SERVED
    if models and resolved.origins.get("base_url") not in ("flag", "environment", "file"):
        places = {place for asked in found.manifest.models.endpoints.values() for place in asked}
        raise SandboxError(
            f"Evaluation {found.name} does not carry your mark (it was copied, moved, changed or made by others): "
            "where it asks and what it spends is for you to say.\n"
            f"It asked {', '.join(sorted(models))} at {', '.join(sorted(places)) or 'no address'}.\n"
            "To agree, name the address: --base-url URL (and --judge-base-url, --budget-usd as you wish)"
        )


def _without_lost_prices(config: EvaluationConfig) -> EvaluationConfig:
    """`config`, by the bundled prices where its file of prices is gone, unless a budget goes by them."""
    lost = config.prices and not Path(config.prices).exists()
    return replace(config, prices=None) if lost and config.budget_usd is None else config
