"""Two ways to a rating that can be worked on: a new one beside its run, or one taken up again. Asks no model."""

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from sandbox.calls.endpoints import Endpoints
from sandbox.errors import UsageError
from sandbox.options.annotation import RESERVED
from sandbox.progress.events import Report
from sandbox.rating.manifest import continued, first_manifest
from sandbox.rating.plan import Plan
from sandbox.runs.beside import beside
from sandbox.runs.rating.directory import RatingDirectory
from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.rating.reading import is_rating
from sandbox.runs.rating.words import going_on
from sandbox.runs.reading import Run
from sandbox.works.opening import Opened, check_same_hosts, new_folder, same_folder

OpenedRating = AbstractAsyncContextManager[Opened[RatingManifest, RatingDirectory]]


def new_rating(run: Run, plan: Plan, origins: Mapping[str, str], report: Report) -> OpenedRating:
    """A new folder beside that of `run`, before the first call. Raises `SandboxError`."""
    place = beside(run.directory.path, plan.config.name or "")

    def begin(draft: RatingDirectory, endpoints: Endpoints) -> RatingManifest:
        plan.inquiry.keep(draft.prompts)
        for file in (draft.calls, draft.scores):
            file.touch()
        return first_manifest(plan, origins, place.name, endpoints)

    return new_folder(place, RatingDirectory, plan, begin, report)


def check_new(run: Run, plan: Plan) -> None:
    """Raises `UsageError` where the run has a rating of this name, or something else has the name or the place."""
    if (plan.config.name or "").lower() in RESERVED:
        raise UsageError(f"--name {plan.config.name}: another thing of a run is called so. Take another name.")
    place = beside(run.directory.path, plan.config.name or "")
    if is_rating(place):
        raise UsageError(
            f"{place}: run {run.name} was rated as {plan.config.name} already, and nothing is ever overwritten.\n"
            f"{going_on(place)}. Or rate it under another --name."
        )
    if os.path.lexists(place):
        raise UsageError(f"{place}: what lies there is no rating, and stays as it is.\nRate it under another --name.")


def taken_up(plan: Plan, origins: Mapping[str, str], report: Report, directory: RatingDirectory) -> OpenedRating:
    """The rating in `directory`, if this is still the same and nobody works on it. Raises `SandboxError`."""

    def take_up(own: RatingDirectory) -> tuple[RatingManifest, RatingManifest]:
        manifest = own.read_manifest()
        check_same(plan, manifest)
        own.repair()
        return manifest, continued(manifest, plan, origins)

    option = "observer_base_url" if plan.config.observer_base_url else "base_url"
    return same_folder(
        directory, plan, take_up, lambda before: check_same_hosts(plan, before, origins, lambda _: option), report
    )


def check_same(plan: Plan, manifest: RatingManifest) -> None:
    """Raises `UsageError` where `plan` is not what the rating of `manifest` asked."""
    if plan.fingerprint != manifest.fingerprint:
        raise UsageError(
            f"Rating {manifest.run_id} cannot be continued or replayed: its templates, or what it was asked with, "
            "have changed since.\nRate the run again under another --name."
        )
