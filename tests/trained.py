"""Folders of trainings made by hand, of records alone: no model is asked for and nothing is trained."""

from pathlib import Path
from typing import Any

from sandbox.options.training import TrainingConfig
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import (
    AdapterMade,
    Agreement,
    BaseUsed,
    DataUsed,
    Figure,
    HeldOut,
    Measured,
    RowsUsed,
    TrainingAttempt,
    TrainingManifest,
)
from sandbox.runs.training.records import AnswerLine, StepLine

STEPS = 12
ANSWERS = (
    AnswerLine(question="Should mobile phones be banned?", base="No.", trained="I would need to know more, and ask."),
    AnswerLine(question="Is \x1b[31mit [bold]fair[/]?", base="a\nb", trained=" ".join(["It depends on whom"] * 12)),
)


def held_out(margin: float, ranked: float) -> HeldOut:
    return HeldOut(
        questions=14,
        pairs=21,
        margin=Figure(mean=margin, low=margin - 0.2, high=margin + 0.2, n=14),
        ranked=Figure(mean=ranked, low=ranked - 0.1, high=ranked + 0.1, n=14),
        best_loss=Figure(mean=4.1, low=None, high=None, n=2),
        reward=None,
    )


def manifest(name: str, **changes: Any) -> TrainingManifest:
    """Of a complete training on what a scripted society said; `changes` are other values of fields."""
    given: dict[str, Any] = {
        "schema": 1,
        "name": name,
        "status": "complete",
        "stopped_by": None,
        "created": "2026-11-29T10:00:00Z",
        "finished": "2026-11-29T10:02:00Z",
        "sandbox": "0.1.0",
        "objective": "stable",
        "config": TrainingConfig(objective="stable", steps=STEPS, ratio=0.5),
        "origins": {"objective": "flag", "steps": "flag"},
        "fingerprint": "f" * 64,
        "seed": 0,
        "data": DataUsed(
            name="lesson-data",
            sha256="d" * 64,
            format="stable-alignment",
            style="conversational",
            prompt="draft",
            prompts={"draft": "e" * 64},
            files={"data/imitation/train.parquet": "a" * 64},
            runs=("lesson",),
            teachers=("scripted",),
            observers=("scripted",),
            license="other",
        ),
        "base": BaseUsed(
            name="SmolLM2-135M-Instruct", sha256="b" * 64, architecture="llama", parameters=134_515_008, gguf="c" * 64
        ),
        "reward": None,
        "packages": {"trl": "1.16.0"},
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "ranks": 1,
        "rows": {
            "imitation": RowsUsed(considered=169, used=165, cut=2, single=39, dropped={"prompt too long": 4}),
            "self-critic": RowsUsed(considered=235, used=235, cut=0, single=202, dropped={}),
        },
        "trainable": 4_884_480,
        "steps_planned": STEPS,
        "steps": STEPS,
        "tokens": 400 * STEPS,
        "attempts": (
            TrainingAttempt(
                started="2026-11-29T10:00:00Z",
                finished="2026-11-29T10:02:00Z",
                steps=STEPS,
                wall_seconds=120.0,
                processor_seconds=80.0,
            ),
        ),
        "held_out": {
            "test": Measured(
                before={"alignment": held_out(-0.06, 0.43), "engagement": held_out(0.01, 0.5)},
                after={"alignment": held_out(0.65, 0.9), "engagement": held_out(0.2, 0.6)},
            )
        },
        "adapter": AdapterMade(
            sha256="1" * 64, gguf="2" * 64, no_gguf=None, agreement=Agreement(prompts=2, base=0.004, adapter=0.006)
        ),
    }
    return TrainingManifest.model_validate(given | changes)


def trained(path: Path, **changes: Any) -> Path:
    """The folder `path`, as a training leaves it."""
    path.mkdir(parents=True)
    directory, made = TrainingDirectory(path), manifest(path.name, **changes)
    directory.write_manifest(made)
    steps = [_step(number) for number in range(1, made.steps + 1)]
    directory.steps.write_text("".join(f"{step.model_dump_json()}\n" for step in steps))
    if made.status == "complete":
        directory.answers.write_text("".join(f"{answer.model_dump_json()}\n" for answer in ANSWERS))
    return path


def _step(number: int) -> StepLine:
    best, penalty = 4.0 / number, None if number == 3 else 0.5
    parts = {"best": best, "penalty": penalty}
    return StepLine(step=number, loss=best, parts=parts, rate=1e-3, gradient_norm=1.0, tokens=400)
