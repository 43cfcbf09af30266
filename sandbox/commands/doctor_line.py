"""The words of `sandbox doctor`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.options.arguments import ConfigFile
from sandbox.options.config import Config
from sandbox.options.flags import with_options


@with_options(
    Config,
    (
        "model", "adapter", "observer_model", "observer_adapter", "base_url", "observer_base_url",
        "observer_api_key_env", "embedder", "questions", "column", "grid", "population", "structured", "max_tokens",
        "timeout", "wait", "runs", "json", "debug",
    )
)  # fmt: skip
def doctor(config: ConfigFile = None, **flags: Any) -> None:
    """Check what a run needs - endpoint, model, embedder, questions, population, disk - and say how to mend it."""
    from sandbox.commands.doctor import run_doctor

    raise typer.Exit(run_doctor(flags, config))
