"""The log of a run: records leave the process once they are written, and sums give the summaries of rounds."""

import gc
from pathlib import Path
from random import Random

import pytest
from societies import plan, play, society

from sandbox.runs.directory import RunDirectory
from sandbox.runs.records import Interaction
from sandbox.simulation.log import RunLog


def alive() -> int:
    gc.collect()
    return sum(type(each) is Interaction for each in gc.get_objects())


@pytest.mark.slow
def test_memory_stays_flat_because_no_interaction_is_kept(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.interactions.touch()
    directory.rounds.touch()
    here, before, summaries = society(plan(rounds=3)), alive(), []
    log, looks = RunLog(directory, here.world.size), 0
    for _ in play(here, Random(0), 4):
        if released := list(here.release()):
            summaries += [summary for summary, _ in log.write(released)]
            del released
            assert alive() == before
            looks += 1
    summaries += [summary for summary, _ in log.write(list(here.release()))]
    log.close()
    assert looks > 3
    assert [summary.round for summary in summaries] == [0, 1, 2]
    assert all(summary.interactions == 9 for summary in summaries)
