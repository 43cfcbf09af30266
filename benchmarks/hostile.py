"""What replies without end do to the memory of the command. Knows the command and its journal."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.command import fake_endpoint, measure
from benchmarks.figure import Figure, median_of
from benchmarks.turn import Turn

SOCIETY = ("--questions", "starter", "--embedder", "hash", "--grid", 2, "--neighbours", 1, "--max-failures", 1)
# The probe is answered, and then a draft with what is asked for here.
FLOODS = {"endless": "a reply of 3 GB", "packed": "600 KB that unpack to 600 MB"}
LIMIT = "16 MiB"


def hostile_figures(turn: Turn) -> Iterator[Figure]:
    """Peak memory beside that of the same society at an endpoint that answers well, and what the journal says of it."""
    well, _ = _asked(turn, "well")
    for fault, name in FLOODS.items():
        peak, named = _asked(turn, fault)
        beyond = None if peak is None or well is None else peak - well
        yield median_of(f"{name}: peak memory beyond that without", [beyond], "MiB", most=100)
        yield median_of(f"{name}: errors in the journal that name the limit", [named], least=1)


def _asked(turn: Turn, fault: str) -> tuple[float | None, int]:
    """The peak of a run whose first call after the probe has that answer, and how many errors name the limit."""
    with fake_endpoint("--script", f"well,{fault}") as server:
        run = f"{fault}-{turn.number}"
        asked = ("simulate", "--model", "fake", "--base-url", server.base_url, *SOCIETY, "--json", "--run-id", run)
        done = measure(turn.folder, *asked, allowed=(0, 3), checkout=turn.checkout)
        if fault not in (answered := server.stats()["answered"]) and fault != "well":
            raise RuntimeError(f"No call of the society was answered with {fault}: {answered}")
    return done.peak_mib, _naming(turn.folder / "runs" / run / "calls.jsonl")


def _naming(journal: Path) -> int:
    errors = [orjson.loads(line)["error"] for line in journal.read_bytes().splitlines()]
    return sum(LIMIT in (error["words"] or "") for error in errors if error)
