"""The manifest of any work that makes paid calls, and its options. Knows only which there are."""

from typing import TypeVar

from sandbox.options.config import Config
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.rating import RatingConfig
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.manifest import Manifest
from sandbox.runs.rating.manifest import RatingManifest

AnyConfig = Config | EvaluationConfig | RatingConfig
AnyManifest = Manifest | EvaluationManifest | RatingManifest
# One of them, whichever it is.
M = TypeVar("M", Manifest, EvaluationManifest, RatingManifest)
