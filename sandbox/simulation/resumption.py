"""What must hold before a run is taken up again: the same experiment, the same vectors, no option that changes it.

Reads the run directory; changes nothing in it but the vectors that more rounds need.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from memory import StoreError, VectorSpace
from sandbox.errors import SandboxError, UsageError, of_either
from sandbox.options.config import Config
from sandbox.options.option import options
from sandbox.options.resolution import Resolved
from sandbox.runs.directory import RunDirectory
from sandbox.runs.manifest import Manifest
from sandbox.society.casting import embed, embedder_of
from sandbox.society.fingerprint import fingerprint
from sandbox.society.plan import Plan

FEW: Final = 3


def check_options(before: Config, now: Config, run_id: str) -> None:
    """Raises `UsageError` that lists every option whose new value would change results. Rounds may grow."""
    changed = [
        f"{option.flag} {getattr(before, name)!r} -> {getattr(now, name)!r}"
        for name, option in options(Config).items()
        if not option.operational and getattr(before, name) != getattr(now, name) and name != "rounds"
    ]
    if before.retry_failed and not now.retry_failed:
        changed.append("--retry-failed True -> False (it is under way)")
    if _speakers(before) != _speakers(now):
        changed.append("[[society.models]]")
    if now.rounds < before.rounds:
        changed.append(f"--rounds {before.rounds} -> {now.rounds} (a run can only grow)")
    if changed:
        raise UsageError(
            f"Run {run_id} cannot be continued with other options that change results: {'; '.join(changed)}.\n"
            "Leave them out, or start a new run."
        )


def changed_elsewhere(before: Config, now: Resolved[Config], run_id: str) -> str | None:
    """What variables and files, which nobody gave just now, change about a run that is taken up again."""
    changed = []
    for name, place in now.places.items():
        old, new = getattr(before, name), getattr(now.config, name)
        option = options(Config).get(name)
        if old != new and not (option and option.of_one_call):
            changed.append(f"{option.flag} {old} -> {new} ({place})" if option else f"[[{name}.models]] ({place})")
    if before.prices and not now.config.prices:
        changed.append(f"--prices {before.prices} -> the bundled ones (that file is gone)")
    if not changed:
        return None
    grown = {name for name in ("rounds", "retry_failed") if getattr(now.config, name) > getattr(before, name)}
    more = ", so more calls are made and paid" if grown & now.places.keys() else ""
    return f"Run {run_id} goes on with other options than before: {'; '.join(changed)}{more}."


def without_lost_prices(before: Config, now: Config) -> Config:
    """`now`, by the bundled prices where those of the run are in a file that is gone, unless a budget goes by them."""
    lost = now.prices and now.prices == before.prices and not Path(now.prices).exists()
    return replace(now, prices=None) if lost and now.budget_usd is None else now


def _speakers(config: Config) -> list[tuple[str, float]]:
    return [(model.name, model.share) for model in config.society]


def check_same_experiment(plan: Plan, manifest: Manifest) -> None:
    """Raises `UsageError` that says what is not as it was, where files that the run was made from have changed."""
    if fingerprint(plan, manifest.embedder.digest) == manifest.fingerprint:
        return
    pairs = {
        "questions": (manifest.questions.sha256, plan.questions.sha256),
        "prior": (manifest.prior and manifest.prior.sha256, plan.prior and plan.prior.sha256),
    }
    changed = [name for name, (before, now) in pairs.items() if before != now]
    templates = [name for name, digest in plan.prompts.digests.items() if manifest.prompts.get(name) != digest]
    if templates and not changed:
        few = ", ".join(templates) if len(templates) <= FEW else f"{len(templates)} of {len(plan.prompts.digests)}"
        raise UsageError(
            f"Run {manifest.run_id} cannot be continued or replayed: the templates that it was made with are neither "
            f"kept in it nor those of this version ({few} differ), so only a new run can be made with them."
        )
    changed += [f"template {name}" for name in templates]
    changed += _other_adapters(plan, manifest)
    raise UsageError(
        f"Run {manifest.run_id} cannot be continued: what it was made from has changed "
        f"({', '.join(changed) or 'its configuration'})."
    )


def _other_adapters(plan: Plan, manifest: Manifest) -> list[str]:
    then, now = manifest.adapters or (), tuple(plan.adapters.values())
    if then == now:
        return []
    words = [", ".join(f"{each.name} of {each.folder}" for each in found) or "none" for found in (then, now)]
    return [f"adapter {words[0]} -> {words[1]}"]


def lacks_vectors(plan: Plan, directory: RunDirectory) -> bool:
    """Whether `plan` needs vectors that the run does not have; what cannot be read is told by who needs it."""
    try:
        return not set(plan.texts) <= set(VectorSpace.load(directory.memory).questions)
    except (StoreError, OSError):
        return False


def kept_vectors(plan: Plan, directory: RunDirectory, manifest: Manifest) -> VectorSpace:
    """The vectors that the run used before; embedded again, and kept, only where more rounds need more of them.

    Raises `SandboxError` if they cannot be read, `UsageError` if the embedder is another one now.
    """
    try:
        space = VectorSpace.load(directory.memory)
    except (StoreError, OSError) as error:
        raise SandboxError(f"The vectors of run {manifest.run_id} cannot be read: {of_either(error)}") from error
    if set(plan.texts) <= set(space.questions):
        return space
    # By what made the others: one space has vectors of one kind. Runs that do not say had theirs from torch.
    vectors = embed(plan, embedder_of(plan, manifest.embedder.backend or "torch"))
    if vectors.embedder.digest != manifest.embedder.digest:
        raise UsageError(
            f"More rounds need more vectors, and {plan.config.embedder} is not the embedder of run {manifest.run_id} "
            f"any more ({manifest.embedder.digest[:12]} then, {vectors.embedder.digest[:12]} now)."
        )
    vectors.space.save(directory.memory)
    return vectors.space
