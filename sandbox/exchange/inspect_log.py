"""An evaluation as logs of inspect-ai 0.3.285, version 2: a `.eval` file for each suite.

That is a zip of `_journal/start.json`, `header.json`, `summaries.json` and a member for each sample, as
`inspect_ai/log/_recorders/eval.py` reads them. A sample without a value is one that their `Score.unscored` makes: its
value is NaN, which none of their metrics counts. Its own epochs are our samples.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from sandbox.exchange.told import OWN, Task, Told, tasks
from sandbox.runs.appearing import appearing
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.records import Missing

VERSION: Final = 2
_STATUS: Final = {"complete": "success", "running": "started", "failed": "error"}
_NOT_ENDED: Final = "cancelled"
# Why a score is abnormal, in their words (`inspect_ai.scorer._metric.ScoreReason`) where they have one.
_REASONS: Final[Mapping[Missing, str]] = {
    "refused": "refusal",
    "empty": "no_response",
    "unparsable": "invalid_response_format",
}
_OF_JUDGE: Final = "grader_failed"
_STOPS: Final = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter"}
_SHOWN: Final = 1000  # letters of a question in the list of samples
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can name


def export_inspect(evaluation: Evaluation, out: Path) -> list[Path]:
    """Write `evaluation` into the new folder `out`; the files. Raises `SandboxError`."""
    manifest, status = evaluation.manifest, _STATUS.get(evaluation.status, _NOT_ENDED)
    files = {_name(manifest, task): _log(manifest, task, status) for task in tasks(evaluation)}
    with appearing(out, evaluation.directory.path.parent) as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
    return [out / name for name in sorted(files)]


def _name(manifest: EvaluationManifest, task: Task) -> str:
    """`2026-11-20T10-00-00-00-00_suite_id.eval`, as they name logs."""
    time = manifest.created.removesuffix("Z").replace(":", "-")
    return f"{time}-00-00_{task.suite.name.replace('_', '-')}_{_id(manifest, task)}.eval"


def _id(manifest: EvaluationManifest, task: Task) -> str:
    return sha256(f"{manifest.fingerprint}/{task.suite.name}".encode()).hexdigest()[:22]


def _log(manifest: EvaluationManifest, task: Task, status: str) -> bytes:
    """The bytes of a log: the same for the same records."""
    start = {"version": VERSION, "eval": _spec(manifest, task), "plan": {"name": "plan", "steps": []}}
    header = {**start, "status": status, "results": _results(task), "stats": _stats(manifest)}
    if status == "error":
        header["error"] = _error("The evaluation failed.")
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as log:
        for name, content in _members(task, start, header, manifest):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            # Not orjson, which has null for what is no number.
            log.writestr(member, json.dumps(content, ensure_ascii=False))
    return held.getvalue()


def _members(
    task: Task, start: dict[str, Any], header: dict[str, Any], manifest: EvaluationManifest
) -> Iterator[tuple[str, object]]:
    model = _model(manifest)
    yield "_journal/start.json", start
    for told in task.samples:
        yield f"samples/{told.item.id}_epoch_{told.sample + 1}.json", _sample(task, told, model)
    yield "summaries.json", [_summary(task, told) for told in task.samples]
    yield "header.json", header


def _spec(manifest: EvaluationManifest, task: Task) -> dict[str, Any]:
    suite = task.suite
    return {
        "eval_id": _id(manifest, task),
        "run_id": manifest.fingerprint[:22],
        "created": _time(manifest.created),
        "task": suite.name,
        "task_id": _id(manifest, task),
        "task_version": suite.digest,
        "dataset": {"name": suite.name, "samples": len(suite.items), "sample_ids": [item.id for item in suite.items]},
        "model": _model(manifest),
        "model_generate_config": {
            "temperature": suite.sampling.temperature,
            "max_tokens": suite.sampling.max_tokens,
            "seed": manifest.seed,
        },
        "config": {"epochs": suite.sampling.samples},
        "packages": {"sandbox": manifest.sandbox},
        "metadata": {"kind": suite.kind, "metric": suite.metric, "licence": suite.licence, "judge": manifest.judge},
    }


def _results(task: Task) -> dict[str, Any]:
    """The numbers over all of a suite, each with its interval where it has one."""
    metrics: dict[str, dict[str, Any]] = {}
    for each in task.over_all:
        if each.value is not None:  # they have no metric that is undefined
            beside = {"low": each.low, "high": each.high, "n": each.n, "scored": each.scored, "missing": each.missing}
            metrics[each.measure] = {"name": each.measure, "value": each.value, "metadata": beside}
    scored = sum(told.value is not None for told in task.samples)
    score = {
        "name": task.measure,
        "scorer": OWN,
        "scored_samples": scored,
        "unscored_samples": sum(told.missing is not None for told in task.samples),
        "metrics": metrics,
    }
    answered = sum(told.answer.failed is None for told in task.samples)
    return {"total_samples": len(task.samples), "completed_samples": answered, "scores": [score]}


def _stats(manifest: EvaluationManifest) -> dict[str, Any]:
    finished = manifest.finished
    return {"started_at": _time(manifest.created), "completed_at": _time(finished) if finished else ""}


def _time(time: str) -> str:
    return time.replace("Z", "+00:00")


def _model(manifest: EvaluationManifest) -> str:
    return ",".join(manifest.models.agents) or str(manifest.answers_of)


def _sample(task: Task, told: Told, model: str) -> dict[str, Any]:
    sent, answer = [turn.model_dump() for turn in told.messages], told.answer
    said = [{"role": "assistant", "content": text or "", "model": model} for text in told.texts]
    stop = _STOPS.get(answer.finish or "", "unknown")
    choices = [] if answer.failed else [{"message": each, "stop_reason": stop} for each in said]
    found = {
        **_identity(told),
        "input": sent,
        "messages": [*sent, *(said if answer.text else [])],
        "output": {"model": model, "choices": choices, "completion": said[0]["content"]},
        "scores": _scores(task, told),
        "metadata": {OWN: told.own, "group": told.item.group},
    }
    error = {"error": _error(f"The call failed for good: {answer.failed}.")} if answer.failed else {}
    return {**found, **error}


def _identity(told: Told) -> dict[str, Any]:
    choices = {"choices": told.choices} if told.choices else {}
    return {"id": told.item.id, "epoch": told.sample + 1, "target": told.target, **choices}


def _summary(task: Task, told: Told) -> dict[str, Any]:
    asked = told.messages[-1].content if told.messages else ""
    error = {"error": str(told.answer.failed)} if told.answer.failed else {}
    return {
        **_identity(told),
        "input": asked[:_SHOWN],
        "scores": _scores(task, told),
        "completed": told.answer.failed is None,
        "message_count": len(told.messages) + (told.answer.text is not None),
        **error,
    }


def _scores(task: Task, told: Told) -> dict[str, Any]:
    """Its value, or NaN and why; what judges said as the explanation. None where no value is due."""
    if told.value is None and told.missing is None:
        return {}
    said = "\n\n".join(each.reason or each.raw or "" for each in told.judgements)
    found = {"value": told.value, "answer": told.chosen or told.answer.text, "explanation": said or None}
    if told.value is None:
        missing = told.answer.missing
        found |= {"value": float("nan"), "reason": _REASONS.get(missing, missing) if missing else _OF_JUDGE}
    return {task.measure: found}


def _error(message: str) -> dict[str, str]:
    return {"message": message, "traceback": "", "traceback_ansi": ""}
