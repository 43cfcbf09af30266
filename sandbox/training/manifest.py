"""Fills the manifest of a training: what it begins with, and how far it came."""

import time
from dataclasses import replace
from typing import Any, Literal

import sandbox
from sandbox.runs.clock import timestamp
from sandbox.runs.manifest import Status
from sandbox.runs.training.manifest import Measured, TrainingAttempt, TrainingManifest
from sandbox.training.plan import Plan


def first_manifest(plan: Plan, name: str) -> TrainingManifest:
    """The manifest of a training called `name` that has made no step. It names no path of this machine."""
    config = plan.config
    assert config.objective, "settled options name one"
    return TrainingManifest(
        schema_=1,
        name=name,
        status="running",
        stopped_by=None,
        created=timestamp(),
        finished=None,
        sandbox=sandbox.__version__,
        objective=config.objective,
        config=replace(config, out=None, model=plan.model_asked, reward=plan.reward_name),
        origins=dict(plan.origins),
        fingerprint=plan.fingerprint,
        seed=config.seed,
        data=plan.data,
        base=plan.base,
        reward=plan.reward,
        packages=dict(plan.packages),
        device=plan.device,
        precision=plan.hardware.precision,
        threads=plan.threads,
        ranks=plan.ranks,
        rows=dict(plan.rows),
        trainable=plan.trainable,
        steps_planned=plan.steps_planned,
        steps=0,
        tokens=0,
        attempts=(),
        held_out={},
        adapter=None,
    )


def begun(manifest: TrainingManifest) -> TrainingManifest:
    """With an attempt more, which begins now."""
    attempt = TrainingAttempt(started=timestamp(), finished=None, steps=0, wall_seconds=0, processor_seconds=0)
    changed = {"status": "running", "stopped_by": None, "finished": None}
    return manifest.model_copy(update={**changed, "attempts": (*manifest.attempts, attempt)})


def with_measured(manifest: TrainingManifest, split: str, when: str, found: Any) -> TrainingManifest:
    """With what the questions of `split` say `when` it was measured, before or after."""
    before = manifest.held_out.get(split)
    measured = (
        Measured(before=found, after=None)
        if when == "before" or before is None
        else Measured(before=before.before, after=found)
    )
    return manifest.model_copy(update={"held_out": {**manifest.held_out, split: measured}})


def measured_before(manifest: TrainingManifest, other: TrainingManifest) -> TrainingManifest:
    """`manifest` with the figures of before of `other`, if they are of the same: a sweep measures its base once."""
    if manifest.held_out or _measured_on(manifest) != _measured_on(other):
        return manifest
    before = {split: each.model_copy(update={"after": None}) for split, each in other.held_out.items()}
    return manifest.model_copy(update={"held_out": before})


def _measured_on(manifest: TrainingManifest) -> dict[str, object]:
    return {
        "data": manifest.data,
        "base": manifest.base,
        "head": manifest.objective == "reward",
        "reward": manifest.reward,
        "length": manifest.config.max_length,
        "seed": manifest.seed,
        "on": (manifest.device, manifest.precision, manifest.threads),
    }


class Clock:
    """Seconds since it was made, on the wall and of processors."""

    def __init__(self) -> None:
        self._wall, self._processor = time.monotonic(), time.process_time()

    def ended(
        self,
        manifest: TrainingManifest,
        status: Status,
        stopped_by: Literal["interrupt", "error"] | None,
        *,
        steps: int,
        tokens: int,
    ) -> TrainingManifest:
        """`manifest` after so many steps and tokens in all, its last attempt closed."""
        now = timestamp()
        attempt = manifest.attempts[-1].model_copy(
            update={
                "finished": now,
                "steps": max(steps - sum(each.steps for each in manifest.attempts[:-1]), 0),
                "wall_seconds": round(time.monotonic() - self._wall, 3),
                "processor_seconds": round(time.process_time() - self._processor, 3),
            }
        )
        changed = {"status": status, "stopped_by": stopped_by, "finished": now, "steps": steps, "tokens": tokens}
        return manifest.model_copy(update={**changed, "attempts": (*manifest.attempts[:-1], attempt)})
