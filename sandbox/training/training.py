"""Drives a training: loads the base, measures, trains step by step, measures again, and saves what came of it.

Of many processes all train and the first alone writes and tells. Knows no objective: `_TRAINERS` does.
"""

from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.errors import SandboxError, of_system
from sandbox.options.training import Objective
from sandbox.progress.events import Event, Note
from sandbox.progress.training import Measured, Stepped, TrainingStarted
from sandbox.runs.locking import lock
from sandbox.runs.manifest import Status
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.reading import Training
from sandbox.text import typed
from sandbox.training.inputs import forget
from sandbox.training.manifest import Clock, begun, with_measured
from sandbox.training.objectives.job import Job, head
from sandbox.training.own_word import marked
from sandbox.training.plan import Plan
from sandbox.training.steps.arguments import arguments
from sandbox.training.steps.quiet import quiet, settle, silence

if TYPE_CHECKING:
    from sandbox.training.objectives.reward_model import RewardModel

# Where the trainer of each objective is made, by a function `trainer`.
_TRAINERS: Final[Mapping[Objective, str]] = {
    "stable": "stable", "sft": "sft", "dpo": "preference", "modpo": "preference", "kto": "kto", "reward": "reward",
    "rloo": "rloo",
}  # fmt: skip

Report = Callable[[Event], object]


