"""The forms of all commands' options: by them the variables that give none are known. Imports nothing slow."""

from typing import Final

from sandbox.export.options import ExportOptions
from sandbox.inspection.analysis.options import ObserverView, ParetoView, RepresentationView, SophistryView
from sandbox.inspection.options import View
from sandbox.inspection.study_options import StudyView
from sandbox.options.annotation import AnnotationConfig
from sandbox.options.config import Config
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import Declared
from sandbox.options.rating import RatingConfig
from sandbox.options.tagging import TagOptions
from sandbox.options.training import TrainingConfig
from sandbox.packing.options import PackOptions, UnpackOptions
from sandbox.studies.options import StudyOptions

FORMS: Final[tuple[type[Declared], ...]] = (
    Config, EvaluationConfig, RatingConfig, AnnotationConfig, TrainingConfig, View, TagOptions, ExportOptions,
    StudyOptions, StudyView, SophistryView, RepresentationView, ObserverView, ParetoView, PackOptions, UnpackOptions,
)  # fmt: skip
