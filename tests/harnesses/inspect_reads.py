"""Runs in the environment of inspect-ai: what it reads in the logs named, as a JSON document. No code of ours.

.harnesses/inspect/bin/python tests/harnesses/inspect_reads.py LOG...
"""

import json
import sys
from pathlib import Path
from typing import Any

from inspect_ai.log import list_eval_logs, read_eval_log, read_eval_log_sample_summaries


def read(path: Path) -> dict[str, Any]:
    """What `read_eval_log`, the reader of summaries and the list of logs say."""
    log = read_eval_log(str(path))
    listed = [each for each in list_eval_logs(str(path.parent)) if each.name.endswith(path.name)]
    return {
        "task": log.eval.task,
        "listed": [each.task for each in listed],
        "status": log.status,
        "scores": [score.model_dump() for score in log.results.scores],
        "samples": [sample.model_dump(include={"id", "epoch", "target", "scores"}) for sample in log.samples],
        "texts": [sample.output.completion for sample in log.samples],
        "errors": [sample.error and sample.error.message for sample in log.samples],
        "summaries": len(read_eval_log_sample_summaries(str(path))),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps([read(Path(name)) for name in sys.argv[1:]]))
