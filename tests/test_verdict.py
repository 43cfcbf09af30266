"""A run that goes badly is stopped early and loudly, and can go on with a higher share."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from fake_endpoint import Behaviour, Body, Fault, serve

from sandbox.options.config import Config
from sandbox.simulation.progress import Progress

SOCIETY = ("--questions", "starter", "--embedder", "hash", "--grid", 10, "--radius", 2, "--observe", "joint")
RUN = ("simulate", "--model", "fake", *SOCIETY, "--run-id", "one", "--rounds", 2)


def progress(complete: int = 0, failed: int = 0, ratings: int = 0, missing: int = 0) -> Progress:
    return Progress(500, complete, failed, ratings, missing, failures=Counter(timeout=failed))


@pytest.mark.parametrize(
    ("counted", "changes", "by"),
    [
        (progress(complete=40, failed=9), {}, None),
        (progress(complete=40, failed=10), {}, "failures"),
        (progress(complete=95, failed=5), {}, None),
        (progress(complete=95, failed=6), {}, "failures"),
        (progress(complete=95, failed=6), {"max_failures": 0.06}, None),
        (progress(complete=99, failed=1), {"max_failures": 0.0}, "failures"),
        (progress(complete=0, failed=100), {"max_failures": 1.0}, None),
        (progress(ratings=49, missing=49), {}, None),
        (progress(ratings=50, missing=10), {}, None),
        (progress(ratings=50, missing=11), {}, "missing"),
        (progress(ratings=50, missing=50), {"max_missing": 1.0}, None),
    ],
)
def test_shares_are_judged_from_the_fiftieth_on(counted: Progress, changes: dict[str, Any], by: str | None) -> None:
    found = counted.verdict(Config(**changes))
    assert (found and found.by) == by


class Failing(Behaviour):
    """A share of all prompts fails for good, always the same ones."""

    def fault(self, number: int, body: Body) -> Fault | None:
        return "400" if body.digest[-1] in "01" else None


def stopped(folder: Path) -> tuple[str, str, dict[str, Any]]:
    manifest = json.loads((folder / "runs" / "one" / "manifest.json").read_text())
    return manifest["status"], manifest["stopped_by"], manifest["totals"]


@pytest.mark.slow
def test_too_many_failures_stop_the_run_and_a_higher_share_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve(Failing()) as server:
        done = sandbox(*RUN, "--base-url", server.base_url)
        assert done.code == 3
        assert "mostly bad_request), more than --max-failures 0.05 allows." in done.err
        assert f"--resume {Path('runs/one')} --max-failures 0.1" in done.err
        status, by, totals = stopped(tmp_path)
        assert (status, by) == ("stopped", "failures")
        assert 50 <= totals["complete"] + totals["failed"] < 200
        assert totals["planned"] == 200
        asked = len(server.requests)
        assert sandbox("simulate", "--resume", "one").code == 3
        assert len(server.requests) == asked  # not even a probe
        assert sandbox("simulate", "--resume", "one", "--max-failures", 1).code == 3
        status, by, totals = stopped(tmp_path)
        assert (status, by) == ("complete", None)
        assert totals["complete"] + totals["failed"] == 200


@pytest.mark.slow
def test_too_many_missing_ratings_stop_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve(Behaviour(ignores_format=True)) as server:
        done = sandbox(*RUN, "--grid", 4, "--base-url", server.base_url)
        assert done.code == 3
        assert "ratings are missing (100.0%), more than --max-missing 0.2 allows." in done.err
        assert stopped(tmp_path)[:2] == ("stopped", "missing")
        assert sandbox("simulate", "--resume", "one", "--max-missing", 1).code == 0
        assert sandbox("simulate", "--replay", "one").code == 0
