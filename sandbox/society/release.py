"""What leaves the society: the record of a finished interaction."""

from collections.abc import Sequence

from agents.social_agent import SocialAgent
from sandbox.runs.records import Feedback, Finish, Interaction, Scores, TextScores, interaction_id
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
        finish=Finish(draft=exchange.finish.get("draft"), revision=exchange.finish.get("revision")),
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
    )


def _feedback(exchange: Exchange, author: SocialAgent) -> Feedback:
    judgement = exchange.feedback.get(author.number)
    return Feedback(
        agent=author.number,
        label=author.speaker.label,
        model=author.speaker.model,
        rating=judgement.rating if judgement else None,
        missing=judgement.missing if judgement else None,
        reason=judgement.reason if judgement else None,
        raw=judgement.raw if judgement else None,
        recall=exchange.recalls.get(author.number),
    )
