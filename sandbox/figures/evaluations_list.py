"""The list of evaluations: who answered and judged what, how far each came, what it cost, how old it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.errors import SandboxError, of_either
from sandbox.figures.killed_evaluation import counted_evaluation
from sandbox.figures.runs_list import in_utc
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.finding import find_evaluations
from sandbox.runs.json_lines import count_lines
from sandbox.sheet import Sheet
from sandbox.text import age, money


class ListedEvaluation(NamedTuple):
    """An evaluation, how many answers are in its log, and when it was made."""

    evaluation: Evaluation
    answers: int
    created: datetime

    def document(self, now: datetime) -> dict[str, Any]:
        """A row of the list in JSON: the manifest, whose `kind` tells it from a run, and what it does not say."""
        return self.evaluation.manifest.model_dump(mode="json") | {
            "status_now": self.evaluation.status,
            "answers_done": self.answers,
            "age_seconds": round((now - self.created).total_seconds()),
        }

    @property
    def suites(self) -> str:
        """The names of its suites."""
        return ", ".join(each.name for each in self.evaluation.manifest.suites)

    @property
    def model(self) -> str:
        """Who answered, or where the answers come from."""
        manifest = self.evaluation.manifest
        return (
            f"answers of {manifest.answers_of}"
            if manifest.answers_of
            else ", ".join(manifest.models.agents) or "none is asked"
        )


def evaluations_in(folder: Path) -> tuple[list[ListedEvaluation], list[str]]:
    """Every evaluation in `folder`, newest first, and what is wrong with those that cannot be read."""
    found, broken = find_evaluations(folder)
    read: list[ListedEvaluation] = []
    for evaluation in found:
        try:
            read.append(_looked_up(evaluation))
        except (SandboxError, OSError) as error:
            broken.append(of_either(error))
    return read, broken


def _looked_up(evaluation: Evaluation) -> ListedEvaluation:
    created = in_utc(datetime.fromisoformat(evaluation.manifest.created))
    return ListedEvaluation(counted_evaluation(evaluation), count_lines(evaluation.directory.answers), created)


def evaluations_sheet(evaluations: Sequence[ListedEvaluation], now: datetime | None = None) -> Sheet:
    """For people, a row an evaluation: answers so far of those planned, and what is missing among them."""
    now = now or datetime.now(UTC)
    rows = [
        [
            each.evaluation.name,
            each.evaluation.status,
            each.model,
            each.evaluation.manifest.judge,
            each.suites,
            f"{each.answers}/{each.evaluation.manifest.totals.planned}",
            each.evaluation.manifest.totals.missing_ratings,
            money(each.evaluation.manifest.totals.cost_usd),
            age((now - each.created).total_seconds()),
        ]
        for each in evaluations
    ]
    columns = ("evaluation", "status", "model", "judge", "suites", "answers", "missing", "cost", "age")
    texts = frozenset({"evaluation", "status", "model", "judge", "suites"})
    return Sheet("evaluations", columns, rows, None, texts, ("age", "judge"), ("evaluation",))


def evaluations_data(evaluations: Sequence[ListedEvaluation], now: datetime) -> Sheet:
    """The same for programs: numbers as numbers."""
    rows = []
    for each in evaluations:
        manifest, document = each.evaluation.manifest, each.document(now)
        own = [each.evaluation.name, manifest.created, document["status_now"], each.model, manifest.judge, each.suites]
        totals = [manifest.totals.planned, manifest.totals.missing_ratings, manifest.totals.cost_usd]
        rows.append([*own, each.answers, *totals, document["age_seconds"]])
    columns = (
        "evaluation", "created", "status", "model", "judge", "suites", "answers_done", "planned", "missing", "cost_usd",
        "age_seconds",
    )  # fmt: skip
    return Sheet("evaluations", columns, rows)
