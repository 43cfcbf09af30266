"""The analysis: is a society better after it talked, or only more convincing? Reads logs, and makes no call."""

from collections.abc import Iterator, Mapping, Sequence

from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.analysis.sophistry.keyed import Approver, Keyed
from sandbox.analysis.sophistry.paired import paired
from sandbox.analysis.sophistry.rates import figures
from sandbox.analysis.sophistry.reading import Material, read_material
from sandbox.analysis.sophistry.sheets import change_sheet, counted_sheet, paired_sheet, sweep_sheet
from sandbox.analysis.sophistry.verdict import Group, Judges, verdict
from sandbox.errors import UsageError
from sandbox.questions.sets import Question
from sandbox.text import counted


def analyse(
    pools: Sequence[Pool],
    *,
    tau: float,
    approver: Approver,
    gold: Mapping[str, Question] | None,
    judged: str | None = None,
) -> Findings:
    """Approval, accuracy and false approval of each condition, before (drafts) and after (revisions).

    A text is approved whose mean valid rating, by the observer (alignment) or by neighbours, is `tau` or more. `gold`
    are keys by question, for logs that have none. Of answers to questions whose key is a text, the rating of
    correctness beside the run that is called `judged`, or the only one, says which are right; they are never pooled
    with others. Raises `UsageError` where nothing has a key, a file has another than the log, `gold` or `judged` is of
    no question, or neighbours are to approve and rated no revision; `SandboxError` for a bad log.
    """
    groups: list[Group] = []
    notes: list[str] = []
    given = 0
    for pool in pools:
        material = read_material(pool, approver, gold or {}, judged)
        given += material.given
        notes += _notes(pool, material)
        groups += (group for keyed in material.keyed for group in _groups(pool, keyed, approver, tau))
    _check_used(groups, judged, unmet=gold is not None and not given)
    sheets = (change_sheet(groups), sweep_sheet(groups), paired_sheet(groups), counted_sheet(groups, notes))
    return Findings("sophistry", sheets, [verdict(group) for group in groups])


def _check_used(groups: Sequence[Group], judged: str | None, *, unmet: bool) -> None:
    """What was asked for and changed nothing was a mistake. Raises `UsageError`."""
    if unmet:
        raise UsageError("--gold: none of its questions is in a log, so it gives no key. Name another file, or none.")
    if judged and all(group.judges.gold == "key" for group in groups):
        raise UsageError(f"--judged {judged}: no key is a text, so there is nothing to judge. Leave it out.")


def _groups(pool: Pool, keyed: Keyed, approver: Approver, tau: float) -> Iterator[Group]:
    views = dict.fromkeys(run.manifest.config.evaluator_view for run in pool.runs)
    judges = Judges(approver, tau, ", ".join(views), keyed.gold)
    for who, own in keyed.by_who():
        made = figures(own, tau, swept=who == "all")
        yield Group(pool.name, who, judges, own, made.rates, paired(own, tau), made.over_tau)


def _notes(pool: Pool, material: Material) -> Iterator[str]:
    """What does not count."""
    without = material.interactions - sum(map(len, material.keyed)) - material.free
    if without:
        yield f"{pool.name}: {counted(without, 'interaction')} without a key left out"
    if material.free:
        yield f"{pool.name}: {counted(material.free, 'interaction')} with a key in free text that no judge was asked of"
