"""What `sandbox evaluate` does beside asking: the list of suites, their data, and the files of other harnesses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

from sandbox.errors import UsageError
from sandbox.inspection.output import Answer, deliver
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.resolution import resolve
from sandbox.runs.evaluation.reading import open_evaluation
from sandbox.sheet import Sheet
from sandbox.suites.sources import GROUPS, listing
from sandbox.terminal import plain
from sandbox.text import typed

Harness = Literal["lm-eval", "inspect"]
HARNESSES: Final[tuple[Harness, ...]] = get_args(Harness)


def run_list(flags: Mapping[str, Any]) -> int:
    """Show the suites that there are; the exit code."""
    suites = listing()
    columns = ("suite", "kind", "items", "data", "licence", "offensive")
    rows = [
        (each.name, each.kind, each.items, "to fetch" if each.needs_data else "here", each.licence, each.offensive)
        for each in suites
    ]
    note = "; ".join(["data to fetch: --fetch SUITE, or --suite-data FOLDER", *_groups()])
    sheet = Sheet("suites", columns, rows, note, texts=frozenset({"suite", "kind", "data", "licence"}))
    deliver(
        Answer(sheets=lambda: [sheet], document=lambda: [each._asdict() for each in suites]), json=_wants_json(flags)
    )
    return 0


def _groups() -> list[str]:
    return [f"{name} is {', '.join(members)}" for name, members in GROUPS.items()]


def run_fetch(name: str, flags: Mapping[str, Any]) -> int:
    """Download the data of a suite; the exit code."""
    from sandbox.suites.fetch import fetch

    got = fetch(name)
    document = {"event": "fetched", **got._asdict()}
    deliver(Answer(document=lambda: document, shown=lambda: [plain(str(got))]), json=_wants_json(flags))
    return 0


def run_exchange(names: Sequence[str], harness: str, out: Path | None, flags: Mapping[str, Any]) -> int:
    """Write an evaluation as the files of another harness; the exit code."""
    if harness not in HARNESSES:
        raise UsageError(f"--export {harness!r} is none of {', '.join(HARNESSES)}.")
    if len(names) != 1 or out is None:
        raise UsageError(f"Name one evaluation and a folder: sandbox evaluate --export {harness} --out DIR EVAL")
    found = open_evaluation(names[0], Path(resolve(EvaluationConfig, flags, None, only={"runs"}).config.runs))
    from sandbox.exchange.inspect_log import export_inspect
    from sandbox.exchange.lm_eval import export_lm_eval

    written = (export_lm_eval if harness == "lm-eval" else export_inspect)(found, out)
    lines = "\n".join(typed(path) for path in written)
    document = {"event": "exported", "files": [str(path) for path in written]}
    deliver(Answer(document=lambda: document, shown=lambda: [plain(lines)]), json=_wants_json(flags))
    return 0


def _wants_json(flags: Mapping[str, Any]) -> bool:
    return resolve(EvaluationConfig, flags, None, only={"json"}).config.json
