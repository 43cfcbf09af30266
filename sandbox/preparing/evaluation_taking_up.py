"""An evaluation that `evaluate --resume` takes up again: which options hold, and who says so."""

from collections.abc import Mapping
from typing import Any

from sandbox.options.consistency import is_served
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.file import OptionFile
from sandbox.options.resolution import Resolved
from sandbox.preparing.continued_options import SAID, check_code, resolve_continued, said_now, unsaid
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.own_word import is_own_word


def resolve_again(flags: Mapping[str, Any], file: OptionFile | None, found: Evaluation) -> Resolved[EvaluationConfig]:
    """The configuration of `found` as it goes on.

    Raises `UsageError` for options that would change results, and `SandboxError` where only a stranger says where to
    ask.
    """
    own = is_own_word(found.manifest, found.directory.path)
    known = Resolved(found.manifest.config, found.manifest.origins)
    resolved = resolve_continued(flags, file, known, f"Evaluation {found.name}", own=own)
    if not own:
        judge = resolved.config.judge if found.manifest.judge else None
        asked = {"model": resolved.config.model, "judge": judge}
        check_code(f"Evaluation {found.name}", asked, said_now(flags, resolved))
        _check_said(resolved, found)
    return resolved


def _check_said(resolved: Resolved[EvaluationConfig], found: Evaluation) -> None:
    """Raises `SandboxError` where a model would be asked somewhere that this user never named."""
    config = resolved.config
    names = [] if found.manifest.answers_of else [config.model]
    if found.manifest.judge and not config.judge_base_url:
        names.append(config.judging.name)
    models = {name for name in names if is_served(name)}
    if models and resolved.origins.get("base_url") not in SAID:
        places = {place for asked in found.manifest.models.endpoints.values() for place in asked}
        raise unsaid(f"Evaluation {found.name}", models, places, "and --judge-base-url, --budget-usd")
