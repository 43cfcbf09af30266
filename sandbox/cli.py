"""The command line: which commands there are, and how errors end them. Imports nothing slow before it is needed."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from sandbox import __version__
from sandbox.commands.streams import mend_streams
from sandbox.errors import SandboxError, UsageError
from sandbox.export.options import ExportOptions
from sandbox.inspection.options import View
from sandbox.options.config import Config
from sandbox.options.flags import with_options
from sandbox.options.unquoted import missing_quotes, text_flags
from sandbox.options.variables import idle_variables

INTERRUPTED = 130
DEBUG_VARIABLE = "SANDBOX_DEBUG"
_LONGEST = 500  # characters that are shown of an error that nobody wrote for people

app = typer.Typer(
    name="sandbox",
    help="Simulate a society of language models that discuss controversial questions, and keep every step as data.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
questions_app = typer.Typer(help="Question sets: look at one, or download it.", no_args_is_help=True)
app.add_typer(questions_app, name="questions")

ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file with options.", metavar="FILE")]
Debug = Annotated[bool, typer.Option("--debug", metavar="", help="Show tracebacks.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"sandbox {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command, and name variables that look like options and give none."""
    for sentence in idle_variables([Config, View, ExportOptions], os.environ):
        from sandbox.terminal import warn

        warn(sentence)


@app.command()
@with_options(Config)
def simulate(
    config: ConfigFile = None,
    resume: Annotated[
        str | None,
        typer.Option(help="Go on with a run: a run directory or id; only what is missing is asked.", metavar="RUN"),
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option(help="Derive this finished run from its journal, with no model, and compare.", metavar="RUN"),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", metavar="", help="Show the configuration and what the run would take; ask no model."),
    ] = False,
    **flags: Any,
) -> None:
    """Run a society and keep every step in runs/<run-id>/."""
    from sandbox.commands.simulate import run_replay, run_simulate

    if resume and flags["run_id"]:
        raise UsageError("--resume goes on with a run under its own name: leave out --run-id.")
    if replay and (resume or config or dry_run):
        raise UsageError("--replay takes a run as it is: leave out --resume, --config and --dry-run.")
    if replay:
        raise typer.Exit(run_replay(flags, replay))
    raise typer.Exit(run_simulate(flags, config, resume, dry_run=dry_run))


@app.command()
@with_options(View)
def inspect(
    run: Annotated[list[str] | None, typer.Argument(help="Run directories or ids; without one, the list.")] = None,
    config: ConfigFile = None,
    **flags: Any,
) -> None:
    """See what happened, and why: the list of runs, a run, its interactions, or runs side by side."""
    from sandbox.commands.inspect import run_inspect

    raise typer.Exit(run_inspect(run or [], flags, config))


@app.command()
@with_options(ExportOptions)
def export(
    run: Annotated[list[str] | None, typer.Argument(help="Run directories or ids.")] = None,
    config: ConfigFile = None,
    **flags: Any,
) -> None:
    """Turn runs into training sets that trainers accept, or --check any dataset."""
    from sandbox.commands.export import run_export

    raise typer.Exit(run_export(run or [], flags, config))


@questions_app.command()
@with_options(Config, ("questions", "column", "question_mark", "min_length", "max_length", "json", "debug"))
def show(
    config: ConfigFile = None,
    limit: Annotated[int, typer.Option(min=1, help="How many questions to list.")] = 20,
    **flags: Any,
) -> None:
    """Show a question set: counts, what filters dropped, and the first questions."""
    from sandbox.commands.questions import run_show

    run_show(flags, config, limit)


@questions_app.command()
def fetch(config: ConfigFile = None, debug: Debug = False) -> None:
    """Download the HH-RLHF set, so that later runs need no network for it."""
    from sandbox.commands.questions import run_fetch

    run_fetch(config)


@app.command()
@with_options(
    Config,
    (
        "model", "observer_model", "base_url", "observer_base_url", "observer_api_key_env", "embedder", "questions",
        "column", "structured", "max_tokens", "timeout", "wait", "runs", "json", "debug",
    )
)  # fmt: skip
def doctor(
    config: ConfigFile = None,
    **flags: Any,
) -> None:
    """Check what a run needs - endpoint, model, embedder, questions, disk - and say how to mend it."""
    from sandbox.commands.doctor import run_doctor

    raise typer.Exit(run_doctor(flags, config))


def main() -> NoReturn:
    """Run the command line; every error ends in one to three lines, a traceback only with --debug."""
    mend_streams()
    try:
        code = app(standalone_mode=False)
    except SandboxError as error:
        code = _fail(error, error.exit_code)
    except typer.TyperException as error:
        message = error.format_message()
        advice = missing_quotes(text_flags(Config), sys.argv[1:]) or f"Try: {_help_command()}"
        usage = UsageError(f"{message}\n{advice}")
        code = _fail(usage, UsageError.exit_code) if message else UsageError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`sandbox inspect | head`): that is no error, and nothing can be told to it.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        code = 0
    except OSError as error:
        from sandbox.calls.open_files import too_many_open_files

        text = too_many_open_files(error) or f"{error.filename or 'The output'}: {error.strerror or error}."
        code = _fail(SandboxError(text), 1, error)
    except Exception as error:  # noqa: BLE001  # the outermost edge: whatever is left is a fault of ours
        from sandbox.commands.tracebacks import masked

        text = f"Unexpected {type(error).__name__}: {masked(str(error))[:_LONGEST]}"
        text += "\nThis is a fault of sandbox; --debug shows where."
        code = _fail(SandboxError(text), 1, error)
    sys.exit(code)


def _help_command() -> str:
    """The help that says which options there are."""
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known = [word for word in sys.argv[1:2] if word in names]
    return " ".join(["sandbox", *known, "--help"])


def _fail(error: SandboxError, code: int, cause: Exception | None = None) -> int:
    from sandbox.terminal import error_console, plain

    if "--debug" in sys.argv or os.environ.get(DEBUG_VARIABLE, "").lower() in ("1", "true", "t", "yes", "y", "on"):
        from sandbox.commands.tracebacks import traced

        error_console().print(plain(traced(cause or error)), soft_wrap=True)
    error_console().print(plain(f"Error: {error}"), style="bold red" if error_console().is_terminal else None)
    return code
