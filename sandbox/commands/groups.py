"""Commands below a word of their own: `questions show`, `study run`. Imports nothing slow before it is needed."""

from typing import Any

import typer

from sandbox.commands.examples import examples_of
from sandbox.inspection.analysis.options import ObserverView, ParetoView, RepresentationView, SophistryView
from sandbox.inspection.study_options import StudyView
from sandbox.options.arguments import ConfigFile, Debug, DryRun, SomeRuns, Study
from sandbox.options.config import Config
from sandbox.options.flags import with_options
from sandbox.options.line import LineCommand, LineGroup
from sandbox.questions.options import Listing
from sandbox.studies.options import StudyOptions

questions_app = typer.Typer(
    help="Question sets: look at one, or download it.", cls=LineGroup, epilog=examples_of("questions"),
    no_args_is_help=True,
)  # fmt: skip
study_app = typer.Typer(
    help="Many societies as one thing: conditions and seeds, run and compared.", cls=LineGroup,
    epilog=examples_of("study"), no_args_is_help=True,
)  # fmt: skip

analyze_app = typer.Typer(
    help="Is it better, or only more convincing? For whom? Four questions to runs; tables with intervals.",
    cls=LineGroup, epilog=examples_of("analyze"), no_args_is_help=True,
)  # fmt: skip


@study_app.command("run", cls=LineCommand, epilog=examples_of("study run"))
@with_options(StudyOptions)
def study_run(study: Study, dry_run: DryRun = False, **flags: Any) -> None:
    """Run every cell of a study that is not done; the same command goes on with it."""
    if flags["on"] == "processes" and not dry_run:
        from sandbox.studies.backends.forking import preload

        preload()  # two processors import at once
    from sandbox.commands.study import run_study

    raise typer.Exit(run_study(study, flags, dry_run=dry_run))


@study_app.command("show", cls=LineCommand, epilog=examples_of("study show"))
@with_options(StudyView)
def study_show(study: Study, config: ConfigFile = None, **flags: Any) -> None:
    """Show what a study came to: its cells, its conditions and what they differ by."""
    from sandbox.commands.study_show import run_show

    raise typer.Exit(run_show(study, flags, config))


@questions_app.command(cls=LineCommand, epilog=examples_of("questions show"))
@with_options(Config, ("questions", "column", "question_mark", "min_length", "max_length", "json", "debug"))
@with_options(Listing)
def show(config: ConfigFile = None, **flags: Any) -> None:
    """Show a question set: counts, what filters dropped, and the first questions."""
    from sandbox.commands.questions import run_show

    run_show(flags, config)


@questions_app.command(cls=LineCommand, epilog=examples_of("questions fetch"))
def fetch(config: ConfigFile = None, debug: Debug = False) -> None:
    """Download the HH-RLHF set, so that later runs need no network for it."""
    from sandbox.commands.questions import run_fetch

    run_fetch(config)


@analyze_app.command("sophistry", cls=LineCommand, epilog=examples_of("analyze sophistry"))
@with_options(SophistryView)
def analyze_sophistry(run: SomeRuns, config: ConfigFile = None, **flags: Any) -> None:
    """Show whether approval rose where correctness did not. Needs questions with a key."""
    from sandbox.commands.analyze import run_sophistry

    raise typer.Exit(run_sophistry(run, flags, config))


@analyze_app.command("representation", cls=LineCommand, epilog=examples_of("analyze representation"))
@with_options(RepresentationView)
def analyze_representation(run: SomeRuns, config: ConfigFile = None, **flags: Any) -> None:
    """Show how groups rate one another, and whose feedback is followed."""
    from sandbox.commands.analyze import run_representation

    raise typer.Exit(run_representation(run, flags, config))


@analyze_app.command("observer", cls=LineCommand, epilog=examples_of("analyze observer"))
@with_options(ObserverView)
def analyze_observer(run: SomeRuns, config: ConfigFile = None, **flags: Any) -> None:
    """Show how far the observer's ratings can be relied on."""
    from sandbox.commands.analyze import run_observer

    raise typer.Exit(run_observer(run, flags, config))


@analyze_app.command("pareto", cls=LineCommand, epilog=examples_of("analyze pareto"))
@with_options(ParetoView)
def analyze_pareto(run: SomeRuns, config: ConfigFile = None, **flags: Any) -> None:
    """Show which conditions no other beats, and how soon they reach a target."""
    from sandbox.commands.analyze import run_pareto

    raise typer.Exit(run_pareto(run, flags, config))
