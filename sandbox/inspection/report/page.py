"""A report of one or more runs: one HTML file that opens from a disk without a network and asks nobody for anything.

Knows how a page is put together and what it may load. The figures are those of the sheets and plots; what models
wrote goes into the page as JSON or escaped, and `page.js` shows it as text. The same runs give the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from markupsafe import Markup

from sandbox.figures.comparison import comparison_sheets
from sandbox.figures.reads import Read
from sandbox.figures.reasons import why_sheets
from sandbox.inspection.front_plot import pareto_plot
from sandbox.inspection.plots import rounds_plot
from sandbox.inspection.report import made
from sandbox.inspection.report.applying import of_run
from sandbox.inspection.report.found import Found
from sandbox.inspection.report.map import heat_style, society_map
from sandbox.inspection.report.parts import Picture, check_new, drawn, environment, file_of_page, policy, write_page
from sandbox.inspection.report.records import Embedded, embedded, in_page, shares
from sandbox.inspection.run_view import summary_sheets
from sandbox.options.config import Config
from sandbox.options.option import options
from sandbox.runs.rating.given import scores_note
from sandbox.runs.reading import Run
from sandbox.runs.studied import studied
from sandbox.runs.words import account, outcome
from sandbox.sheet import Sheet
from sandbox.text import SCRIPTED_NOTE, counted

MOST_BYTES: Final = 20_000_000  # of the interactions of all runs


class ReportNote(NamedTuple):
    """How many interactions of how many are in the file, and its size in bytes."""

    interactions: int
    of: int
    size: int


@dataclass(frozen=True)
class Section:
    """What the page says of one run."""

    name: str
    notes: Sequence[str]
    warning: str | None
    facts: Sequence[tuple[str, str]]
    settings: Sheet
    sheets: Sequence[Sheet]
    pictures: Sequence[Picture]
    analyses: Sequence[Found]
    map: Markup | None
    interactions: Embedded
    made: Sequence[Sheet]


def write_report(reads: Sequence[Read], path: Path, most: int = MOST_BYTES) -> ReportNote:
    """Write the report of `reads`, with `most` bytes of interactions at most, into the new file `path`.

    Raises `UsageError` for a file that is there already or cannot be written.
    """
    check_new(path)
    sections = [_section(read, share) for read, share in zip(reads, shares(reads, most), strict=True)]
    page = b"".join(part.encode() for part in _page(reads, sections))
    write_page(path, page)
    held = [section.interactions for section in sections]
    return ReportNote(sum(len(each.lines) for each in held), sum(each.count for each in held), len(page))


def _page(reads: Sequence[Read], sections: Sequence[Section]) -> Iterator[str]:
    css = file_of_page("page.css") + heat_style()
    script = file_of_page("diff.js") + file_of_page("page.js")
    several = len(reads) > 1
    return (
        environment()
        .get_template("page.html.jinja")
        .generate(
            policy=policy(css, script),
            css=Markup(css),  # noqa: S704 - files of ours
            script=Markup(script),  # noqa: S704
            sections=sections,
            comparison=list(comparison_sheets(reads)) if several else [],
            front=_front(reads) if several else None,
        )
    )


def _section(read: Read, most: int) -> Section:
    run, frame = read.run, read.frame
    speaks = (*run.manifest.models.agents, run.manifest.models.observer)
    return Section(
        name=read.name,
        notes=[outcome(run.manifest, run.status), *account(run.manifest), *run.shortfall()],
        warning=SCRIPTED_NOTE if "scripted" in speaks else None,
        facts=list(_facts(run)),
        settings=_settings(run),
        sheets=[*summary_sheets(frame), *why_sheets(run, frame)] if len(frame) else [],
        pictures=list(_pictures(read)) if len(frame) else [],
        analyses=of_run(run) if len(frame) else [],
        map=Markup(in_page(society_map(read))) if len(frame) else None,  # noqa: S704 - in_page escapes
        interactions=embedded(read, most),
        made=made.of_run(run),
    )


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    manifest = run.manifest
    config, models = manifest.config, manifest.models
    yield "status", run.status
    yield "society", f"{config.grid} x {config.grid} agents, labels {config.labels}"
    yield "protocol", f"{counted(config.rounds, 'round')}, {counted(config.neighbours, 'neighbour')} ({config.scope})"
    yield "agents speak through", ", ".join(models.agents)
    yield "observer", models.observer
    if note := scores_note([run]):
        yield "scores", note
    yield "questions", f"{manifest.questions.count} from {manifest.questions.name}"
    yield from studied(manifest)
    yield "embedder", manifest.embedder.name
    yield "seed", str(manifest.seed)
    yield "begun", manifest.created


def _settings(run: Run) -> Sheet:
    """Every option that changes results."""
    config = run.manifest.config
    names = [option.name for option in options(Config).values() if not option.operational]
    rows = [[name, "default" if (value := getattr(config, name)) is None else str(value)] for name in names]
    rows += [[f"society: {each.name}", f"share {each.share:g}"] for each in config.society]
    return Sheet("options that change results", ("option", "value"), rows, texts=frozenset({"option", "value"}))


def _pictures(read: Read) -> Iterator[Picture]:
    says = "Mean ratings of drafts and revisions by round, with their intervals"
    yield drawn(says, lambda dark: rounds_plot(read, "svg", dark=dark))
    yield _front([read])


def _front(reads: Sequence[Read]) -> Picture:
    says = "Mean alignment against mean engagement of revisions, a point a round with intervals, optimal ones ringed"
    return drawn(says, lambda dark: pareto_plot(reads, "svg", dark=dark))
