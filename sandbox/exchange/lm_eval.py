"""An evaluation as the files of lm-evaluation-harness 0.4.13: `results_<date>.json`, `samples_<task>_<date>.jsonl`.

Its keys are those of `lm_eval/loggers/evaluation_tracker.py`. A sample is a document of theirs; one without a value has
null as its metric, where they write a wrong answer. Knows no folder of theirs but these files.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from memory.files import dump_lines
from sandbox.exchange.told import OWN, Task, Told, tasks
from sandbox.runs.appearing import appearing
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.scores.number import Number

VERSION: Final = "0.4.13"
# What they call a reply that nothing was read out of, and a standard error that there is none of.
_INVALID, _NO_ERROR = "[invalid]", "N/A"
_FILTER: Final = "none"


def export_lm_eval(evaluation: Evaluation, out: Path) -> list[Path]:
    """Write `evaluation` into the new folder `out`; the files. Raises `SandboxError`."""
    found = list(tasks(evaluation))
    date = evaluation.manifest.created.removesuffix("Z").replace(":", "-")
    files = {f"samples_{task.suite.name}_{date}.jsonl": _samples(task) for task in found}
    results = _results(evaluation.manifest, found)
    files[f"results_{date}.json"] = (json.dumps(results, indent=2, ensure_ascii=False) + "\n").encode()
    with appearing(out, evaluation.directory.path.parent) as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
    return [out / name for name in sorted(files)]


def _samples(task: Task) -> bytes:
    return dump_lines(_sample(task, number, told) for number, told in enumerate(task.samples))


def _sample(task: Task, number: int, told: Told) -> dict[str, Any]:
    """A line of theirs: each sample is a document, as they have one reply of each."""
    metric, doc = _named(task.measure), _doc(told)
    prompt = json.dumps([turn.model_dump() for turn in told.messages], ensure_ascii=False)
    sampling = task.suite.sampling
    settings = {"temperature": sampling.temperature, "max_gen_toks": sampling.max_tokens, "until": []}
    return {
        "doc_id": number,
        "doc": doc,
        "target": told.target,
        "arguments": {"gen_args_0": {"arg_0": [prompt], "arg_1": settings}},
        "resps": [[text] for text in told.texts],
        "filtered_resps": [_INVALID if told.answer.missing else told.chosen or text for text in told.texts],
        "filter": _FILTER,
        "metrics": [metric],
        "doc_hash": _hash(json.dumps(doc, ensure_ascii=False)),
        "prompt_hash": _hash(prompt),
        "target_hash": _hash(told.target),
        metric: told.value,
    }


def _doc(told: Told) -> dict[str, Any]:
    """The item and what it is told apart by, its options as they were shown; the same keys in every line."""
    item = told.item
    return {
        "id": item.id,
        "question": item.question,
        "choices": told.choices,
        "group": item.group,
        OWN: told.own,
    }


def _results(manifest: EvaluationManifest, found: Sequence[Task]) -> dict[str, Any]:
    model = ",".join(manifest.models.agents) or str(manifest.answers_of)
    return {
        "results": {task.suite.name: _numbers(task) for task in found},
        "group_subtasks": {task.suite.name: [] for task in found},
        "configs": {task.suite.name: _config(task) for task in found},
        "versions": {task.suite.name: task.suite.digest[:12] for task in found},
        "n-shot": {task.suite.name: 0 for task in found},
        "higher_is_better": {task.suite.name: _wanted(task) for task in found},
        "n-samples": {task.suite.name: _counts(task) for task in found},
        "config": {"model": model, "model_args": {"model": model}, "random_seed": manifest.seed},
        "git_hash": None,
        "date": datetime.fromisoformat(manifest.created).timestamp(),
        "lm_eval_version": VERSION,
        "task_hashes": {task.suite.name: task.suite.digest for task in found},
        "model_source": f"sandbox {manifest.sandbox}",
        "model_name": model,
        "model_name_sanitized": re.sub(r"[\"<>:/|\\?*\[\]]+", "__", model),
        "system_instruction": None,
        "system_instruction_sha": None,
        "fewshot_as_multiturn": None,
        "chat_template": None,
        "chat_template_sha": None,
        "total_evaluation_time_seconds": str(manifest.totals.wall_seconds),
    }


def _numbers(task: Task) -> dict[str, Any]:
    """The numbers over all of a suite, each with its interval where it has one: a standard error is not worked out.

    `sample_count`, which they have for groups, says how many samples each is over; `missing` is a metric of its own.
    """
    found: dict[str, Any] = {
        "name": task.suite.name,
        "alias": task.suite.name,
        "sample_len": len(task.samples),
        "sample_count": {_key(each): each.scored for each in task.over_all},
    }
    for each in task.over_all:
        found |= {_key(each): each.value, _key(each, "_stderr"): _NO_ERROR}
        if each.low is not None:
            found |= {_key(each, "_low"): each.low, _key(each, "_high"): each.high}
    return found | {f"missing,{_FILTER}": sum(told.missing is not None for told in task.samples)}


def _wanted(task: Task) -> dict[str, bool | None]:
    """Which end of each metric is wanted; None where neither is."""
    ends = {"high": True, "low": False, None: None}
    return {_named(each.measure): ends[each.better] for each in task.over_all}


def _counts(task: Task) -> dict[str, int]:
    return {"original": len(task.suite.items), "effective": len(task.samples)}


def _config(task: Task) -> dict[str, Any]:
    suite = task.suite
    return {
        "task": suite.name,
        "output_type": "generate_until",
        "repeats": suite.sampling.samples,
        "doc_to_text": suite.prompt,
        "metadata": {"kind": suite.kind, "metric": suite.metric, "licence": suite.licence, "digest": suite.digest},
    }


def _key(number: Number, ending: str = "") -> str:
    return f"{_named(number.measure)}{ending},{_FILTER}"


def _named(measure: str) -> str:
    """As their metrics are called: a comma would begin the name of a filter."""
    return re.sub(r"[\s,]+", "_", measure)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
