"""A report of an evaluation: one HTML file with its numbers, its picture and its items, which asks nobody for anything.

Knows how the page is put together. The same evaluation gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from markupsafe import Markup

from sandbox.inspection.evaluation.asked import Asked, all_asked
from sandbox.inspection.evaluation.comparison import compared_sheet
from sandbox.inspection.evaluation.items import why_sheets
from sandbox.inspection.evaluation.numbers import number_sheets, numbers_of
from sandbox.inspection.evaluation.plot import scores_plot
from sandbox.inspection.evaluation.story import Told, told
from sandbox.inspection.evaluation.view import evaluation_lines, model_of, scripted
from sandbox.inspection.evaluation.wanted import Wanted
from sandbox.inspection.report import made
from sandbox.inspection.report.parts import Picture, check_new, drawn, environment, file_of_page, policy, write_page
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import options
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.scores.number import Number
from sandbox.scores.paired import compare
from sandbox.sheet import Sheet
from sandbox.suites.suite import Suite
from sandbox.text import SCRIPTED_NOTE, counted

MOST_BYTES: Final = 2_000_000  # of the answers of all suites: a page holds each as elements of its own
_SAYS: Final = "Scores by suite: values with their 95 % intervals, and bounds of what is missing"


class ReportNote(NamedTuple):
    """How many answers of how many are in the file, and its size in bytes."""

    held: int
    of: int
    size: int


class SuiteItems(NamedTuple):
    """Answers to a suite, the worst first, as they are told, of how many; `offensive` as the suite says."""

    suite: Suite
    stories: Sequence["Story"]
    of: int

    @property
    def statement(self) -> str:
        """How many stand in the file: `All 60 answers, the worst first`."""
        first = ", the worst first" if any(each.rated for each in self.stories) else ""
        if len(self.stories) == self.of:
            return f"All {counted(self.of, 'answer')}{first}."
        return f"{len(self.stories):,} of {self.of:,} answers{first}; all numbers are of all."


class Story(NamedTuple):
    """An answer: its name, what it came to, what is missing, and its parts."""

    name: str
    result: str | None
    missing: str | None
    rated: bool
    parts: Sequence[Told]


def write_evaluation_report(evaluations: Sequence[Evaluation], path: Path, most: int = MOST_BYTES) -> ReportNote:
    """Write the report of the first into the new file `path`, with about `most` bytes of answers at most.

    The others stand in it as they compare with the first. Raises `UsageError` for a file that is there already or
    cannot be written, and for evaluations that cannot be compared.
    """
    check_new(path)
    evaluation, *others = evaluations
    comparisons = [compared_sheet(evaluation, other, compare(evaluation, other)) for other in others]
    numbers = numbers_of(evaluation)
    rows = list(all_asked(evaluation))
    suites = [_items(suite, rows, most // max(1, len(evaluation.suites))) for suite in evaluation.suites]
    css = file_of_page("page.css")
    page = (
        environment()
        .get_template("evaluation.html.jinja")
        .render(
            policy=policy(css),
            css=Markup(css),  # noqa: S704 - a file of ours
            name=evaluation.name,
            warning=SCRIPTED_NOTE if scripted(evaluation) else None,
            notes=[line for line in evaluation_lines(evaluation) if line != SCRIPTED_NOTE],
            facts=list(_facts(evaluation)),
            settings=_settings(evaluation),
            made=made.of_evaluation(evaluation),
            suites_used=_suites_sheet(evaluation),
            pictures=list(_pictures(evaluation, numbers)),
            numbers=list(number_sheets(numbers)),
            comparisons=comparisons,
            missing=list(why_sheets(rows)),
            suites=suites,
        )
        .encode(errors="replace")
    )
    write_page(path, page)
    return ReportNote(sum(len(each.stories) for each in suites), len(rows), len(page))


def _items(suite: Suite, rows: Sequence[Asked], most: int) -> SuiteItems:
    """As many as come to `most` bytes, the worst first."""
    own = Wanted(suite=suite.name, by="rating", reverse=True).of(rows)
    kept: list[Story] = []
    for each in own:
        story = _story(each)
        most -= sum(len(part.text.encode(errors="replace")) + len(part.title) for part in story.parts)
        if most < 0:
            break
        kept.append(story)
    return SuiteItems(suite, kept, len(own))


def _story(each: Asked) -> Story:
    sample = f", sample {each.answer.sample}" if each.suite.sampling.samples > 1 or each.answer.sample else ""
    missing = each.answer.failed or each.missing
    result = each.result or (None if each.rating is None else f"{each.rating:g}")
    return Story(f"{each.item.id}{sample}", result, missing, each.goodness is not None, list(told(each)))


def _pictures(evaluation: Evaluation, numbers: Sequence[Number]) -> Iterator[Picture]:
    if any(number.value is not None for number in numbers):
        stand_in = scripted(evaluation)
        yield drawn(_SAYS, lambda dark: scores_plot(evaluation.name, numbers, "svg", scripted=stand_in, dark=dark))


def _facts(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    manifest = evaluation.manifest
    yield "status", evaluation.status
    yield "model", model_of(evaluation)
    yield "judge", manifest.judge or "none"
    yield "seed", str(manifest.seed)
    yield "sandbox", manifest.sandbox
    yield "begun", manifest.created


def _suites_sheet(evaluation: Evaluation) -> Sheet:
    prompts = evaluation.manifest.prompts
    rows = [
        [each.name, each.items, each.licence, each.digest, prompts.get(each.name)]
        for each in evaluation.manifest.suites
    ]
    columns = ("suite", "items", "licence", "digest", "judge's prompt")
    return Sheet("suites", columns, rows, texts=frozenset(columns) - {"items"})


def _settings(evaluation: Evaluation) -> Sheet:
    """Every option that changes results."""
    config = evaluation.manifest.config
    names = [option.name for option in options(EvaluationConfig).values() if not option.operational]
    rows = [[name, "default" if (value := getattr(config, name)) is None else str(value)] for name in names]
    return Sheet("options that change results", ("option", "value"), rows, texts=frozenset({"option", "value"}))
