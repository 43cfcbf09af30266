"""Which of its jobs `sandbox evaluate` is asked for: one at a time, and none of the words of another."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.errors import UsageError


class Job(NamedTuple):
    """The words of the command line that are no options; what was not said is None, False or empty."""

    names: Sequence[str]
    config: Path | None
    resume: str | None
    replay: str | None
    dry_run: bool
    list_suites: bool
    fetch: str | None
    export_as: str | None
    out: Path | None
    import_file: str | None

    @property
    def given(self) -> list[str]:
        """The flags of those jobs that were asked for."""
        flags = {
            "--list": self.list_suites,
            "--fetch": self.fetch,
            "--export": self.export_as,
            "--import": self.import_file,
            "--replay": self.replay,
            "--resume": self.resume,
        }
        return [flag for flag, value in flags.items() if value]


def run_job(job: Job, flags: Mapping[str, Any]) -> int:
    """Do what is asked for; the exit code. Raises `UsageError` for words that do not go together."""
    _check(job, flags)
    if job.list_suites or job.fetch or job.export_as:
        from sandbox.commands import evaluation_files as files

        if job.list_suites:
            return files.run_list(flags)
        if job.fetch:
            return files.run_fetch(job.fetch, flags)
        return files.run_exchange(job.names, job.export_as or "", job.out, flags)
    from sandbox.commands.evaluate import run_evaluate, run_replay

    if job.replay:
        return run_replay(flags, job.replay)
    if job.import_file:
        flags = {**flags, "answers": job.import_file}
    return run_evaluate(flags, job.config, job.resume, dry_run=job.dry_run)


def _check(job: Job, flags: Mapping[str, Any]) -> None:
    if len(job.given) > 1:
        raise UsageError(f"{job.given[0]} and {job.given[1]} are two jobs: ask for one at a time.")
    if job.names and not job.export_as:
        raise UsageError(
            f"{job.names[0]}: an evaluation is named by itself only with --export.\n"
            "Ask a suite: sandbox evaluate --suite NAME. Look at an evaluation: sandbox inspect EVAL"
        )
    if job.out and not job.export_as:
        raise UsageError("--out is for --export: say which files, lm-eval or inspect.")
    if job.replay and (job.config or job.dry_run):
        raise UsageError("--replay takes an evaluation as it is: leave out --config and --dry-run.")
    if job.import_file and flags["answers"]:
        raise UsageError("--import and --answers both name stored answers: leave one out.")
