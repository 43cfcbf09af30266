"""Whom a society hears: `analyse` makes tables of groups of agents, and says which gaps chance alone would not set.

Knows pools and tables; no terminal. The question, and the largest gap of group means, are of arXiv 2402.15018.
"""

from collections.abc import Sequence

from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.analysis.representation.condition import Compared, Condition, condition
from sandbox.analysis.representation.log import By
from sandbox.analysis.representation.peers import read_peers
from sandbox.analysis.representation.sheets import CHANCE, sheets
from sandbox.errors import UsageError
from sandbox.runs.manifest import Manifest
from sandbox.runs.population import MOST_GROUPS
from sandbox.text import some


def analyse(pools: Sequence[Pool], *, by: By) -> Findings:
    """Ratings of each of `pools` by groups of agents: those of a population, labels or models.

    Pools whose agents are all of one group are told and left out. Raises `UsageError` where that is all of them, or
    where there are more than `MOST_GROUPS`; `SandboxError` for a damaged log.
    """
    found, alone = [], []
    for pool in pools:
        peers = read_peers(pool.runs, by)
        if len(peers.groups) > MOST_GROUPS:
            raise UsageError(
                f"--by {by}: there are {len(peers.groups)}, and tables are of at most {MOST_GROUPS} groups."
            )
        if len(peers.groups) > 1:
            found.append(condition(pool, peers))
        else:
            alone.append(pool.name)
    if not found:
        raise UsageError(_nothing_to_compare(by, [run.manifest for pool in pools for run in pool.runs]))
    told = [f"{some(alone)}: all agents are of one {by}, so there is nothing to compare."] if alone else []
    return Findings("representation", [*sheets(found, by)], [*told, *map(_verdict, found)])


def _nothing_to_compare(by: By, manifests: Sequence[Manifest]) -> str:
    """Why, and what else can be asked of these runs."""
    several: dict[By, bool] = {
        "label": any(each.config.labels in ("half", "mixed") for each in manifests),
        "model": any(len(each.models.agents) > 1 for each in manifests),
        "group": any(each.population for each in manifests),
    }
    others = [f"--by {each}" for each, there in several.items() if there and each != by]
    why = f"--by {by}: all agents are of one {by} or of none, and a comparison takes two."
    if others:
        return f"{why}\nCompare by something else: {', '.join(others)}."
    return f"{why}\nGroups come from sandbox simulate --population FILE, labels from --labels mixed."


def _verdict(found: Condition) -> str:
    """Which gaps are larger than chance sets them, over all measures (Bonferroni) that are of the groups alone."""
    if found.least_p is None:
        return f"{found.name}: its agents have no ratings that differ, so no gap between groups can be seen."
    tested = [each for each in found.compared if each.test and not each.mixed]
    wanted = CHANCE / max(1, len(tested))
    named = [_gap(each, found.groups) for each in tested if each.test and each.test.p <= wanted]
    if not named and found.least_p > wanted:
        few = f"with so few agents p cannot fall below {found.least_p:.2g}"
        return f"{found.name}: {few}, and over {len(tested)} measures only {wanted:.2g} tells a gap from chance."
    if not named:
        return f"{found.name}: no evidence of a gap between groups, at p {CHANCE} over {len(tested)} measures."
    return f"{found.name}: groups lie further apart than chance sets them in {', '.join(named)}."


def _gap(compared: Compared, groups: Sequence[str]) -> str:
    """`draft alignment (a 1.20 above b, p 0.0010)`."""
    ends, test = compared.ends(), compared.test
    if ends is None or test is None:
        return compared.measure
    return f"{compared.measure} ({groups[ends[0]]} {test.gap:.2f} above {groups[ends[1]]}, p {test.p:.4f})"
