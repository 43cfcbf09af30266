"""How far a rating came that was killed: its files say it, the manifest was written some time before."""

from sandbox.calls.rating_journal import tallied
from sandbox.figures.killed import InLog, true_manifest
from sandbox.runs.rating.reading import Rating


def counted_rating(rating: Rating) -> Rating:
    """`rating`; if it was killed, with the counts of its files in its manifest. Raises `SandboxError`."""
    if rating.status != "interrupted":
        return rating
    failed = missing = finished = 0
    for line in rating.lines():
        finished, failed = finished + 1, failed + (line.failed is not None)
        missing += sum(score.missing is not None for score in line.scored())
    tally = tallied(rating.directory, rating.manifest)
    return Rating(rating.directory, true_manifest(rating.manifest, tally, InLog(failed, missing, finished)))
