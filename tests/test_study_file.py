"""The file of a study: what cells it comes to, and every mistake in it named with its line before anything is made."""

from pathlib import Path

import pytest
from conftest import Sandbox

from sandbox.errors import UsageError
from sandbox.studies.cells import cell_name, numbered
from sandbox.studies.file import read_study_file
from sandbox.studies.matrix import Combination, combinations

BASE = """name = "x"
[base]
questions = "starter"
embedder = "hash"
model = "scripted"
grid = 3
neighbours = 2
"""
SEED = "[matrix]\nseed = [1, 2]\n"
# What follows the seven lines of BASE, and how the complaint goes on.
MISTAKES = {
    "round = 3\n" + SEED: ":8: unknown key 'round'. Did you mean 'rounds'?",
    "rounds = 0\n" + SEED: ":8: rounds = 0: wanted is a whole number from 1 to 1000000. The nearest is 1.",
    "run_id = 'a'\n" + SEED: ":8: run_id is for the study to say",
    "retry_failed = true\n" + SEED: ":8: retry_failed is not of one cell: give sandbox study run --retry-failed.",
    "[matrx]\nseed = [1]\n": ":8: unknown key 'matrx'. Did you mean 'matrix'?",
    "": ": no cell is left. Give [matrix] values",
    "[matrix]\nseed = 3\n": ":9: seed: wanted is a list of values",
    "[matrix]\nseed = []\n": ":9: seed: wanted is a list of values",
    "[matrix]\nseed = [1, 1]\n": ":9: seed: 1 stands there twice.",
    "[matrix]\nseed = [[1]]\n": ":9: seed: value 1 is no text and no number of 64 bits.",
    "[matrix]\nrule = ['a', nan]\n[rule.a]\n[rule.nan]\n": ":9: rule: value 2 is no text and no number of 64 bits.",
    "[matrix]\nrule = [-inf]\n[rule.-inf]\n": ":9: rule: value 1 is no text and no number of 64 bits.",
    f"[matrix]\nrule = [{1 << 63}]\n[rule.{1 << 63}]\n": ":9: rule: value 1 is no text and no number of 64 bits.",
    f"[matrix]\nrule = {{ from = {1 << 63}, count = 1 }}\n": ":9: rule: wanted are whole numbers",
    f"[matrix]\nseed = {[*range(10_001)]}\n": ":9: seed: 10,001 values, and an axis has at most 10,000.",
    "[matrix]\nbudget = ['low']\n[budget.low]\nrounds = 2\n": ":9: budget means something else in this file",
    SEED + "[[include]]\nseed = 3\nlabels = ['half']\n": ":12: labels: wanted is one text, or a number of 64 bits.",
    "[matrix]\nseed = { from = 0, cont = 2 }\n": ":9: seed: unknown key 'cont'. Did you mean 'count'?",
    "[matrix]\nseed = { from = 0, count = 0 }\n": ":9: seed: wanted are whole numbers",
    "[matrix]\nseed = { from = 0, count = 20_000 }\n": ":9: seed: wanted are whole numbers",
    "[matrix]\nseed = { from = 0, count = 9000 }\nprior_size = [1, 2]\n": ": 18,000 cells, and a study has at most",
    '[matrix]\nlabels = ["all-god"]\n': ":9: labels = all-god: wanted is one of all-good",
    '[matrix]\nlabel = ["half"]\n': ":9: label is no option of a run, and there is no [label.NAME]. Did you mean",
    "[matrix]\nrpm = [3]\n": ":9: rpm never changes what a run gives",
    "[matrix]\nrule = ['a']\n[rule.b]\nrounds = 2\n": ":9: rule: there is no table [rule.a]",
    "[matrix]\nrule = ['a']\n[rule.a]\nround = 2\n": ":11: unknown key 'round'.",
    "[matrix]\nrule = ['a']\n[rule.a]\n[rule.b]\n": ":11: [rule.b] is not in the matrix.",
    "[matrix]\nrule = [1, '1']\n[rule.1]\nrounds = 2\n": ":9: rule: two values have one table",
    "[matrix]\nrule = [true]\n[rule.True]\nrounds = 2\n": ":9: rule: there is no table [rule.true]",
    "[matrix]\nrule = ['a']\nrounds = [2]\n[rule.a]\nrounds = 3\n": ":10: rounds is set at study.toml:12 too",
    "[matrix]\nrule = ['a', 'b']\n[rule.a]\nradius = 1.5\n[rule.b]\n": ": rule=a and rule=b ask the same.",
    "[matrix]\nrounds = [1, 2]\n": ": rounds=1 and rounds=2 ask the same (a longer run begins with the same",
    SEED + "[[exclude]]\nseed = 3\n": ":11: seed = 3 is not in the matrix.",
    SEED + "[[exclude]]\nsede = 1\n": ":11: unknown key 'sede'",
    SEED + "[[exclude]]\nseed = 1\n[[exclude]]\nseed = 2\n": ": no cell is left.",
    SEED + "[exclude]\nseed = 1\n": ":10: exclude are tables, each below a line [[exclude]].",
    SEED + "[[include]]\nseed = 3\nlabels = 'nono'\n": ":12: labels = nono: wanted is one of",
    SEED + "[[include]]\nseed = 3\nlable = 'half'\n": ":12: unknown key 'lable'",
    SEED + "[[include]]\nseed = 1\n": ": seed=1 and seed=1 ask the same.",
    SEED + "[budget]\nusdd = 1\n": ":11: unknown key 'usdd'. Did you mean 'usd'?",
    SEED + "[budget]\nusd = -1\n": ":11: usd = -1: wanted is a number above 0",
    SEED + "[budget]\ncalls = true\n": ":11: calls = true: wanted is a whole number",
    "[matrix]\nneighbours = [2, 9]\n": "--neighbours (study.toml:9) 9: a grid of 3 x 3",
    "[matrix]\nmodel = ['a']\n[[base.society.models]]\nname = 'b'\n": ":9: model and [[society.models]] contradict",
    "[matrix]\nrule = ['a', 'b']\n[rule.a]\nrpm = 60\n[rule.b]\nradius = 1\n": "--rpm is 60 for some and None for",
    "rounds = 0\nprior = '''\nrounds = 3\n'''\n" + SEED: ":2: rounds = 0: wanted is a whole number from 1",
    "# a\u2028b\x85c\nrounds = 0\n" + SEED: ":9: rounds = 0: wanted is a whole number from 1",
    "seed = {\n" + SEED: ": not valid TOML",
}


