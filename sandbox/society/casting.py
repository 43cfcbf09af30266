"""Brings a plan to life: the vectors of its questions, agents with their prior memories, and the society they form."""

from collections.abc import Callable
from typing import NamedTuple

from agents.social_agent import SocialAgent
from agents.voice import Speaker, Voice
from memory import CachedEmbedder, Memory, VectorSpace
from sandbox.embedders import open_cached, vectors_of
from sandbox.options.extras import persuaders_share
from sandbox.runs.manifest import EmbedderUsed
from sandbox.society.cast import Cast
from sandbox.society.draws import PRIOR_ROUND
from sandbox.society.plan import Plan
from sandbox.society.society import Society
from sandbox.society.world import persuaders


class Vectors(NamedTuple):
    """The vectors of a run's questions, where they come from, and what is wrong with the cache if something is."""

    embedder: EmbedderUsed
    space: VectorSpace
    note: str | None


def embedder_of(plan: Plan, backend: str | None = None) -> CachedEmbedder:
    """The embedder that `plan` names, found but not loaded; `backend` as `open_embedder`. Raises `UsageError`."""
    return open_cached(plan.config.embedder, backend)


def embed(plan: Plan, embedder: CachedEmbedder, stopped: Callable[[], bool] = lambda: False) -> Vectors:
    """Embed every question of `plan`, or take its vector from the cache, unless `stopped`. Raises `UsageError`."""
    texts = plan.texts
    space = VectorSpace(texts, vectors_of(embedder, texts, stopped))
    return Vectors(EmbedderUsed.of(embedder), space, embedder.note)


def cast_society(plan: Plan, space: VectorSpace, first: int = 0) -> Society:
    """The society of `plan` before its first call, or that of round `first`.

    `space` holds the vectors of `plan.texts`.
    """
    config = plan.config
    observer_voice = Voice(plan.prompts, config.observer_temperature, config.max_tokens)
    cast = Cast(
        agents=_agents(plan, space),
        lanes=[plan.routes.number(model) for model in plan.models],
        observer=Speaker(plan.observer.name, observer_voice),
        observer_lane=plan.routes.number(plan.observer),
        dimensions=plan.dimensions,
        peers_rate=config.peers_rate == "revision",
        reflects=config.step is not None,
        view=plan.view,
        persuaders=persuaders(persuaders_share(config.control), config.agents, config.seed),
        slotted=plan.routes.embedded,
    )
    return Society(plan.world, cast, plan.questions.questions, config.rounds, first)


def _agents(plan: Plan, space: VectorSpace) -> list[SocialAgent]:
    voice = Voice(plan.prompts, plan.config.temperature, plan.config.max_tokens)
    agents = []
    casting = zip(plan.labels, plan.models, plan.members, plan.priors, strict=True)
    for number, (label, model, member, prior) in enumerate(casting):
        memory = Memory(space)
        for question, answer in prior:
            memory.add(question.text, answer, PRIOR_ROUND)
        who = (member.name, member.persona) if member else ()
        speaker = Speaker(model.name, voice, label, *who)
        agents.append(SocialAgent(number, speaker, memory, plan.config.threshold))
    return agents
