"""Runs in the environment of lm-evaluation-harness: what it reads in a folder of its files, as a JSON document.

.harnesses/lm-eval/bin/python tests/harnesses/lm_eval_reads.py FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

import datasets
from lm_eval.utils import get_file_task_name, get_results_filenames, get_sample_results_filenames, make_table


def read(folder: Path) -> dict[str, Any]:
    """Its table of results, and its samples as it loads them for its own cards: through `datasets`."""
    files = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    [results] = get_results_filenames(files)
    samples = {get_file_task_name(Path(name).name): name for name in get_sample_results_filenames(files)}
    return {
        "table": make_table(json.loads(Path(results).read_text(encoding="utf-8"))),
        "samples": {
            task: datasets.load_dataset(
                "json", data_files=name, split="train", cache_dir=str(folder / "cache")
            ).to_list()
            for task, name in samples.items()
        },
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(read(Path(sys.argv[1]))))