class Drive:
    """One process at the training of `plan` in `directory`, which stands as `manifest` says; `report` is told."""

    def __init__(self, plan: Plan, directory: TrainingDirectory, manifest: TrainingManifest, report: Report) -> None:
        self._plan: Final = plan
        self._directory: Final = directory
        self._manifest = begun(manifest)
        self._is_first: Final = plan.hardware.rank == 0
        self._report: Final[Report] = report if self._is_first else lambda _: None
        self._clock: Final = Clock()
        self._reward: RewardModel | None = None

    def run(self, stopping: Callable[[], object]) -> TrainingManifest:
        """Train to the end, or to where it is stopped; `stopping` is called when that is asked for.

        Raises `SandboxError`, after the manifest says so.
        """
        with lock(self._directory) if self._is_first else nullcontext(), quiet():
            try:
                self._write()
                return self._trained(stopping)
            except BaseException as error:
                stopped = isinstance(error, KeyboardInterrupt)
                with suppress(OSError):  # where the disk is full; without a word of its end it goes on just the same
                    self._end(*(("stopped", "interrupt") if stopped else ("failed", "error")))
                if isinstance(error, OSError):
                    raise SandboxError(self._not_written(error)) from error
                raise

    def _not_written(self, error: OSError) -> str:
        path = self._directory.path
        again = f"What was learnt before it stays. When that is mended: sandbox train --resume {typed(path)}"
        return f"{error.filename or path}: {of_system(error)}.\n{again}"

    def _trained(self, stopping: Callable[[], object]) -> TrainingManifest:
        from sandbox.training.steps.checkpoints import newest_whole
        from sandbox.training.steps.keeping import go_on, keeping, refuse_early_end, restore_steps
        from sandbox.training.steps.stopping import StopWhenAsked, answering_signals

        settle(self._plan.threads, self._plan.config.seed)
        model, tokenizer = self._loaded()
        self._reward = self._rewarding()
        trainer = self._trainer(model, tokenizer)
        found = newest_whole(self._directory.checkpoints)
        for name in found.passed_over:
            self._report(Note(f"{name} is torn, and is passed over.", warning=True))
        if self._is_first:
            restore_steps(found.checkpoint, self._directory.steps)
        self._report(self._started(found.checkpoint.step if found.checkpoint else 0))
        self._measure("before", model, tokenizer)
        stop = StopWhenAsked()
        with self._watched(trainer, stop), keeping(self._directory.checkpoints), answering_signals(stop, stopping):
            go_on(trainer, found.checkpoint)
        if stop.stopped:
            return self._end("stopped", "interrupt")
        refuse_early_end(trainer.state.global_step, self._plan.steps_planned)
        self._measure("after", model, tokenizer)
        self._save(model, tokenizer)
        return self._end("complete", None)

    def _loaded(self) -> tuple[Any, Any]:
        """Model and tokenizer. What is trained alone is kept in float32: steps are smaller than what bf16 can tell."""
        from sandbox.training.base.base_model import load, peft_wrapped

        plan, config = self._plan, self._plan.config
        assert config.objective
        precision = "float32" if config.full else plan.hardware.precision
        model, tokenizer = load(
            plan.model,
            precision=precision,
            head=head(config.objective),
            seed=config.seed,
        )
        return model if config.full else peft_wrapped(model, config.lora_rank, config.seed, config.objective), tokenizer

    def _rewarding(self) -> "RewardModel | None":
        from sandbox.training.objectives.reward_loading import load_reward

        plan = self._plan
        return load_reward(plan.rewarding, plan.model, plan.hardware.precision) if plan.rewarding else None

    def _trainer(self, model: Any, tokenizer: Any) -> Any:
        from sandbox.training.steps.checkpoints import staging

        config = self._plan.config
        assert config.objective
        job = Job(
            config=config,
            model=model,
            tokenizer=tokenizer,
            rows=self._plan.examples,
            arguments=arguments(self._plan, staging(self._directory.checkpoints)),
            reward=self._reward,
        )
        made = import_module(f"sandbox.training.objectives.{_TRAINERS[config.objective]}").trainer(job)
        silence(made)
        return made

    def _watched(self, trainer: Any, stop: Any) -> Any:
        """The callbacks of `trainer`, in order: a step is logged before the checkpoint that keeps the log."""
        from sandbox.training.steps.keeping import KeepCheckpoints
        from sandbox.training.steps.step_log import StepLog

        log = StepLog(self._directory.steps, trainer, lambda line: self._report(Stepped(line)))
        for callback in (log, KeepCheckpoints(self._directory.checkpoints, self._directory.steps), stop):
            trainer.add_callback(callback)
        return closing(log)

    def _measure(self, when: Literal["before", "after"], model: Any, tokenizer: Any) -> None:
        """Measure what is held out, once: a training that goes on has its figures of before."""
        from sandbox.training.measures.measuring import measured

        for split, queries in self._plan.held_out.items():
            known = self._manifest.held_out.get(split)
            if known if when == "before" else known and known.after:
                continue
            found = measured(self._plan, model, tokenizer, queries, self._reward)
            self._manifest = with_measured(self._manifest, split, when, found)
            self._write()
            self._report(Measured(split, when, found))

    def _save(self, model: Any, tokenizer: Any) -> None:
        if self._is_first:
            from sandbox.training.made.saving import save

            self._manifest = save(self._plan, self._directory, self._manifest, model, tokenizer, self._report)

    def _started(self, done: int) -> TrainingStarted:
        plan = self._plan
        return TrainingStarted(self._directory.name, self._directory.path, plan.steps_planned, len(plan.examples), done)

    def _end(self, status: Status, stopped_by: Literal["interrupt", "error"] | None) -> TrainingManifest:
        """Close the attempt, with what the log of steps says."""
        steps, tokens = self._counted()
        self._manifest = self._clock.ended(self._manifest, status, stopped_by, steps=steps, tokens=tokens)
        self._write()
        if status == "complete" and self._is_first:
            forget(self._directory)
        return self._manifest

    def _counted(self) -> tuple[int, int]:
        try:
            lines = list(Training(self._directory, self._manifest).steps())
        except SandboxError:
            return self._manifest.steps, self._manifest.tokens
        return len(lines), sum(line.tokens for line in lines)

    def _write(self) -> None:
        if self._is_first:
            self._manifest = marked(self._manifest, self._directory.path)
            self._directory.write_manifest(self._manifest)
