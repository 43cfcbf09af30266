"""The manifest of any work that makes paid calls. Knows only which there are."""

from typing import TypeVar

from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.manifest import Manifest
from sandbox.runs.rating.manifest import RatingManifest

AnyManifest = Manifest | EvaluationManifest | RatingManifest
# One of them, whichever it is.
M = TypeVar("M", Manifest, EvaluationManifest, RatingManifest)
