"""`python -m benchmarks.cells TOML`: runs the cells of a study one by one in this process, and tells what each took.

Processor seconds, as a JSON list: of each run alone, neither start nor plan, after a first one that is not counted.
"""

import json
import sys
import time
from pathlib import Path

from sandbox.progress.events import Event
from sandbox.simulation.loop import in_loop
from sandbox.simulation.simulation import Simulation
from sandbox.society.plan import make_plan
from sandbox.studies.finding import find_study
from sandbox.studies.planning import PlannedCell, StudyPlan, plan_study


def main() -> None:
    """Run them all, the first twice."""
    taken = []
    for studies in ("warm", "alone"):
        found = find_study(sys.argv[1], Path(studies))
        plan = plan_study(found.file, found.folder, (), costs=False)
        cells = plan.cells[:1] if studies == "warm" else plan.cells
        taken = [_seconds(plan, cell) for cell in cells]
    print(json.dumps(taken))  # noqa: T201


def _seconds(plan: StudyPlan, cell: PlannedCell) -> float:
    simulation = Simulation(make_plan(cell.config, None, plan.sources), cell.origins, _silent)
    started = time.process_time()
    in_loop(simulation.run())
    return time.process_time() - started


def _silent(_event: Event) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
