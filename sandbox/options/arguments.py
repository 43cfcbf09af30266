"""What is given on the command line alone: which runs, which file of options. No key of a file and no variable."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.options.completion import among, command_names, run_and_study_names, run_ids, study_names
from sandbox.options.evaluation import SUITES


def _one_run(text: str) -> Any:
    return typer.Option(help=text, metavar="RUN", autocompletion=run_ids)


Runs = Annotated[
    list[str] | None,
    typer.Argument(help="Run directories, ids, studies, or evaluations.", autocompletion=run_and_study_names),
]
SomeRuns = Annotated[
    list[str],
    typer.Argument(help="Run directories, ids, or studies.", metavar="RUN", autocompletion=run_and_study_names),
]
Tagged = Annotated[
    list[str],
    typer.Argument(
        help="Runs, cells as STUDY/CELL, studies, evaluations, ratings, annotations, trainings.", metavar="RUN",
        autocompletion=run_and_study_names,
    ),
]  # fmt: skip
Packable = Annotated[
    str,
    typer.Argument(
        help="Folder, or its name: a run, study, evaluation, rating, annotation or training.", metavar="RUN",
        autocompletion=run_and_study_names,
    ),
]  # fmt: skip
ArchiveFile = Annotated[Path, typer.Argument(help="What sandbox pack wrote.", metavar="FILE")]
Study = Annotated[
    str,
    typer.Argument(
        help="TOML file, or the folder or name of a study that one made.", metavar="STUDY", autocompletion=study_names
    ),
]
Resume = Annotated[str | None, _one_run("Go on with a run: a run directory or id; only what is missing is asked.")]
Replay = Annotated[str | None, _one_run("Derive this finished run from its journal, with no model, and compare.")]
Evaluations = Annotated[
    list[str] | None, typer.Argument(help="With --export: the evaluation.", metavar="EVAL", autocompletion=run_ids)
]
ResumeEvaluation = Annotated[
    str | None,
    typer.Option(
        "--resume", help="Go on with an evaluation; only what is missing is asked.", metavar="EVAL",
        autocompletion=run_ids,
    ),
]  # fmt: skip
ReplayEvaluation = Annotated[
    str | None,
    typer.Option(
        "--replay", help="Derive this finished evaluation from its journal, with no model, and compare.",
        metavar="EVAL", autocompletion=run_ids,
    ),
]  # fmt: skip
RatedRun = Annotated[
    str | None, typer.Argument(help="Run whose texts are rated.", metavar="RUN", autocompletion=run_ids)
]
JudgedRun = Annotated[str, typer.Argument(help="Run whose texts are judged.", metavar="RUN", autocompletion=run_ids)]
ResumeRating = Annotated[
    str | None,
    typer.Option(
        "--resume", help="Go on with a rating; only what is missing is asked.", metavar="RUN.NAME",
        autocompletion=run_ids,
    ),
]  # fmt: skip
ReplayRating = Annotated[
    str | None,
    typer.Option(
        "--replay", help="Derive this finished rating from its journal, with no model, and compare.",
        metavar="RUN.NAME", autocompletion=run_ids,
    ),
]  # fmt: skip
TrainingData = Annotated[Path | None, typer.Argument(help="Folder of sandbox export to learn from.", metavar="DATA")]
ResumeTraining = Annotated[
    str | None,
    typer.Option("--resume", help="Go on with a training, from its last whole checkpoint.", metavar="DIR"),
]
ListSuites = Annotated[bool, typer.Option("--list", metavar="", help="Show the suites that there are.")]
Fetch = Annotated[
    str | None,
    typer.Option("--fetch", metavar="SUITE", help="Download the data of a suite.", autocompletion=among(*SUITES)),
]
Export = Annotated[
    str | None,
    typer.Option(
        "--export", metavar="lm-eval|inspect", help="Write an evaluation as the files of another harness.",
        autocompletion=among("lm-eval", "inspect"),
    ),
]  # fmt: skip
Out = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="With --export: where to.")]
Import = Annotated[
    str | None,
    typer.Option("--import", metavar="FILE", help="Judge answers that another harness stored; as --answers FILE."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", metavar="", help="Show the configuration and what the run would take; ask no model."),
]
Commands = Annotated[list[str] | None, typer.Argument(help="Such as simulate.", autocompletion=command_names)]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file with options.", metavar="FILE")]
Debug = Annotated[bool, typer.Option("--debug", metavar="", help="Show tracebacks.")]