@pytest.mark.slow
def test_every_mistake_is_named_with_its_line_and_nothing_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    wrong = []
    for text, wanted in MISTAKES.items():
        (tmp_path / "study.toml").write_text(BASE + text)
        found = sandbox("study", "run", "study.toml", "--dry-run")
        said = f"Error: {wanted if wanted.startswith('--') else f'study.toml{wanted}'}"
        if found.code != 2 or not found.err.startswith(said) or found.err.count("\n") > 3:
            wrong.append((text, found.code, found.err))
    assert wrong == []
    assert not (tmp_path / "studies").exists()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("", "name is missing"), ("name = '../x'", "names no folder"), ("name = 3", "names no folder")],
)
def test_a_study_has_the_name_of_a_folder(name: str, wanted: str, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(f"{name}\n{SEED}")
    with pytest.raises(UsageError, match=wanted):
        read_study_file(tmp_path / "study.toml")


FULL = (
    BASE
    + """[matrix]
labels = ["all-good", "half"]
rule = ["plain", "hot"]
seed = { from = 3, count = 2 }
[rule.plain]
[rule.hot]
temperature = 1.5
max-tokens = 99
[[exclude]]
labels = "half"
rule = "hot"
[[include]]
seed = 9
labels = "none"
rule = "hot"
"""
)


def test_cells_are_every_combination_less_those_left_out_and_those_beside(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(FULL)
    found = combinations(read_study_file(tmp_path / "study.toml"))
    values = [tuple(each.values.values()) for each in found]
    assert values == [
        ("all-good", "plain", 3), ("all-good", "plain", 4), ("all-good", "hot", 3), ("all-good", "hot", 4),
        ("half", "plain", 3), ("half", "plain", 4), ("none", "hot", 9),
    ]  # fmt: skip
    hot = {name: setting.value for name, setting in found[-1].sets.items()}
    assert hot == {"labels": "none", "temperature": 1.5, "max_tokens": 99, "seed": 9}


def test_tables_are_named_by_numbers_and_truth_values_as_toml_writes_them(tmp_path: Path) -> None:
    text = f"{BASE}[matrix]\nrule = [true, false, 1.5]\n[rule.true]\n[rule.false]\nradius = 1\n[rule.'1.5']\n"
    (tmp_path / "study.toml").write_text(f"{text}radius = 1.5\n")
    cells = combinations(read_study_file(tmp_path / "study.toml"))
    assert [(each.values["rule"], {name: each.sets[name].value for name in each.sets}) for each in cells] == [
        (True, {}), (False, {"radius": 1}), (1.5, {"radius": 1.5}),
    ]  # fmt: skip


def test_a_cell_keeps_its_index_by_what_it_asks_then_by_its_values() -> None:
    def cells(*pairs: tuple[int, str]) -> list[tuple[Combination, str]]:
        return [(Combination({"seed": seed}, {}, ""), fingerprint) for seed, fingerprint in pairs]

    before, _ = numbered(cells((0, "a"), (1, "b"), (2, "c")), [])
    assert [cell.index for cell in before] == [0, 1, 2]
    after, retired = numbered(cells((5, "b"), (0, "new"), (7, "d")), before)
    assert [(cell.index, cell.name) for cell in after] == [(1, "001-seed-1"), (0, "000-seed-0"), (3, "003-seed-7")]
    assert [(cell.index, cell.retired) for cell in retired] == [(2, True)]
    again, _ = numbered(cells((9, "e")), [*after, *retired])
    assert [cell.index for cell in again] == [4], "an index is never given to another cell"


def test_the_name_of_a_cell_is_a_run_id() -> None:
    assert cell_name(7, {"model": "org/m:8b", "x": 0.5, "flag": True}) == "007-model-org-m-8b.x-0.5.flag-true"
    assert len(cell_name(3, {"model": "m" * 300})) <= 100
