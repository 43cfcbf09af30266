"""Which suites an evaluation asks, and which stored answers it judges: from names, files and other evaluations."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import flag_of
from sandbox.options.resolution import Resolved
from sandbox.runs.evaluation.reading import Evaluation, is_evaluation, read_evaluation
from sandbox.runs.evaluation.records import AnyAnswer
from sandbox.runs.evaluation.words import going_on
from sandbox.runs.named import run_path
from sandbox.suites.digest import digest_of
from sandbox.suites.limit import limited
from sandbox.suites.replaced import with_templates
from sandbox.suites.sources import Wanted, load_suites
from sandbox.suites.suite import Suite

# Options that say how a model is asked for answers, of which there are none to ask for where they are stored.
_OF_ASKING: Final = frozenset({"samples", "shuffles", "logprobs", "pairs", "pairwise", "max_tokens", "adapter"})


class Sources(NamedTuple):
    """Suites, and answers to them that are `stored` already: `answers_of` says where.

    `model` is whose they are, where that is known; `seed` the one that they were asked with, unless another is wanted.
    """

    suites: Sequence[Suite]
    answers_of: str | None = None
    stored: Sequence[AnyAnswer] = ()
    model: str | None = None
    seed: int | None = None


def sources(resolved: Resolved[EvaluationConfig]) -> Sources:
    """What options name. Raises `UsageError` for what is not there, or holds nothing."""
    config = resolved.config
    words = config.suite.split(",") if config.suite else []
    if config.answers:
        found = _stored(config.answers, Path(config.runs), words)
        own = found.seed if resolved.origins["seed"] == "default" else None
        return _as_wanted(found._replace(seed=config.seed if own is None else own), config)
    if not words:
        raise UsageError(
            "Name what to ask: --suite NAME, several joined by commas.\nList them: sandbox evaluate --list"
        )
    return Sources(load_suites(words, wanted(config)))


def wanted(config: EvaluationConfig) -> Wanted:
    """How suites are wanted."""
    return Wanted(
        data=_folder(config.suite_data),
        seed=config.seed,
        limit=config.limit,
        samples=config.samples,
        shuffles=config.shuffles,
        logprobs=config.logprobs,
        pairs=config.pairs,
        pairwise=config.pairwise,
        prompts=_folder(config.prompts),
    )


def check_stored(config: EvaluationConfig) -> None:
    """Raises `UsageError` where `config` says how answers are asked for that are stored already."""
    told = [each for each in fields(config) if each.name in _OF_ASKING and getattr(config, each.name) != each.default]
    if config.answers and told:
        flag = flag_of(told[0].name)
        raise UsageError(f"{flag} says how a model is asked, and stored answers are judged as they are: leave it out.")


def _as_wanted(found: Sources, config: EvaluationConfig) -> Sources:
    """Of `found` so many items as `config` wants, judged by the templates that it names."""
    suites = with_templates(found.suites, _folder(config.prompts))
    if config.limit is not None:
        suites = [limited(each, config.limit, found.seed or 0) for each in suites]
    kept = {(suite.name, item.id) for suite in suites for item in suite.items}
    return found._replace(
        suites=[suite.model_copy(update={"digest": digest_of(suite)}) for suite in suites],
        stored=[answer for answer in found.stored if (answer.suite, answer.item) in kept],
    )


def _folder(name: str | None) -> Path | None:
    return Path(name) if name else None


def _stored(name: str, runs: Path, words: Sequence[str]) -> Sources:
    """The answers of an evaluation, or of a file of another harness."""
    path = run_path(name, runs)
    if path and is_evaluation(path):
        return _of_evaluation(read_evaluation(path), words)
    if not Path(name).exists():
        raise UsageError(f"{name}: no such evaluation in {runs}, and no such file.\nList evaluations: sandbox inspect")
    if words:
        raise UsageError(f"--suite chooses from suites, and {name} is a file with answers of its own: leave it out.")
    from sandbox.exchange.stored import as_answers, as_suites, read_stored

    stored = read_stored(Path(name))
    return Sources(as_suites(stored), stored.name, as_answers(stored))


def _of_evaluation(found: Evaluation, words: Sequence[str]) -> Sources:
    known = {suite.name for suite in found.suites}
    if unknown := sorted(set(words) - known):
        raise UsageError(f"--suite {unknown[0]}: {found.name} asked {', '.join(sorted(known))}.")
    suites = [suite for suite in found.suites if suite.judge and (not words or suite.name in words)]
    if not suites:
        raise UsageError(f"No suite of {found.name} is judged, so its answers need no judge.")
    names = {suite.name for suite in suites}
    stored = [answer for answer in found.answers() if answer.suite in names]
    if not stored:
        raise UsageError(f"No answer of {found.name} could be judged so far.\n{going_on(found.directory.path)}")
    return Sources(suites, found.name, stored, found.manifest.config.model, found.manifest.seed)
