"""`sandbox questions`: show a question set, or download the one on the hub."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.options.consistency import resolve_config
from sandbox.options.option import options
from sandbox.options.resolution import resolve
from sandbox.progress.alive import alive
from sandbox.questions.columns import Columns
from sandbox.questions.keys import carried
from sandbox.questions.options import Listing
from sandbox.questions.sets import Question, QuestionSet, load
from sandbox.terminal import plain, plain_line, show

_LONGEST: Final = 2000


def run_show(flags: Mapping[str, Any], file: Path | None) -> None:
    """Counts, and the first questions."""
    of_listing = {name: value for name, value in flags.items() if name in options(Listing)}
    limit = resolve(Listing, of_listing, None, {}).config.limit
    _show({name: value for name, value in flags.items() if name not in of_listing}, file, limit)


def _show(flags: Mapping[str, Any], file: Path | None, limit: int) -> None:
    config = resolve_config(flags, file).config
    columns = Columns(config.column)
    with alive(f"Reading questions from {config.questions}"):
        questions = load(
            config.questions,
            columns=columns,
            ends_with_question_mark=config.question_mark,
            min_length=config.min_length,
            max_length=config.max_length,
        )
    if config.prior in (None, config.questions):  # else a name may be one of that file
        columns.check()
    answer = Answer(document=lambda: _document(questions, limit), shown=lambda: _shown(questions, limit))
    deliver(answer, json=config.json)


def run_fetch(file: Path | None) -> None:
    """Download the hub set into the hub's own cache and say where it is."""
    from sandbox.questions.hh_rlhf import hh_rlhf_file

    with alive("Looking at the hub"):
        found = hh_rlhf_file()
    show(plain(f"{found}"))
    _show({"questions": "hh-rlhf"}, file, 0)


def _shown(questions: QuestionSet, limit: int) -> Iterator[Shown]:
    yield plain(f"{questions.name} ({questions.source})", style="bold")
    yield f"{len(questions.questions)} questions, {len(questions.pairs)} prior pairs"
    there = {name: count for name, count in carried(questions.questions).items() if count}
    if there:
        yield ", ".join(f"{count} with {name}" for name, count in there.items())
    for name, count in questions.dropped.items():
        yield plain(f"dropped as {name}: {count}")
    for question in questions.questions[:limit]:
        yield plain_line(f"{question.id}  {_beginning(question.text)}")
    if len(questions.questions) > limit:
        yield f"... and {len(questions.questions) - limit} more; --limit shows more of them."


def _beginning(text: str) -> str:
    """A terminal takes minutes over a text of megabytes, and nobody reads it there."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({len(text):,} characters; --json has all)"


def _document(questions: QuestionSet, limit: int) -> dict[str, Any]:
    return {
        "name": questions.name,
        "source": questions.source,
        "sha256": questions.sha256,
        "count": len(questions.questions),
        "pairs": len(questions.pairs),
        "dropped": dict(questions.dropped),
        "with": carried(questions.questions),
        "questions": [_told(question) for question in questions.questions[:limit]],
    }


def _told(question: Question) -> dict[str, Any]:
    """What a question has: without a key or options they are left out."""
    return {name: value for name, value in question._asdict().items() if value not in (None, ())}
