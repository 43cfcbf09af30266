"""The command line: which commands there are, and how errors end them. Imports nothing slow before it is needed."""

import os
import sys
from functools import cache
from typing import Annotated, Any, NoReturn

import typer

from sandbox import __version__
from sandbox.commands.annotating_line import annotate
from sandbox.commands.doctor_line import doctor
from sandbox.commands.evaluation_line import evaluate
from sandbox.commands.examples import examples_of
from sandbox.commands.forms import FORMS
from sandbox.commands.groups import analyze_app, questions_app, study_app
from sandbox.commands.packing_line import packing_app
from sandbox.commands.rating_line import rate
from sandbox.commands.streams import mend_streams
from sandbox.commands.tag_line import tag
from sandbox.commands.training_line import train
from sandbox.errors import SandboxError, UsageError
from sandbox.export.options import ExportOptions
from sandbox.inspection.options import View
from sandbox.options.arguments import Commands, ConfigFile, DryRun, Replay, Resume, Runs
from sandbox.options.completion import COMPLETING, complete
from sandbox.options.config import Config
from sandbox.options.flags import with_options
from sandbox.options.line import LineCommand, LineGroup
from sandbox.options.variables import idle_variables

INTERRUPTED = 130
PROGRAM = "sandbox"
DEBUG_VARIABLE = "SANDBOX_DEBUG"

app = typer.Typer(
    name=PROGRAM,
    help="Simulate a society of language models that discuss controversial questions, and keep every step as data.",
    cls=LineGroup,
    epilog=examples_of("sandbox"),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(questions_app, name="questions")
app.add_typer(study_app, name="study")
app.add_typer(analyze_app, name="analyze")
app.add_typer(packing_app)


def _version(context: typer.Context, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        typer.echo(f"sandbox {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", "-V", metavar="", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command, and name variables that look like options and give none."""
    for sentence in idle_variables(FORMS, os.environ):
        from sandbox.terminal import warn

        warn(sentence)


@app.command(cls=LineCommand, epilog=examples_of("simulate"))
@with_options(Config)
def simulate(
    config: ConfigFile = None,
    resume: Resume = None,
    replay: Replay = None,
    dry_run: DryRun = False,
    **flags: Any,
) -> None:
    """Run a society and keep every step in runs/<run-id>/."""
    from sandbox.commands.simulate import run_replay, run_simulate

    if replay and (resume or config or dry_run):
        raise UsageError("--replay takes a run as it is: leave out --resume, --config and --dry-run.")
    if replay:
        raise typer.Exit(run_replay(flags, replay))
    raise typer.Exit(run_simulate(flags, config, resume, dry_run=dry_run))


app.command(cls=LineCommand, epilog=examples_of("evaluate"))(evaluate)
app.command(cls=LineCommand, epilog=examples_of("rate"))(rate)
app.command(cls=LineCommand, epilog=examples_of("annotate"))(annotate)
app.command(cls=LineCommand, epilog=examples_of("train"))(train)


@app.command(cls=LineCommand, epilog=examples_of("inspect"))
@with_options(View)
def inspect(
    run: Runs = None,
    config: ConfigFile = None,
    **flags: Any,
) -> None:
    """See what happened, and why: the list of runs; a run or evaluation, what is in it, or several side by side."""
    from sandbox.commands.inspect import run_inspect

    raise typer.Exit(run_inspect(run or [], flags, config))


app.command(cls=LineCommand, epilog=examples_of("tag"))(tag)


@app.command(cls=LineCommand, epilog=examples_of("export"))
@with_options(ExportOptions)
def export(
    run: Runs = None,
    config: ConfigFile = None,
    **flags: Any,
) -> None:
    """Turn runs into training sets that trainers accept, or --check any dataset."""
    from sandbox.commands.export import run_export

    raise typer.Exit(run_export(run or [], flags, config))


app.command(cls=LineCommand, epilog=examples_of("doctor"))(doctor)


@app.command("help", cls=LineCommand, epilog=examples_of("help"))
def help_(command: Commands = None) -> None:
    """Show the help of a command, or this list."""
    parser()([*(command or []), "--help"], prog_name=PROGRAM, standalone_mode=False)


@cache
def parser() -> Any:
    """All commands with their options: made once for all lines that a process reads."""
    return typer.main.get_command(app)


def main() -> NoReturn:
    """Run the command line; every error ends in one to three lines, a traceback only with --debug."""
    mend_streams()
    if COMPLETING in os.environ:
        complete(parser(), PROGRAM)
    try:
        code = parser()(prog_name=PROGRAM, standalone_mode=False)
    except SandboxError as error:
        code = _fail(error, error.exit_code)
    except typer.TyperException as error:
        # Without a message it was help that was shown. Words that cannot be were refused before, in ours (`line.py`).
        usage, code = UsageError("The words of this command cannot be read.\nTry: sandbox --help"), UsageError.exit_code
        code = _fail(usage, code, error) if error.format_message() else code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`sandbox inspect | head`): that is no error, and nothing can be told to it.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        code = 0
    except OSError as error:
        from sandbox.calls.open_files import too_many_open_files
        from sandbox.errors import of_system

        text = too_many_open_files(error) or f"{error.filename or 'The output'}: {of_system(error)}."
        code = _fail(SandboxError(text), 1, error)
    except Exception as error:  # noqa: BLE001  # the outermost edge: whatever is left is a fault of ours
        from sandbox.commands.error_words import of_unforeseen

        code = _fail(SandboxError(of_unforeseen(error)), 1, error)
    sys.exit(code)


def _fail(error: SandboxError, code: int, cause: Exception | None = None) -> int:
    from sandbox.commands.error_words import in_lines, is_of_interrupt
    from sandbox.terminal import error_console, plain

    if is_of_interrupt(cause or error):
        return INTERRUPTED
    if "--debug" in sys.argv or os.environ.get(DEBUG_VARIABLE, "").lower() in ("1", "true", "t", "yes", "y", "on"):
        from sandbox.commands.tracebacks import traced

        error_console().print(plain(traced(cause or error)), soft_wrap=True)
    text = in_lines(str(error), sys.argv[1:])
    error_console().print(plain(f"Error: {text}"), style="bold red" if error_console().is_terminal else None)
    return code
