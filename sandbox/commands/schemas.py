"""Which record each file holds, by what its folder is: the list behind `inspect --schema`. Knows no file."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, RootModel

from sandbox.export.manifest import ExportManifest
from sandbox.packing.listing import Listing
from sandbox.runs.annotation.records import AnnotationManifest, JudgedLine
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.records import AnyAnswer, AskLine, Judgement
from sandbox.runs.kept_questions import KeptQuestion
from sandbox.runs.manifest import Manifest
from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.rating.records import RatedInteraction, RatingLine
from sandbox.runs.records import Interaction, JournalLine
from sandbox.runs.round_records import RoundSummary
from sandbox.runs.study import RECORD, StudyRecord
from sandbox.runs.tags import Tags
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.records import AnswerLine, StepLine
from sandbox.scores.number import Number
from sandbox.suites.suite import Item, Suite

SCHEMAS: Final[Mapping[str, type[BaseModel]]] = {
    "interactions.jsonl": Interaction,
    "rounds.jsonl": RoundSummary,
    "calls.jsonl": JournalLine,
    "questions.jsonl": KeptQuestion,
    "manifest.json": Manifest,
    RECORD: StudyRecord,
    "NAME.tags.json": Tags,
    "evaluation: manifest.json": EvaluationManifest,
    "evaluation: answers.jsonl": RootModel[AnyAnswer],
    "evaluation: judgements.jsonl": Judgement,
    "evaluation: calls.jsonl": AskLine,
    "evaluation: suites/NAME.json": Suite,
    "evaluation: suites/NAME.jsonl": Item,
    "evaluation: numbers of summary.json": Number,
    "rating: manifest.json": RatingManifest,
    "rating: scores.jsonl": RatedInteraction,
    "rating: calls.jsonl": RatingLine,
    "annotation: manifest.json": AnnotationManifest,
    "annotation: judgements.jsonl": JudgedLine,
    "training: manifest.json": TrainingManifest,
    "training: steps.jsonl": StepLine,
    "training: answers.jsonl": AnswerLine,
    "export: manifest.json": ExportManifest,
    "archive: pack.json": Listing,
}
