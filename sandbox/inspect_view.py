"""How runs, rounds and interactions look on a terminal. Everything that a model wrote is made harmless first."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agents.replies import Judgement
from memory import Recall
from sandbox.records import Feedback, Interaction, RoundSummary, TextScores
from sandbox.run_reading import Run
from sandbox.terminal import plain
from sandbox.text import account, counted, mean, money, outcome, what_next

_STATUS_STYLE = {"complete": "green", "running": "cyan", "stopped": "yellow", "interrupted": "yellow", "failed": "red"}


def runs_table(runs: Sequence[tuple[Run, Sequence[RoundSummary]]]) -> Table:
    """One row a run, oldest first, each with the summaries of its rounds."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("run", "status", "agents", "rounds", "alignment", "cost"):
        table.add_column(name, no_wrap=True)
    table.add_column("models", no_wrap=True, overflow="ellipsis")
    for run, rounds in runs:
        manifest = run.manifest
        models = ", ".join(dict.fromkeys((*manifest.models.agents, manifest.models.observer)))
        table.add_row(
            plain(manifest.run_id),
            Text(run.status, style=_STATUS_STYLE[run.status]),
            str(manifest.config.grid**2),
            f"{len(rounds)}/{manifest.config.rounds}",
            _first_to_last(rounds),
            money(manifest.totals.cost_usd),
            plain(models),
        )
    return table


def _first_to_last(rounds: Sequence[RoundSummary]) -> str:
    """Alignment of the first drafts and of the last revisions."""
    if not rounds:
        return "-"
    before, after = rounds[0].scores.draft.alignment, rounds[-1].scores.revision.alignment
    return f"{mean(before.mean)} -> {mean(after.mean)}"


def run_summary(run: Run) -> RenderableType:
    """What was run, how it ended, accounts that add up, and what to do with a run that did not end."""
    manifest = run.manifest
    config, models = manifest.config, manifest.models
    lines = [
        outcome(manifest, run.status),
        f"{config.grid} x {config.grid} agents, {counted(config.rounds, 'round')}, "
        f"{counted(config.neighbours, 'neighbour')} "
        f"({config.scope}), labels {config.labels}, seed {manifest.seed}",
        f"agents: {', '.join(models.agents)}; observer: {models.observer}; embedder: {manifest.embedder.name}",
        f"{manifest.questions.count} questions from {manifest.questions.name}",
        *account(manifest),
    ]
    if "scripted" in (*models.agents, models.observer):
        lines.append("scripted is no language model: its scores mean nothing.")
    if run.status in ("stopped", "interrupted", "failed"):
        lines.append(what_next(manifest, run.directory.path))
    return Group(*(plain(line) for line in lines))


def round_table(rounds: Sequence[RoundSummary]) -> Table:
    """Mean scores of each whole round, draft -> revision."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("round", "alignment", "gain", "engagement", "gain", "missing", "recall", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    for item in rounds:
        draft, revision = item.scores.draft, item.scores.revision
        table.add_row(
            str(item.round),
            f"{mean(draft.alignment.mean)} -> {mean(revision.alignment.mean)}",
            mean(item.gain.alignment.mean),
            f"{mean(draft.engagement.mean)} -> {mean(revision.engagement.mean)}",
            mean(item.gain.engagement.mean),
            str(item.missing),
            f"{item.recall_rate:.0%}",
            str(item.failed),
        )
    return table


def interaction_story(item: Interaction) -> RenderableType:
    """One interaction, in the order in which it happened."""
    return Group(*_story(item))


def _story(item: Interaction) -> Iterator[RenderableType]:
    row, column = item.position
    label = f", {item.label}" if item.label else ""
    yield plain(item.id, style="bold reverse")
    yield plain(f"Agent {item.agent} at row {row}, column {column}{label}, speaks through {item.model}")
    if item.failed:
        by = f" by agent {item.failed.neighbour}" if item.failed.neighbour is not None else ""
        yield plain(f"Failed at {item.failed.stage}{by}: {item.failed.error}", style="red")
    yield from _part("Question", item.question)
    yield from _recall(item.recall)
    yield from _part(f"Draft {_scores(item.scores.draft)}", item.draft)
    for feedback in item.feedback:
        yield from _feedback(feedback)
    yield from _part(f"Revision {_scores(item.scores.revision)}", item.revision)
    for text, scores in (("draft", item.scores.draft), ("revision", item.scores.revision)):
        for name, judgement in (("alignment", scores.alignment), ("engagement", scores.engagement)):
            yield from _part(f"Observer on the {name} of the {text}: {_rating(judgement)}", _said(judgement))


def _part(title: str, body: str | None) -> Iterator[RenderableType]:
    yield plain(title, style="bold")
    yield Padding(plain(body if body is not None else "(not obtained)"), (0, 0, 0, 2), expand=False)
    yield plain("")


def _recall(recall: Recall | None) -> Iterator[RenderableType]:
    if recall is None:
        yield from _part("Remembered", "nothing similar")
        return
    when = "from before the first round" if recall.round < 0 else f"from round {recall.round}"
    title = f"Remembered {when}, similarity {recall.similarity}"
    yield from _part(title, f"{recall.question}\n{recall.answer}")


def _feedback(item: Feedback) -> Iterator[RenderableType]:
    label = f" ({item.label})" if item.label else ""
    yield from _part(f"Feedback of agent {item.agent}{label}: {_rating(item)}", _said(item))


def _said(item: Judgement | Feedback | None) -> str | None:
    return (item.reason or item.raw) if item else None


def _rating(item: Judgement | Feedback | None) -> str:
    if item is None or (item.rating is None and item.missing is None):
        return "not obtained"
    return f"{item.rating} of 7" if item.rating is not None else f"missing ({item.missing})"


def _scores(scores: TextScores) -> str:
    return f"(alignment {_rating(scores.alignment)}, engagement {_rating(scores.engagement)})"
