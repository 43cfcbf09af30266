"""What a run studies beside its answers, told: groups, what evaluators saw, who rated. Knows manifests."""

from collections.abc import Iterator

from sandbox.options.extras import persuaders_share, view_of
from sandbox.runs.manifest import Manifest


def studied(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Each with its name; nothing of a run without such options."""
    config = manifest.config
    if config.good is not None:
        yield "good agents", f"{config.good:.0%}"
    if population := manifest.population:
        yield "groups", f"{', '.join(group.name for group in population.groups)} ({population.placement})"
    if config.evaluator_view != "full":
        yield "evaluators see", seen(config.evaluator_view)
    if config.peers_rate:
        yield "peers rate", "draft and revision"
    if share := persuaders_share(config.control):
        yield "control", f"{share:.0%} of the agents are to convince others of a wrong answer"


def seen(view: str) -> str:
    """What neighbours saw of a question's material, as `--evaluator-view` says it."""
    characters = view_of(view).characters
    if characters is None:
        return "all of the material"
    return f"the first {characters:,} characters of the material" if characters else "the answer, and no material"
