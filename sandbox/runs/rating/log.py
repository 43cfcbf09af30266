"""The log that was rated, known by its beginning: a run may grow, and what was rated stays what it was."""

import hashlib
from itertools import islice

from sandbox.errors import SandboxError
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.rating.manifest import RatedLog
from sandbox.runs.rating.reading import Rating
from sandbox.runs.reading import Run


def log_of(run: Run, most: int | None = None) -> RatedLog:
    """The lines that the log of `run` has by now, `most` of them at most. Raises `SandboxError` for none of JSON."""
    digest, count = hashlib.sha256(), 0
    for count, line in islice(raw_lines(run.directory.interactions), most):  # noqa: B007  # the last one is the count
        digest.update(line.rstrip(b"\n") + b"\n")
    return RatedLog(run=run.directory.name, interactions=count, sha256=digest.hexdigest())


def check_texts(run: Run, rating: Rating) -> None:
    """Raises `SandboxError` where the texts that were rated are not those of `run`, as after a retry of failures."""
    rated = rating.manifest.rated
    found = log_of(run, rated.interactions)
    if (found.interactions, found.sha256) != (rated.interactions, rated.sha256):
        raise SandboxError(
            f"{run.directory.interactions}: its first {rated.interactions} lines are not those that "
            f"{rating.directory.name} rated.\nBring back the run as it was, or rate it anew under another name."
        )
