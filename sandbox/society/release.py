"""What leaves the society: the record of a finished interaction."""

from collections.abc import Sequence
from typing import Any

from agents.protocol import SPOKEN
from agents.replies import Judgement
from agents.social_agent import SocialAgent
from sandbox.runs.records import (
    Chosen,
    Feedback,
    Finish,
    Interaction,
    RevisionFeedback,
    Scores,
    TextScores,
    interaction_id,
)
from sandbox.society.back_scatter import Exchange
from sandbox.society.world import World


def interaction_record(exchange: Exchange, world: World, agents: Sequence[SocialAgent]) -> Interaction:
    """The record of `exchange`, whole or failed."""
    central = agents[exchange.agent]
    return Interaction(
        id=interaction_id(exchange.round, exchange.agent),
        round=exchange.round,
        agent=exchange.agent,
        position=world.position(exchange.agent),
        label=central.speaker.label,
        model=central.speaker.model,
        question_id=exchange.question.id,
        question=exchange.question.text,
        recall=exchange.recalls.get(exchange.agent),
        draft=exchange.draft,
        feedback=tuple(_feedback(exchange, agents[other]) for other in exchange.neighbours),
        revision=exchange.revision,
        finish=Finish(**{name: exchange.finish.get(name) for name in SPOKEN}),
        scores=Scores(
            draft=TextScores(
                alignment=exchange.scores.get(("score_draft", "alignment")),
                engagement=exchange.scores.get(("score_draft", "engagement")),
            ),
            revision=TextScores(
                alignment=exchange.scores.get(("score_revision", "alignment")),
                engagement=exchange.scores.get(("score_revision", "engagement")),
            ),
        ),
        failed=exchange.failed,
        group=central.speaker.group,
        options=exchange.question.options or None,
        gold=exchange.question.gold,
        gold_text=exchange.question.gold_text,
        choice=_chosen(exchange),
        persuader=exchange.persuader,
        reflection=exchange.reflection,
        revision_feedback=_revision_feedback(exchange, agents) if exchange.peers_rate else None,
    )


def _chosen(exchange: Exchange) -> Chosen | None:
    choices = exchange.choices
    return Chosen(draft=choices.get("draft"), revision=choices.get("revision")) if exchange.question.options else None


def _feedback(exchange: Exchange, author: SocialAgent) -> Feedback:
    return Feedback(
        agent=author.number,
        label=author.speaker.label,
        model=author.speaker.model,
        **_said(exchange.feedback.get(author.number)),
        recall=exchange.recalls.get(author.number),
        group=author.speaker.group,
    )


def _revision_feedback(exchange: Exchange, agents: Sequence[SocialAgent]) -> tuple[RevisionFeedback, ...]:
    """What each neighbour said of the revision; nothing where it was not asked, or its ask failed."""
    return tuple(
        RevisionFeedback(agent=other, group=agents[other].speaker.group, **_said(exchange.revision_feedback.get(other)))
        for other in exchange.neighbours
    )


def _said(judgement: Judgement | None) -> dict[str, Any]:
    return judgement.model_dump() if judgement else dict.fromkeys(Judgement.model_fields)
