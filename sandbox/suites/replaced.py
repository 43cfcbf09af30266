"""Judges' templates that a user's folder has in place of those of suites. Knows no name of a suite that ships."""

from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.suites.digest import digest_of
from sandbox.suites.file import template_in
from sandbox.suites.lint import check_judge
from sandbox.suites.suite import Suite


def with_templates(suites: Sequence[Suite], folder: Path | None) -> list[Suite]:
    """`suites`, judged by the templates `SUITE.jinja` in `folder`. Raises `UsageError` where it has none for any."""
    if folder is None:
        return [*suites]
    if not folder.is_dir():
        raise UsageError(f"--prompts {folder}: no such folder")
    found = [_judged_by(suite, folder / f"{suite.name}.jinja") for suite in suites]
    if found == [*suites]:
        judged = [suite.name for suite in suites if suite.judge]
        wanted = f"it would be called {judged[0]}.jinja" if judged else "nothing in them is judged: leave it out"
        raise UsageError(f"--prompts {folder}: has no other template of these suites\n{wanted}")
    return found


def _judged_by(suite: Suite, path: Path) -> Suite:
    if suite.judge is None or not path.is_file():
        return suite
    judge = suite.judge.model_copy(update={"template": template_in(path)})
    suite = suite.model_copy(update={"judge": judge})
    check_judge(suite)
    return suite.model_copy(update={"digest": digest_of(suite)})
