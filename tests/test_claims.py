"""The table of what trainers do, held against what they did: every fault of the slow tests is checked here, unrun."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from shutil import rmtree
from typing import Any

import axolotl_facts
import llama_factory_facts
import pytest
import trl_facts
from example_datasets import checked
from proofs import Proof

from sandbox.checking.names import HARMFUL, Verdict
from sandbox.checking.trainers.claims import TAKES
from sandbox.checking.trainers.known import EVERY_CLAIM, Does, does, takes
from sandbox.export.names import TRAINERS, Trainer

PROOFS: dict[Trainer, Callable[[], Iterator[Proof]]] = {
    "trl": trl_facts.proofs,
    "llama-factory": llama_factory_facts.proofs,
    "axolotl": axolotl_facts.proofs,
}


def claimed(proof: Proof, trainer: Trainer, folder: Path) -> Does:
    """What `--check` says of a folder, found and looked up as it does it; in it there has to be the fault."""
    for name, content in proof.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    document = checked(folder, trainer, proof.max_length).document
    rmtree(folder)  # some are large
    tables: list[dict[str, Any]] = document["tables"]
    if proof.code is None:
        return takes(trainer, tables[0]["kind"], tables[0]["style"])
    codes = {finding["code"]: finding["table"] for finding in document["findings"]}
    assert proof.code in codes, f"{trainer}, {proof.what}: {proof.code} is not found, but {', '.join(codes)}"
    table = next((each for each in tables if codes[proof.code] and codes[proof.code].items() <= each.items()), None)
    kind, style = (table["kind"], table["style"]) if table else (None, None)
    return does(trainer, proof.code, kind, style, ours="manifest.json" in proof.files)


@cache
def said_of(trainer: Trainer, base: Path) -> list[tuple[Proof, Does]]:
    """Every proof with what is claimed of it."""
    proofs = enumerate(PROOFS[trainer]())
    return [(proof, claimed(proof, trainer, base / trainer / f"{number}")) for number, proof in proofs]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proofs")


def worth(verdict: Verdict) -> Verdict:
    """What harms nothing is one and the same."""
    return verdict if verdict in HARMFUL else "fine"


@pytest.mark.parametrize(
    "trainer", [pytest.param(each, marks=[pytest.mark.slow] if each == "trl" else []) for each in TRAINERS]
)
def test_no_claim_calls_harmless_what_harms_or_the_other_way_round(trainer: Trainer, base: Path) -> None:
    wrong = [
        f"{proof.what}: {proof.code} {proof.verdict}, but it is said: {claim}"
        for proof, claim in said_of(trainer, base)
        if (proof.verdict in HARMFUL) != (claim.verdict in HARMFUL)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_claim_was_seen_or_is_marked_as_read(trainer: Trainer, base: Path) -> None:
    """One of the runs has to show just what is claimed; others may show that it is as bad in another way."""
    seen = {(each.code, claim) for each, claim in said_of(trainer, base) if worth(each.verdict) == worth(claim.verdict)}
    rules = [(rule.code, rule) for rule in EVERY_CLAIM] + [(None, rule) for rule in TAKES]
    stated = [(code, Does(rule.verdict, rule.why), rule.read) for code, rule in rules if trainer in rule.trainers]
    for code, claim, read in stated:
        assert ((code, claim) in seen) != (trainer in read), f"{code}: {claim}, marked as read for {read or 'nobody'}"
