"""A rating from plan to complete folder, new or taken up again. Reports events; prints nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.progress.events import Finished, Report
from sandbox.rating.attempt import RatingAttempt
from sandbox.rating.opening import OpenedRating, new_rating, taken_up
from sandbox.rating.plan import Plan
from sandbox.runs.rating.directory import RatingDirectory
from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.rating.words import account, going_on, outcome, what_next
from sandbox.runs.reading import Run
from sandbox.works.run import FolderRun, Words


def ended_as(manifest: RatingManifest, path: Path) -> Finished:
    """How the rating in `path` ended: its accounts, and what to run next."""
    document = {"path": str(path), **manifest.model_dump(mode="json")}
    return Finished([outcome(manifest), *account(manifest), what_next(manifest, path)], document)


_WORDS: Final = Words("rating", going_on, ended_as)


def rating_run(
    plan: Plan, origins: Mapping[str, str], report: Report, of: Run | RatingDirectory
) -> FolderRun[RatingManifest, RatingDirectory]:
    """What rates the texts of a run as `plan` says, or goes on with the rating in a folder.

    `origins` says where each option came from; `report` is told every event as it happens.
    """
    resumed = of if isinstance(of, RatingDirectory) else None

    def opened() -> OpenedRating:
        if isinstance(of, RatingDirectory):
            return taken_up(plan, origins, report, of)
        return new_rating(of, plan, origins, report)

    def attempt(directory: RatingDirectory, manifest: RatingManifest) -> RatingAttempt:
        return RatingAttempt(directory, manifest, plan)

    return FolderRun(_WORDS, plan, report, opened, attempt, resumed)
