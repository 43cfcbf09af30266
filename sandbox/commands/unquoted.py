"""Errors of commands that take names of runs, where a text without quotes is behind them. Knows runs and words."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.options.option import Declared
from sandbox.options.unquoted import missing_quotes, text_flags
from sandbox.runs.named import no_such_run, run_path, study_path


@contextmanager
def quotes_missed(kind: type[Declared], runs: Path, studies: Path) -> Iterator[None]:
    """Whatever raises `UsageError` in here is about quotes, where words after a text were taken for names of runs."""
    try:
        yield
    except UsageError as error:
        found = missing_quotes(
            text_flags(kind), sys.argv[1:], lambda word: bool(run_path(word, runs) or study_path(word, runs, studies))
        )
        if found is None:
            raise
        raise UsageError(f"{no_such_run(found.first, runs, studies)}\n{found}") from error
