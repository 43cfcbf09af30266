"""A study of two conditions and three seeds, and the gain of each run as a table."""

import sandbox
from sandbox.progress.events import Finished

base = {"model": "scripted", "questions": "starter", "embedder": "hash", "grid": 3, "rounds": 2}
matrix = {"neighbours": [1, 4], "seed": {"from": 0, "count": 3}}


def show(event: object) -> None:
    """Of all that happens, tell how cells end."""
    if isinstance(event, sandbox.OfCell) and isinstance(event.event, Finished):
        print(event)


study = sandbox.study({"name": "neighbours", "base": base, "matrix": matrix}, show)
if study.status != "complete":
    raise SystemExit(f"{study} Run this again to go on with it.")
rounds = sandbox.load(study).rounds().to_pandas()
print(rounds.groupby(["neighbours", "seed"])["alignment_gain"].mean().unstack().round(2))
