"""What leaves the society: the record of a finished interaction, and the judgements in it."""

from collections.abc import Sequence
from typing import Literal

from agents.replies import Judgement
from agents.social_agent import SocialAgent
from sandbox.runs.records import Feedback, Finish, Interaction, Scores, TextScores, interaction_id
from sandbox.society.back_scatter import Exchange, Rated
from sandbox.society.world import World

ScoredText = Literal["draft", "revision"]


def interaction_record(exchange: Exchange, world: World, agents: Sequence[SocialAgent]) -> Interaction:
    """The record of `exchange`, whole or failed."""
    central = agents[exchange.agent]
    return Interaction(
        id=interaction_id(exchange.round, exchange.agent),
        round=exchange.round,
        agent=exchange.agent,
        position=world.position(exchange.agent),
        label=central.label,
        model=central.model,
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
        label=author.label,
        model=author.model,
        rating=judgement.rating if judgement else None,
        missing=judgement.missing if judgement else None,
        reason=judgement.reason if judgement else None,
        raw=judgement.raw if judgement else None,
        recall=exchange.recalls.get(author.number),
    )


def judgements(interaction: Interaction) -> list[Judgement | Feedback]:
    """Every judgement that was obtained: feedback, then scores."""
    scores = interaction.scores
    four = [
        scores.draft.alignment,
        scores.draft.engagement,
        scores.revision.alignment,
        scores.revision.engagement,
    ]
    given = [item for item in interaction.feedback if item.rating is not None or item.missing is not None]
    return [*given, *(item for item in four if item is not None)]


def missing_ratings(interaction: Interaction) -> int:
    """How many ratings were asked for and could not be read."""
    return sum(item.missing is not None for item in judgements(interaction))


def rating(interaction: Interaction, text: ScoredText, dimension: Rated) -> int | None:
    """The observer's rating of `text`, None where there is none."""
    judgement: Judgement | None = getattr(getattr(interaction.scores, text), dimension)
    return judgement.rating if judgement else None
